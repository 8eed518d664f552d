"""Orders a second as NDJSON in one request, against the same floor."""

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

from trivet.bench import common, floor, load
from trivet.bench.intake import settle

ORDERS = 20_000
ROUNDS = 3


def run(quiet: bool = False, file: Path | None = None) -> dict[str, Any]:
    """Send ``ORDERS`` orders in one body and read a verdict a row, alternately with the floor."""
    del file
    pairs, errors = [], 0
    with common.server() as server:
        url = common.fresh_database(server, "trivet_bench_bulk")
        common.seed(url)
        with common.web(url) as base:
            load.orders(base, 16, 3)
            for number in range(ROUNDS):
                common.say(f"round {number + 1} of {ROUNDS}")
                rate, _ = floor.run(url, 64, 8)
                settle(url)
                took, bad = send(base, ORDERS)
                settle(url)
                errors += bad
                pairs.append((ORDERS / took, rate))
        gaps = common.ledger_gaps(url)
    result = {
        "bench": "bulk", "machine": common.machine(), "per_second": median(p[0] for p in pairs),
        "floor": median(p[1] for p in pairs), "ratio": median(p[0] / p[1] for p in pairs), "errors": errors,
        "ledger_gaps": gaps,
    }  # fmt: skip
    common.table(
        ["orders/s", "floor/s", "ratio", "errors"],
        [[result[k] for k in ("per_second", "floor", "ratio", "errors")]],
        quiet,
    )
    return result


def lines(number: int) -> Iterator[bytes]:
    """Orders as NDJSON."""
    run_id, rng = uuid4().hex[:12], random.Random(1)
    for n in range(number):
        a = rng.randrange(common.SKUS)
        yield load.body(f"{run_id}-{n}", {f"SKU-{a}": 2, f"SKU-{(a + 7) % common.SKUS}": 1}) + b"\n"


def send(base: str, number: int) -> tuple[float, int]:
    """(seconds, rows that were not created) of one bulk request."""
    payload = b"".join(lines(number))
    client = http.client.HTTPConnection(urlsplit(base).netloc, timeout=600)
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {common.KEY}", "Content-Type": "application/x-ndjson"}
    client.request("POST", "/api/v1/orders/bulk", payload, headers)
    answer = client.getresponse()
    verdicts = [json.loads(line) for line in answer.read().splitlines() if line.strip()]
    took = time.perf_counter() - started
    good = sum(1 for v in verdicts if v.get("outcome") == "created" or v.get("status") == 201)
    return took, number - good
