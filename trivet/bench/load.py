"""Load: wrk where it can be had, else a Python client that says that it measures itself too."""

from __future__ import annotations

import json
import random
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import ExitStack
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


def orders(
    base: str, clients: int, seconds: int, *, first: int = 0, skus: int = SKUS, lines: int = 2
) -> Load:
    """Place orders of ``lines`` lines from ``clients`` connections for ``seconds``, over ``skus`` SKUs."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return _python(base, clients, seconds, first, skus, lines)
    command = [
        wrk, "-t2", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", "20s", "-s",
        str(HERE / "orders.lua"), base, "--", KEY, uuid4().hex[:12], str(first), str(skus),
        str(lines),
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(x for x in told.stdout.splitlines() if x.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    errors = sum(found[name] for name in ("non2xx", "connect", "read", "write", "timeout"))
    if errors:
        print(told.stdout, told.stderr[:2000], file=sys.stderr)
    return Load(
        found["requests"] / (found["microseconds"] / 1e6), found["p50"], found["p95"], found["p99"], errors,
        found["requests"], "wrk",
    )  # fmt: skip


TOWNS = (
    ("Leeds", "LS2 7EW"), ("London", "SW4 6BQ"), ("Glasgow", "G12 8QQ"), ("Bath", "BA1 5AW"), ("York", "YO1 7HU"),
    ("Cardiff", "CF10 1EP"), ("Norwich", "NR2 1NR"), ("Exeter", "EX1 1HB"),
)  # fmt: skip


def body(external_id: str, lines: dict[str, int], person: str = "", **more: Any) -> bytes:
    """An order on the wire, with the content that the script for wrk sends; ``person`` is who comes (again)."""
    who = person or external_id
    city, postcode = random.choice(TOWNS)
    items = [
        {"external_id": str(n), "sku": sku, "title": f"Item {sku}", "quantity": quantity, "unit_price": 1999,
         "discount": 0, "tax": 0, "tax_included": True}
        for n, (sku, quantity) in enumerate(lines.items(), 1)
    ]  # fmt: skip
    order = {
        "channel": "web", "external_id": external_id, "placed_at": "2026-11-23T08:15:00Z", "currency": "GBP",
        "customer": {"external_id": f"c-{who}", "email": f"c-{who}@example.com", "name": "Lan Pham", "locale": "en"},
        "ship_to": {"name": "Lan Pham", "line1": "12 Mill St", "city": city, "postal_code": postcode, "country": "GB"},
        "lines": items, "shipping": {"method": "standard", "price": 300, "discount": 0, "tax": 0, "tax_included": True},
        "payments": [{
            "kind": "capture", "method": "card", "gateway": "manual", "reference": f"p-{external_id}",
            "amount": 300 + 1999 * sum(lines.values()),
        }],
        **more,
    }  # fmt: skip
    return json.dumps(order).encode()


@dataclass(slots=True)
class _Buyer:
    """A connection with one request under way."""

    client: socket.socket
    sent: float = 0.0
    answer: bytearray = field(default_factory=bytearray)

    def send(self, request: bytes) -> None:
        self.answer.clear()
        self.sent = time.perf_counter()
        self.client.sendall(request)

    def status(self) -> int | None:
        """Take what has come; the status once the answer is whole. Reads just what our own server sends."""
        got = self.client.recv(65_536)
        if not got:
            raise ConnectionError("the server closed the connection without an answer")
        self.answer += got
        end = self.answer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.answer[:end]).lower()
        if b"content-length:" in head:
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            whole = len(self.answer) >= end + 4 + length
        else:
            whole = self.answer.endswith(b"\r\n0\r\n\r\n")
        return int(self.answer[9:12]) if whole else None


def crowd(base: str, bodies: list[bytes], connections: int) -> tuple[list[tuple[int, float]], float]:
    """Post ``bodies`` over ``connections``: (status, milliseconds) of each, and the seconds of all.

    One thread looks after all connections: threads of Python would wait for each other, and be measured too.
    """
    address = (urlsplit(base).hostname or "", urlsplit(base).port or 80)
    head = f"POST /api/v1/orders HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
    work = deque(f"{head}Content-Length: {len(one)}\r\n\r\n".encode() + one for one in bodies)
    answers: list[tuple[int, float]] = []
    with selectors.DefaultSelector() as ready, ExitStack() as stack:
        buyers = [
            _Buyer(stack.enter_context(socket.create_connection(address, timeout=60)))
            for _ in range(min(connections, len(work)))
        ]
        started = time.perf_counter()
        for buyer in buyers:
            ready.register(buyer.client, selectors.EVENT_READ, buyer)
            buyer.send(work.popleft())
        while len(answers) < len(bodies):
            for key, _ in ready.select(60):
                buyer = key.data
                if (status := buyer.status()) is None:
                    continue
                answers.append((status, (time.perf_counter() - buyer.sent) * 1000))
                if work:
                    buyer.send(work.popleft())
        return answers, time.perf_counter() - started


def _python(base: str, clients: int, seconds: int, first: int, skus: int, lines: int) -> Load:
    run, rng = uuid4().hex[:12], random.Random(1)
    wanted = [
        (f"SKU-{first + rng.randrange(skus)}", f"SKU-{first + rng.randrange(skus)}")
        for _ in range(400 * seconds)
    ]
    bodies = [body(f"{run}-{n}", {a: 2} | ({b: 1} if lines == 2 else {})) for n, (a, b) in enumerate(wanted)]
    answers, took = crowd(base, bodies, min(clients, 64))
    times = [ms for _, ms in answers]
    return Load(
        len(answers) / took, percentile(times, 50), percentile(times, 95), percentile(times, 99),
        sum(1 for status, _ in answers if status != 201), len(answers), "Python (measures itself: install wrk)",
    )  # fmt: skip
