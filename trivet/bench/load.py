"""Load: wrk where it can be had, else a Python client that says that it measures itself too."""

from __future__ import annotations

import http.client
import json
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from trivet.bench.common import HERE, KEY, SKUS, percentile


@dataclass
class Load:
    """What a load run saw: requests a second, milliseconds, answers by status."""

    per_second: float
    p50: float
    p95: float
    p99: float
    errors: int
    requests: int
    generator: str
    statuses: dict[int, int] = field(default_factory=dict)


def orders(base: str, clients: int, seconds: int) -> Load:
    """Place orders from ``clients`` connections for ``seconds``."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return _python(base, clients, seconds)
    command = [
        wrk, "-t2", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", "20s", "-s",
        str(HERE / "orders.lua"), base, "--", KEY, uuid4().hex[:12], str(SKUS),
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(x for x in told.stdout.splitlines() if x.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    errors = sum(found[name] for name in ("non2xx", "connect", "read", "write", "timeout"))
    if errors:
        print(told.stderr[:2000])
    return Load(
        found["requests"] / (found["microseconds"] / 1e6), found["p50"], found["p95"], found["p99"], errors,
        found["requests"], "wrk",
    )  # fmt: skip


def body(external_id: str, lines: dict[str, int], **more: Any) -> bytes:
    """An order on the wire."""
    order = {
        "channel": "web", "external_id": external_id, "placed_at": "2026-11-23T08:15:00Z", "currency": "GBP",
        "customer": {"email": f"{external_id}@example.com", "name": "Lan Pham"},
        "ship_to": {"name": "Lan Pham", "line1": "12 Mill St", "city": "Leeds", "postal_code": "LS2 7EW", "country": "GB"},
        "lines": [
            {"external_id": str(n), "sku": sku, "title": "Item", "quantity": quantity, "unit_price": 1999}
            for n, (sku, quantity) in enumerate(lines.items(), 1)
        ],
        **more,
    }  # fmt: skip
    return json.dumps(order).encode()


def crowd(base: str, bodies: list[bytes], threads: int) -> tuple[list[tuple[int, float]], float]:
    """Post ``bodies`` from ``threads`` connections: (status, milliseconds) of each, and the seconds of all."""
    work = iter(bodies)
    guard = threading.Lock()
    answers: list[tuple[int, float]] = []

    def run() -> None:
        client = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
        while True:
            with guard:
                one = next(work, None)
            if one is None:
                return
            started = time.perf_counter()
            client.request(
                "POST",
                "/api/v1/orders",
                one,
                {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
            )
            answer = client.getresponse()
            answer.read()
            answers.append((answer.status, (time.perf_counter() - started) * 1000))

    started = time.perf_counter()
    _threads(run, threads)
    return answers, time.perf_counter() - started


def _threads(run: Callable[[], None], number: int) -> None:
    everyone = [threading.Thread(target=run) for _ in range(number)]
    for thread in everyone:
        thread.start()
    for thread in everyone:
        thread.join()


def _python(base: str, clients: int, seconds: int) -> Load:
    run, rng = uuid4().hex[:12], random.Random(1)
    bodies = [
        body(f"{run}-{n}", {f"SKU-{a}": 2, f"SKU-{(a + 7) % SKUS}": 1})
        for n, a in enumerate(rng.randrange(SKUS) for _ in range(400 * seconds))
    ]
    answers, took = crowd(base, bodies, min(clients, 64))
    times = [ms for _, ms in answers]
    return Load(
        len(answers) / took, percentile(times, 50), percentile(times, 95), percentile(times, 99),
        sum(1 for status, _ in answers if status != 201), len(answers), "Python (measures itself: install wrk)",
    )  # fmt: skip
