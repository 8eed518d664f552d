"""The whole file of real orders through the command line: seconds and peak memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from trivet.bench import common


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Import ``file`` (UCI Online Retail) into an empty database, history only."""
    if file is None:
        raise click.UsageError(
            "`trivet bench import` needs --file: the UCI Online Retail file (csv, csv.gz or xlsx)"
        )
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_import")
        common.seed(url, skus=1)
        command = [
            sys.executable, "-m", "trivet.site", "import", "orders", str(file), "--channel", "web", "--format", "uci",
            "--create-products", "--json",
        ]  # fmt: skip
        before = os.times()
        told = subprocess.run(
            command, env=common.environment(url), capture_output=True, text=True, check=False
        )
        seconds = os.times().elapsed - before.elapsed
        report: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    result = {
        "bench": "import",
        "machine": common.machine(),
        "seconds": seconds,
        "peak_mb": peak,
        "report": report,
    }
    common.table(
        ["rows", "orders", "seconds", "peak MB"],
        [[report["rows"], report["orders"]["created"], seconds, peak]],
        quiet,
    )
    return result
