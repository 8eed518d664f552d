"""Orders a second over HTTP, one order a request, against the floor on the same server."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from trivet.bench import common, floor, load

CLIENTS = (8, 64, 256)
ROUNDS = 3
SECONDS = 8
MOST_CONNECTIONS = 150
"""The floor holds one connection a client; beyond this the server has none left (max_connections 200)."""


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Measure both alternately; neither has a worker running, so jobs and feed positions wait in both."""
    del file
    results: list[dict[str, Any]] = []
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_intake")
        common.seed(url)
        with common.web(url) as base:
            load.orders(base, 16, 3)
            floor.run(url, 16, 3)
            for clients in CLIENTS:
                results.append(_measure(url, base, clients))
        gaps = common.ledger_gaps(url)
        settle(url)
    result = {
        "bench": "intake", "machine": common.machine(), "generator": results[0]["generator"], "clients": results,
        "errors": sum(r["errors"] for r in results), "ledger_gaps": gaps,
    }  # fmt: skip
    headers = ["clients", "orders/s", "floor/s", "ratio", "p50 ms", "p95 ms", "p99 ms", "errors"]
    common.table(
        headers,
        [
            [r[k] for k in ("clients", "per_second", "floor", "ratio", "p50", "p95", "p99", "errors")]
            for r in results
        ],
        quiet,
    )
    common.say(f"ledger = counters: {'yes' if not gaps else f'NO, {gaps} levels differ'}")
    common.say("Load generator, floor client, web processes and database share the cores of this machine.")
    return result


def _measure(url: str, base: str, clients: int) -> dict[str, Any]:
    pairs = []
    loads = []
    for number in range(ROUNDS):
        common.say(f"{clients} clients, round {number + 1} of {ROUNDS}")
        floor_rate, _ = floor.run(url, min(clients, MOST_CONNECTIONS), SECONDS)
        settle(url)
        found = load.orders(base, clients, SECONDS)
        settle(url)
        loads.append(found)
        pairs.append((found.per_second, floor_rate))
    return {
        "clients": clients, "per_second": median(p[0] for p in pairs), "floor": median(p[1] for p in pairs),
        "ratio": median(p[0] / p[1] for p in pairs), "ratios": [round(p[0] / p[1], 3) for p in pairs],
        "p50": median(x.p50 for x in loads), "p95": median(x.p95 for x in loads),
        "p99": median(x.p99 for x in loads), "errors": sum(x.errors for x in loads),
        "requests": sum(x.requests for x in loads), "generator": loads[0].generator,
    }  # fmt: skip


def settle(url: str) -> None:
    """Write what is dirty to disk, so that no measurement pays for the one before."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CHECKPOINT")
