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
    best = max(r["floor"] for r in results)
    for r in results:
        r["ratio_to_best_floor"] = r["per_second"] / best
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
    keys = (
        "clients",
        "per_second",
        "floor",
        "ratio",
        "p50",
        "p95",
        "p99",
        "floor_ms",
        "ratio_without_job",
        "errors",
    )
    headers = [
        "clients",
        "orders/s",
        "floor/s",
        "ratio",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "floor ms",
        "no job*",
        "errors",
    ]
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
    rates: dict[str, list[float]] = {"product": [], "floor": [], "jobless": []}
    loads, waits, strays = [], [], 0
    for number in range(ROUNDS):
        common.say(f"{clients} clients, round {number + 1} of {ROUNDS}")
        # Who is first changes from round to round, so that growing tables favour nobody.
        for side in ("floor", "product", "jobless") if number % 2 == 0 else ("jobless", "product", "floor"):
            common.settle(url)
            if side == "product":
                found, wrong = _load(url, base, clients)
                loads.append(found)
                strays += wrong
                rates[side].append(found.per_second)
            else:
                rate, wait = floor.run(url, connections, SECONDS, job=side == "floor")
                rates[side].append(rate)
                waits += [wait] if side == "floor" else []
    ratios = {
        side: [a / b for a, b in zip(rates["product"], rates[side], strict=True)]
        for side in ("floor", "jobless")
    }
    return {
        "clients": clients, "per_second": median(rates["product"]), "floor": median(rates["floor"]),
        "ratio": median(ratios["floor"]), "ratios": [round(x, 3) for x in ratios["floor"]],
        "floor_without_job": median(rates["jobless"]), "ratio_without_job": median(ratios["jobless"]),
        "p50": median(x.p50 for x in loads), "p95": median(x.p95 for x in loads),
        "p99": median(x.p99 for x in loads), "floor_ms": median(waits), "floor_connections": connections,
        "errors": sum(x.errors for x in loads), "requests": sum(x.requests for x in loads), "strays": strays,
        "generator": loads[0].generator,
    }  # fmt: skip


def _load(url: str, base: str, clients: int) -> tuple[load.Load, int]:
    before = common.count(url, "orders_order")
    found = load.orders(base, clients, SECONDS)
    # wrk hangs up at the end: what was under way is stored, though nobody reads the answer.
    extra = common.count(url, "orders_order") - before - found.requests + found.errors
    return found, 0 if 0 <= extra <= clients else abs(extra)
