"""The whole file of real orders through the command line: seconds and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from trivet.bench import common

SECONDS = 120
MEGABYTES = 500


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Import ``file`` (UCI Online Retail) into an empty database, history only."""
    if file is None:
        raise click.UsageError(
            "`trivet bench import` needs --file: the UCI Online Retail file (csv, csv.gz or xlsx)"
        )
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_import")
        common.seed(url, skus=1)
        machine = common.machine(url)
        report, seconds, peak = _import(url, file)
        gaps = common.ledger_gaps(url)
        again, _, _ = _import(url, file)
    rows, told = report["rows"], sum(report["verdicts"].values())
    made = again["orders"]["created"]
    result = {
        "bench": "import", "machine": machine, "seconds": seconds, "peak_mb": peak, "report": report, "bars": [
            common.bar("seconds", f"< {SECONDS}", seconds, seconds < SECONDS),
            common.bar("peak memory in MB", f"< {MEGABYTES}", peak, peak < MEGABYTES),
            common.bar("rows without a verdict", "0", rows - told, rows == told),
            common.bar("orders made by the same file again", "0", made, made == 0),
            common.bar("stock levels that differ from their ledger", "0", gaps, gaps == 0),
        ],
    }  # fmt: skip
    common.table(
        ["rows", "orders", "seconds", "rows/s", "peak MB"],
        [[rows, report["orders"]["created"], seconds, rows / seconds, peak]],
        quiet,
    )
    return common.finish(result, quiet)


def _import(url: str, file: Path) -> tuple[dict[str, Any], float, int]:
    command = [
        sys.executable, "-m", "trivet.site", "import", "orders", str(file), "--channel", "web", "--format", "uci",
        "--create-products", "--json",
    ]  # fmt: skip
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, env=common.environment(url), stdout=out)
        # wait4 tells the memory of this process alone, unlike the sum over all children.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        out.seek(0)
        text = out.read().decode()
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}: {text[-2000:]}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return json.loads(text.splitlines()[-1]), seconds, usage.ru_maxrss // unit
