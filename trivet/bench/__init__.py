"""Benchmarks against real PostgreSQL: each prints a table for people and answers a dict for machines.

``trivet bench NAME [--json]``. They use databases of their own and never touch the installation's data.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

MODULES = {
    "intake": "intake",
    "bulk": "bulk",
    "hot": "hot",
    "read": "read",
    "import": "import_file",
    "simulate": "simulate",
    "allocate": "allocate",
}


def run(name: str, *, as_json: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Run the benchmark ``name``; its table goes to standard error when the caller wants JSON."""
    module = import_module(f"trivet.bench.{MODULES[name]}")
    result: dict[str, Any] = module.run(quiet=as_json, file=file)
    return result
