"""A real worker process: does jobs, numbers events, stops when asked, and is replaced when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.journal.models import Event, ExceptionItem

pytestmark = pytest.mark.django_db(transaction=True)


def url() -> str:
    """The test database, as a worker is told of it."""
    known = connection.settings_dict
    return f"postgresql://{quote(known['USER'])}@/{quote(known['NAME'])}?host={known['HOST']}" + (
        f"&port={known['PORT']}" if known["PORT"] else ""
    )


@pytest.fixture
def start() -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers; ends those that are left."""
    started: list[subprocess.Popen[bytes]] = []

    def run() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "trivet.site", "worker"]
        started.append(subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url()}))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def until(what: Callable[[], object], seconds: float = 40) -> None:
    """Wait until ``what`` holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def jobs(task: str) -> list[str]:
    """The states of all jobs of a task."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE task_name = %s", [task])
        return [row[0] for row in cursor.fetchall()]


def test_a_killed_workers_job_is_done_by_the_next(start: Callable[[], subprocess.Popen[bytes]]) -> None:
    world.build()
    with connection.cursor() as cursor:
        # Emptying tables between tests leaves those of other packages as they are.
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
    unknown = [{"sku": "??", "quantity": 1, "unit_price": 1}]
    assert Caller(key()).post("/orders", new_order("1", lines=unknown))[0] == 201
    assert jobs("orders.react") == ["todo"]
    with psycopg.connect(url()) as blocker:
        blocker.execute("LOCK TABLE journal_exceptionitem IN ACCESS EXCLUSIVE MODE")
        first = start()
        until(lambda: jobs("orders.react") == ["doing"])
        # The sequencer works beside the jobs.
        until(lambda: not Event.objects.filter(position=None).exists())
        first.kill()
        first.wait()
        blocker.rollback()
    assert jobs("orders.react") == ["doing"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    second = start()
    until(lambda: jobs("orders.react") == ["succeeded"])
    assert ExceptionItem.objects.filter(kind="mapping", state="open").count() == 1
    # Whoever asks again and again is no reason to hang.
    for _ in range(200):
        second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=20) == 0
