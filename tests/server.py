"""A pytest plugin: all tests share one embedded PostgreSQL, unless DATABASE_URL names another server.

Loaded with `-p` because it must have run before Django reads its settings.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "short", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("soak", max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("short")

# Settings are read when Django starts; tests never touch the data folder of the person who runs them.
_scratch = Path(tempfile.mkdtemp(prefix="trivet-test-"))
_scratch.chmod(0o755)
os.environ["TRIVET_DATA_DIR"] = str(_scratch / "data")
os.environ.setdefault("TRIVET_SECRET_KEY", "only for tests")


def _start_server() -> None:
    from trivet.lib.postgres import Cluster

    cluster = Cluster(_scratch / "postgres").start()
    os.environ["DATABASE_URL"] = cluster.url()
    _state["cluster"] = cluster


_state: dict[str, object] = {}

if "DATABASE_URL" not in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
    _start_server()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that was started here and remove what it wrote."""
    cluster = _state.pop("cluster", None)
    if cluster is not None:
        from trivet.lib.postgres import Cluster

        assert isinstance(cluster, Cluster)
        cluster.stop()
        if cluster.home != cluster.folder:
            shutil.rmtree(cluster.home, ignore_errors=True)
    shutil.rmtree(_scratch, ignore_errors=True)
