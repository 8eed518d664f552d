"""Orders a second as NDJSON in one request, against the same floor at 64 clients."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from trivet.bench import common, floor, intake, load

ORDERS = 12_000
ROUNDS = 3
RATIO = 3.0


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Send ``ORDERS`` orders in one body and read a verdict a row, alternately with the floor."""
    del file
    products, floors, errors, stored = [], [], 0, 0
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_bulk")
        common.seed(url)
        machine = common.machine(url)
        with common.web(url) as base:
            intake.warm(url, base)
            send(base, 500)
            for number in range(ROUNDS):
                common.say(f"round {number + 1} of {ROUNDS}")
                for side in ("floor", "product") if number % 2 == 0 else ("product", "floor"):
                    common.settle(url)
                    if side == "floor":
                        floors.append(floor.run(url, 64, 8)[0])
                    else:
                        before = common.count(url, "orders_order")
                        took, bad = send(base, ORDERS)
                        stored += common.count(url, "orders_order") - before
                        errors += bad
                        products.append(ORDERS / took)
        gaps = common.ledger_gaps(url)
    ratios = [a / b for a, b in zip(products, floors, strict=True)]
    strays = abs(ORDERS * ROUNDS - errors - stored)
    result = {
        "bench": "bulk", "machine": machine, "orders": ORDERS, "per_second": median(products),
        "floor": median(floors), "ratio": median(ratios), "ratios": [round(x, 3) for x in ratios], "errors": errors,
        "ledger_gaps": gaps, "bars": [
            common.bar("ratio", f">= {RATIO:.0f}", median(ratios), median(ratios) >= RATIO),
            common.bar("rows that were not created", "0", errors, errors == 0),
            common.bar("verdicts that the database denies", "0", strays, strays == 0),
            common.bar("stock levels that differ from their ledger", "0", gaps, gaps == 0),
        ],
    }  # fmt: skip
    common.table(
        ["orders/s", "floor/s", "ratio", "errors"],
        [[result[k] for k in ("per_second", "floor", "ratio", "errors")]],
        quiet,
    )
    return common.finish(result, quiet)


def lines(number: int) -> Iterator[bytes]:
    """Orders as NDJSON, of the same content as those that come one by one."""
    run_id, rng = uuid4().hex[:12], random.Random(1)
    for n in range(number):
        a = rng.randrange(common.SKUS)
        person = f"{run_id}-{n if n % 4 else rng.randint(0, n)}"
        yield load.body(
            f"{run_id}-{n}", {f"SKU-{a}": 2, f"SKU-{(a + rng.randint(1, common.SKUS - 1)) % common.SKUS}": 1}, person
        ) + b"\n"  # fmt: skip


def send(base: str, number: int) -> tuple[float, int]:
    """(seconds, rows that were not created) of one bulk request."""
    payload = b"".join(lines(number))
    client = http.client.HTTPConnection(urlsplit(base).netloc, timeout=600)
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {common.KEY}", "Content-Type": "application/x-ndjson"}
    client.request("POST", "/api/v1/orders/bulk", payload, headers)
    answer = client.getresponse().read()
    took = time.perf_counter() - started
    verdicts = [json.loads(line) for line in answer.splitlines() if line.strip()]
    return took, number - sum(1 for v in verdicts if v.get("status") == 201)
