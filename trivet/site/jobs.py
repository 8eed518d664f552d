"""The worker: runs jobs, and beside them the sequencer that gives events their place in the feed."""

from __future__ import annotations

import asyncio
import signal
import threading

import structlog
from django.db import DatabaseError, InterfaceError, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg_pool import PoolTimeout

from trivet.flows.jobs import STALLED_AFTER
from trivet.journal.actions.sequence import sequence

log = structlog.get_logger("trivet.worker")

BATCH = 5_000
PAUSE = 0.2
"""Seconds between looks at the journal when there was little to do."""
HEARTBEAT = 2.0
GRACE = 20.0
"""Seconds a running job gets to finish after the worker was told to stop; then it is left to another worker."""
PATIENCE = 5.0
"""Seconds that fetching or settling a job waits for the database; a worker that is told to stop just when the
database goes away must not wait longer to say good-bye to it."""
FEED_CHANNEL = "trivet_feed"
"""NOTIFY on this channel says that the feed has grown."""


def run_worker(concurrency: int = 4, stop: threading.Event | None = None) -> None:
    """Work until ``stop`` is set or the process is asked to end (SIGTERM, SIGINT in the main thread)."""
    stopping = stop or threading.Event()
    sequencer = threading.Thread(target=run_sequencer, args=(stopping,), name="sequencer", daemon=True)
    sequencer.start()
    log.info("worker started", concurrency=concurrency)
    try:
        asyncio.run(_work(concurrency, stopping))
    finally:
        stopping.set()
        sequencer.join(timeout=5)
        log.info("worker stopped")


def run_sequencer(stop: threading.Event) -> None:
    """Give committed events their positions until ``stop``; one process at a time does, any takes over."""
    while not stop.is_set():
        try:
            placed = sequence(BATCH)
            if placed:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_notify(%s, '')", [FEED_CHANNEL])
            pause = 0.0 if placed == BATCH else PAUSE
        except (DatabaseError, InterfaceError, PoolTimeout) as error:
            log.warning("sequencer waits for the database", error=str(error))
            pause = 2.0
        finally:
            connection.close()
        stop.wait(pause)


async def _work(concurrency: int, stop: threading.Event) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            # The loop calls it: a handler that interrupts another one in the middle of `set` would wait for itself.
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watcher = asyncio.create_task(asyncio.to_thread(stop.wait))
    try:
        while not stop.is_set():
            worker = asyncio.create_task(_run(concurrency))
            await asyncio.wait({worker, watcher}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)
                return
            # A worker ends by itself only when it lost the database: wait and begin anew.
            log.warning("worker waits for the database", error=str(worker.exception()))
            await asyncio.wait({watcher}, timeout=2)
    finally:
        stop.set()
        await watcher


async def _run(concurrency: int) -> None:
    # A second app on a connection of its own fetches and settles jobs. Tasks that defer others do so through the
    # first app, on Django's connection, in the transaction of their verb.
    fetcher = PsycopgConnector(kwargs=connector_params(), timeout=PATIENCE)
    async with app.with_connector(fetcher).open_async() as fetching:
        await fetching.run_worker_async(
            concurrency=concurrency,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED_AFTER,
            shutdown_graceful_timeout=GRACE,
            fetch_job_polling_interval=2.0,
        )
