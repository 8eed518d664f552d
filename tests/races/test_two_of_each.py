"""Two web processes and two workers on one database: what holds for one of each holds for more."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from trivet.bench import common
from trivet.site.supervisor import Child, web, worker

UNITS = 40


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Two:
    """Two doors to one database; calls go to them in turn, all at once."""

    def __init__(self, url: str, ports: list[int], servers: list[Child]) -> None:
        self.url, self.ports, self.servers = url, ports, servers

    def call(self, n: int, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        client = http.client.HTTPConnection("127.0.0.1", self.ports[n % 2], timeout=60)
        headers = {"Authorization": f"Bearer {common.KEY}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        client.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        told = answer.read()
        return answer.status, json.loads(told) if told else None

    def at_once(self, work: list[Callable[[int], Any]]) -> list[Any]:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda pair: pair[1](pair[0]), enumerate(work)))

    def one(self, statement: str, *values: Any) -> Any:
        with psycopg.connect(self.url) as conn:
            row = conn.execute(statement, values).fetchone()
            return row[0] if row else None

    def do(self, statement: str) -> None:
        with psycopg.connect(self.url) as conn:
            conn.execute(statement)

    def kill_web(self, door: int) -> None:
        """kill -9 of the process that answers at a door; its parent starts another."""
        server = self.servers[door].process
        assert server is not None
        for process in psutil.Process(server.pid).children():
            process.kill()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    url = common.fresh_database(os.environ["DATABASE_URL"], f"two_of_each_{os.getpid()}")
    common.seed(url, skus=30, stock=UNITS)
    folder = tmp_path_factory.mktemp("two")
    env = common.environment(url) | {"TRIVET_DATA_DIR": str(folder), "TRIVET_LOG_LEVEL": "WARNING"}
    env.pop("PROMETHEUS_MULTIPROC_DIR", None)
    ports = [free_port(), free_port()]
    tree: list[Child] = [
        *(web("127.0.0.1", port, 1, env, threads=16) for port in ports),
        worker(env),
        worker(env),
    ]
    with (folder / "log").open("wb") as log:
        try:
            for child in tree:
                child.start(log)
            for port in ports:
                until(lambda port=port: answers(port), 60)  # type: ignore[misc]
            yield Two(url, ports, tree[:2])
        finally:
            for child in tree:
                if child.process is not None:
                    child.process.terminate()
            for child in tree:
                if child.process is not None:
                    child.process.wait(30)
            with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
                conn.execute(f"DROP DATABASE two_of_each_{os.getpid()} WITH (FORCE)")


def answers(port: int) -> bool:
    try:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
        client.request("GET", "/readyz")
        return client.getresponse().status == 200
    except OSError:
        return False


def until(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def order(external_id: str, sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "channel": "web", "external_id": external_id, "placed_at": "2026-11-23T08:15:00Z", "currency": "GBP",
        "customer": {"email": f"{external_id}@example.com", "name": "Lan Pham"},
        "ship_to": {"name": "Lan Pham", "city": "Leeds", "postal_code": "LS2 7EW", "country": "GB"},
        "lines": [{"external_id": "1", "sku": sku, "title": "A", "quantity": quantity, "unit_price": 100}], **more,
    }  # fmt: skip


def test_the_last_units_are_granted_once(two: Two) -> None:
    # Four places with forty units each.
    have, buyers = 4 * UNITS, 4 * UNITS + 60
    for n, policy in enumerate(("refuse", "accept", "backorder")):
        sku = f"SKU-{n}"
        found = two.at_once([
            lambda door, b=b: two.call(door, "POST", "/orders", order(f"{policy}-{b}", sku, on_shortage=policy))[0]
            for b in range(buyers)
        ])  # fmt: skip
        expected = {201: have, 409: buyers - have} if policy == "refuse" else {201: buyers}
        assert Counter(found) == expected
        level = "FROM inventory_stocklevel WHERE variant_id = %s"
        assert two.one(f"SELECT sum(allocated) {level}", common.variant_id(n)) == have
        assert two.one(f"SELECT min(available) {level}", common.variant_id(n)) == 0


def test_the_same_order_at_both_doors_is_one_order(two: Two) -> None:
    work = [order(f"same-{n}", "SKU-5") for n in range(12) for _ in range(4)]
    found = two.at_once([lambda door, body=body: two.call(door, "POST", "/orders", body) for body in work])
    assert Counter(status for status, _ in found) == {201: 12, 200: 36}
    assert len({told["id"] for _, told in found}) == 12
    other = [order(f"same-{n}", "SKU-6") for n in range(12)]
    clash = two.at_once(
        [lambda door, body=body: two.call(door, "POST", "/orders", body)[0] for body in other]
    )
    assert Counter(clash) == {409: 12}


def test_two_orders_of_one_external_id_at_once_keep_one(two: Two) -> None:
    work = [order(f"clash-{n}", f"SKU-{7 + side}") for n in range(12) for side in range(2)]
    found = two.at_once([lambda door, body=body: two.call(door, "POST", "/orders", body)[0] for body in work])
    assert Counter(found) == {201: 12, 409: 12}


def test_one_of_two_cancellations_wins(two: Two) -> None:
    placed = [two.call(0, "POST", "/orders", order(f"cancel-{n}", "SKU-9"))[1]["id"] for n in range(10)]
    found = two.at_once([
        lambda door, key=key: two.call(door, "POST", f"/orders/{key}/cancellation", {"reason": "customer"})[0]
        for key in placed for _ in range(3)
    ])  # fmt: skip
    assert Counter(found) == {201: 10, 409: 20}


def test_one_key_is_answered_once(two: Two) -> None:
    placed = two.call(0, "POST", "/orders", order("keyed", "SKU-10", 3))[1]
    body = {"lines": [{"line": placed["lines"][0]["id"], "quantity": 1}], "reason": "customer"}
    path = f"/orders/{placed['id']}/cancellation"
    found = two.at_once([lambda door: two.call(door, "POST", path, body, key="once")[0] for _ in range(8)])
    # Who comes while the first is at work is told to ask again.
    assert set(found) <= {201, 409} and 201 in found
    assert (
        two.call(0, "POST", path, body, key="once")[0]
        == two.call(1, "POST", path, body, key="once")[0]
        == 201
    )
    assert two.one("SELECT units_cancelled FROM orders_order WHERE id = %s", placed["id"]) == 1


def test_reservations_never_exceed_the_stock(two: Two) -> None:
    body = {"channel": "web", "lines": [{"sku": "SKU-11", "quantity": 5}], "ttl": 600}
    found = two.at_once([lambda door: two.call(door, "POST", "/reservations", body)[0] for _ in range(50)])
    assert Counter(found) == {201: 32, 409: 18}


def test_the_key_of_a_request_that_was_killed_is_free_again(two: Two) -> None:
    placed = two.call(1, "POST", "/orders", order("cut-off", "SKU-10", 3))[1]
    body = {"lines": [{"line": placed["lines"][0]["id"], "quantity": 1}], "reason": "customer"}

    def cancel(door: int) -> tuple[int, Any]:
        return two.call(door, "POST", f"/orders/{placed['id']}/cancellation", body, key="cut-off")

    with ThreadPoolExecutor(1) as pool, psycopg.connect(two.url) as blocker:
        blocker.execute("SELECT 1 FROM orders_order WHERE id = %s FOR UPDATE", [placed["id"]])
        cut_off = pool.submit(cancel, 0)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        until(lambda: two.one(waiting) == 1)
        two.kill_web(0)
        assert isinstance(cut_off.exception(30), (OSError, http.client.HTTPException))
        # The server notices that nobody waits for the statement only when it has its row.
        blocker.rollback()
    until(lambda: two.one(waiting) == 0)
    assert cancel(1)[0] == 409
    two.do(
        "UPDATE journal_idempotencykey SET created_at = created_at - interval '1 minute' WHERE key = 'cut-off'"
    )
    assert [cancel(1)[0], cancel(1)[0]] == [201, 201]
    assert two.one("SELECT units_cancelled FROM orders_order WHERE id = %s", placed["id"]) == 1
    until(lambda: answers(two.ports[0]))


def test_both_doors_tell_one_feed_while_it_is_written(two: Two) -> None:
    start = two.call(0, "GET", "/events?limit=1")[1]["head"]
    over = threading.Event()

    def follow(door: int) -> list[int]:
        found, after = [], start
        while True:
            last = over.is_set()
            told = two.call(door, "GET", f"/events?after={after}&limit=100")[1]
            found += [event["position"] for event in told["events"]]
            after = told["next"]
            if last and not told["events"]:
                return found

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(follow, door) for door in range(2)]
        two.at_once([
            lambda door, n=n: two.call(door, "POST", "/orders", order(f"feed-{n}", f"SKU-{12 + n % 4}"))
            for n in range(80)
        ])  # fmt: skip
        until(lambda: two.one("SELECT count(*) FROM journal_event WHERE position IS NULL") == 0)
        over.set()
        left, right = (reader.result(60) for reader in readers)
    assert left == right == list(range(start + 1, start + 1 + len(left)))
    assert len(left) >= 80


def test_what_follows_each_order_is_done_once(two: Two) -> None:
    two.at_once([
        lambda door, n=n: two.call(door, "POST", "/orders", order(f"mystery-{n}", "??")) for n in range(40)
    ])  # fmt: skip
    until(lambda: two.one("SELECT count(*) FROM journal_exceptionitem WHERE kind = 'mapping'") == 40)


def test_afterwards_the_books_agree_and_everything_was_told_once(two: Two) -> None:
    prove(two)


@pytest.mark.soak
def test_a_minute_of_everything(two: Two) -> None:
    end = time.monotonic() + 60
    statuses: Counter[int] = Counter()

    def buyer(n: int) -> None:
        rng, number = random.Random(n), 0
        while time.monotonic() < end:
            number += 1
            policy = rng.choice(("refuse", "accept", "backorder"))
            wish = order(f"soak-{n}-{number}", f"SKU-{rng.randrange(16, 30)}", rng.randrange(1, 4))
            status, told = two.call(rng.randrange(2), "POST", "/orders", {**wish, "on_shortage": policy})
            statuses[status] += 1
            again = two.call(rng.randrange(2), "POST", "/orders", {**wish, "on_shortage": policy})[0]
            assert (status, again) in {(201, 200), (409, 409), (409, 201)}
            if status == 201 and rng.random() < 0.7:
                path = f"/orders/{told['id']}/cancellation"
                statuses[two.call(rng.randrange(2), "POST", path, {"reason": "customer"})[0]] += 1
            keep = {"channel": "web", "lines": [{"sku": "SKU-20", "quantity": 2}], "ttl": rng.choice((1, 60))}
            statuses[two.call(rng.randrange(2), "POST", "/reservations", keep)[0]] += 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(buyer, range(16)))
    assert set(statuses) <= {200, 201, 409}
    prove(two)


def prove(two: Two) -> None:
    """The feed has no gaps, each job was done once, and the doctor finds no number that contradicts its facts."""
    until(lambda: two.one("SELECT count(*) FROM journal_event WHERE position IS NULL") == 0)
    waiting = (
        "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = 'orders'"
    )
    until(lambda: two.one(waiting) == 0)
    assert two.one("SELECT count(*) = max(position) AND min(position) = 1 FROM journal_event")
    told: list[int] = []
    while page := two.call(len(told), "GET", f"/events?after={told[-1] if told else 0}&limit=200")[1][
        "events"
    ]:
        told += [event["position"] for event in page]
    assert told == list(range(1, len(told) + 1))
    assert two.one("SELECT count(*) FROM procrastinate_workers") == 2
    assert two.one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed' OR attempts > 1") == 0
    twice = "SELECT job_id FROM procrastinate_events WHERE type = 'started' GROUP BY 1 HAVING count(*) > 1"
    assert two.one(twice) is None
    doctor = subprocess.run(
        [sys.executable, "-m", "trivet.site", "doctor", "--json"], env=common.environment(two.url),
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [f for f in json.loads(doctor.stdout)["findings"] if f["severity"] == "error"] == []
