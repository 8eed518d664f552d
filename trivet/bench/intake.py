"""Orders a second over HTTP, one order a request, against the floor on the same server."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from trivet.bench import common, floor, load

CLIENTS = (8, 64, 256)
ROUNDS = 3
SECONDS = 8
BARS = {64: 1.0, 256: 1.2}
"""The ratio to the floor that is wanted, by clients."""


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Measure both alternately; neither has a worker running, so jobs and feed positions wait in both."""
    del file
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_intake")
        common.seed(url)
        machine = common.machine(url)
        with common.web(url) as base:
            rows = warm(url, base)
            results = [_measure(url, base, clients) for clients in CLIENTS]
        gaps = common.ledger_gaps(url)
    errors, strays = sum(r["errors"] for r in results), sum(r["strays"] for r in results)
    result = {
        "bench": "intake", "machine": machine, "generator": results[0]["generator"], "clients": results,
        "rows_per_order": rows, "errors": errors, "ledger_gaps": gaps, "bars": [
            *(common.bar(f"ratio at {r['clients']} clients", f">= {BARS[r['clients']]}", r["ratio"], r["ratio"] >= BARS[r["clients"]])
              for r in results if r["clients"] in BARS),
            common.bar("answers that were not 201", "0", errors, errors == 0),
            common.bar("201s without their order, or orders nobody sent", "0", strays, strays == 0),
            common.bar("stock levels that differ from their ledger", "0", gaps, gaps == 0),
        ],
    }  # fmt: skip
    keys = ("clients", "per_second", "floor", "ratio", "p50", "p95", "p99", "floor_ms", "errors")
    headers = ["clients", "orders/s", "floor/s", "ratio", "p50 ms", "p95 ms", "p99 ms", "floor ms", "errors"]
    common.table(headers, [[r[k] for k in keys] for r in results], quiet)
    common.say(
        f"Load by {results[0]['generator']}. No worker runs in either; both keep fsync and synchronous_commit."
    )
    common.say("Load generator, floor client, web processes and database share the cores of this machine.")
    return common.finish(result, quiet)


def warm(url: str, base: str) -> dict[str, dict[str, float]]:
    """Bring caches and prepared statements up on both sides; the rows an order that each wrote, by table."""
    start = floor.rows(url)
    load.orders(base, 16, 4)
    ours = floor.rows(url)
    floor.run(url, 16, 4)
    theirs = floor.rows(url)
    return {"product": floor.per_order(start, ours), "floor": floor.per_order(ours, theirs)}


def _measure(url: str, base: str, clients: int) -> dict[str, Any]:
    connections = floor.room(url, clients)
    pairs, loads, waits, strays = [], [], [], 0
    for number in range(ROUNDS):
        common.say(f"{clients} clients, round {number + 1} of {ROUNDS}")
        rate, found = 0.0, None
        # Who is first changes from round to round, so that growing tables favour neither.
        for side in ("floor", "product") if number % 2 == 0 else ("product", "floor"):
            common.settle(url)
            if side == "floor":
                rate, wait = floor.run(url, connections, SECONDS)
                waits.append(wait)
            else:
                before = common.count(url, "orders_order")
                found = load.orders(base, clients, SECONDS)
                # wrk hangs up at the end: what was under way is stored, though nobody reads the answer.
                extra = common.count(url, "orders_order") - before - found.requests + found.errors
                strays += 0 if 0 <= extra <= clients else abs(extra)
        assert found is not None
        loads.append(found)
        pairs.append((found.per_second, rate))
    return {
        "clients": clients, "per_second": median(p[0] for p in pairs), "floor": median(p[1] for p in pairs),
        "ratio": median(p[0] / p[1] for p in pairs), "ratios": [round(p[0] / p[1], 3) for p in pairs],
        "p50": median(x.p50 for x in loads), "p95": median(x.p95 for x in loads),
        "p99": median(x.p99 for x in loads), "floor_ms": median(waits), "floor_connections": connections,
        "errors": sum(x.errors for x in loads), "requests": sum(x.requests for x in loads), "strays": strays,
        "generator": loads[0].generator,
    }  # fmt: skip
