"""kill -9 under full load: of a web process, of the worker, of PostgreSQL. What was answered 201 is there, once."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from trivet.bench import common
from trivet.lib.postgres import Cluster

PORT = 8941


class Crowd:
    """Clients that place orders, each its own ids, and remember what they were answered."""

    def __init__(self, clients: int) -> None:
        self.stop = threading.Event()
        self.created: dict[str, str] = {}
        self.asked: set[str] = set()
        self.strange: list[tuple[int, bytes]] = []
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(clients)]

    def run(self, client: int) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            external_id = f"k{client}-{number}"
            body = json.dumps({
                "channel": "web", "external_id": external_id, "placed_at": "2026-11-23T08:15:00Z", "currency": "GBP",
                "customer": {"email": f"{external_id}@example.com", "name": "Lan Pham"},
                "ship_to": {"name": "Lan Pham", "line1": "1 Mill St", "city": "Leeds", "postal_code": "LS2 7EW", "country": "GB"},
                "lines": [
                    {"external_id": "1", "sku": f"SKU-{(client * 7 + number) % 40}", "title": "A", "quantity": 2, "unit_price": 100},
                    {"external_id": "2", "sku": f"SKU-{40 + number % 10}", "title": "B", "quantity": 1, "unit_price": 100},
                ],
            }).encode()  # fmt: skip
            # An order whose answer got lost is sent again, as every channel does.
            for _ in range(60):
                if self.stop.is_set():
                    return
                if self.post(external_id, body):
                    break
                time.sleep(0.25)

    def post(self, external_id: str, body: bytes) -> bool:
        self.asked.add(external_id)
        headers = {"Authorization": f"Bearer {common.KEY}", "Content-Type": "application/json"}
        try:
            client = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            client.request("POST", "/api/v1/orders", body, headers)
            answer = client.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        if answer.status in {200, 201}:
            self.created[external_id] = json.loads(told)["id"]
            return True
        if answer.status != 503:
            self.strange.append((answer.status, told))
        return False


@pytest.fixture
def installation(tmp_path: Path) -> Any:
    """`trivet up` on a data folder of its own, seeded."""
    folder = Path(tempfile.mkdtemp(prefix="trivet-kill-"))
    folder.chmod(0o755)
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "PYTEST_CURRENT_TEST"}}
    env |= {"TRIVET_DATA_DIR": str(folder), "TRIVET_LOG_LEVEL": "WARNING"}
    env.pop("PROMETHEUS_MULTIPROC_DIR", None)
    cluster = Cluster(folder / "postgres")
    with (tmp_path / "up.log").open("wb") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "trivet.site", "up", "--port", str(PORT)], env=env, stdout=log, stderr=log
        )
        try:
            wait(lambda: ready() or up.poll() is not None, 90)
            assert up.poll() is None, (tmp_path / "up.log").read_text()
            common.seed(cluster.url(), skus=50, stock=100_000)
            yield up, cluster
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(60)
            subprocess.run(["rm", "-rf", str(folder), str(cluster.home)], check=True)


def wait(what: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def ready() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def descendants(up: subprocess.Popen[bytes], text: str) -> list[psutil.Process]:
    return [p for p in psutil.Process(up.pid).children(recursive=True) if text in command(p)]


def command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        # Gone meanwhile, or dead and not reaped yet.
        return ""


def test_the_workers_of_a_killed_web_server_do_not_keep_its_port(installation: Any) -> None:
    up, _cluster = installation
    old = descendants(up, "granian")
    (main,) = (p for p in old if p.ppid() == up.pid)
    assert len(old) > 1
    main.kill()
    wait(lambda: not main.is_running() and any(p.ppid() == up.pid for p in descendants(up, "granian")), 60)
    # Where nobody reaps orphans the dead stay zombies.
    assert [p for p in old if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    wait(ready, 60)
    up.send_signal(signal.SIGTERM)
    up.wait(60)
    with socket.create_server(("127.0.0.1", PORT)):
        pass


def test_everything_answered_survives_kill_9_of_web_worker_and_postgres(installation: Any) -> None:
    up, cluster = installation
    crowd = Crowd(24)
    for thread in crowd.threads:
        thread.start()
    wait(lambda: len(crowd.created) > 100, 60)

    granian = descendants(up, "granian")
    max(granian, key=lambda p: p.create_time()).kill()
    before = len(crowd.created)
    wait(lambda: len(crowd.created) > before + 50, 60)

    descendants(up, "trivet.site worker")[0].kill()
    before = len(crowd.created)
    wait(lambda: len(crowd.created) > before + 50, 60)

    postmaster = cluster._postmaster()
    assert postmaster is not None
    postmaster.kill()
    before = len(crowd.created)
    wait(lambda: len(crowd.created) > before + 100, 90)

    crowd.stop.set()
    for thread in crowd.threads:
        thread.join(40)
    assert crowd.strange == []
    check(cluster.url(), crowd)


def check(url: str, crowd: Crowd) -> None:
    with psycopg.connect(url) as conn:
        stored = dict(conn.execute("SELECT external_id, id::text FROM orders_order").fetchall())
        twice = conn.execute("SELECT external_id FROM orders_order GROUP BY 1 HAVING count(*) > 1").fetchall()
        half = conn.execute(
            "SELECT o.id FROM orders_order o WHERE (SELECT count(*) FROM orders_orderline l WHERE l.order_id = o.id) <> 2 "
            "OR (SELECT coalesce(sum(quantity), 0) FROM inventory_allocation a WHERE a.order_id = o.id) <> 3 "
            "OR (SELECT coalesce(sum(allocated), 0) FROM inventory_stockentry e WHERE e.cause_id = o.id) <> 3 "
            "OR NOT EXISTS (SELECT 1 FROM routing_routingdecision d WHERE d.order_id = o.id) "
            "OR (SELECT sum(units) FROM fulfillment_fulfillmentorder f WHERE f.order_id = o.id) <> 3 "
            "OR (SELECT count(*) FROM journal_receipt r WHERE r.subject_id = o.id) <> 1 "
            "OR (SELECT count(*) FROM journal_event v WHERE v.subject_id = o.id AND v.kind = 'order.placed') <> 1"
        ).fetchall()
    assert twice == []
    assert half == []
    missing = {e: i for e, i in crowd.created.items() if stored.get(e) != i}
    assert missing == {}
    assert set(stored) <= crowd.asked
    assert common.ledger_gaps(url) == 0
