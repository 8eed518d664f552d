"""Prometheus metrics: counters of all web processes together, and gauges asked of the database.

Several processes answer requests, and a scrape reaches any of them. Each keeps its counters in a file of a folder
that all share, and the one that is scraped adds them up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
from django.conf import settings

FOLDER = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.DATA_DIR / "metrics")))
FOLDER.mkdir(parents=True, exist_ok=True)

# The library reads the variable when it is imported, so nothing may import it before this module.
from prometheus_client import (  # noqa: E402
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily  # noqa: E402

from trivet.flows.housekeeping import STUCK_AFTER, jobs_by_state  # noqa: E402
from trivet.journal.queries import feed_lag, stuck_receipts  # noqa: E402
from trivet.lib import clock  # noqa: E402

REQUESTS = Counter("trivet_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("trivet_request_seconds", "Seconds a request took", ["route"])

MEDIA_TYPE = CONTENT_TYPE_LATEST


def fresh() -> None:
    """Forget what ended processes counted. For the parent of a process tree, before it starts any."""
    for path in FOLDER.glob("*_[0-9]*.db"):
        if not psutil.pid_exists(int(path.stem.rpartition("_")[2])):
            path.unlink(missing_ok=True)


class _Asked:
    """Gauges of this scrape: asked of the database, so every process answers the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Three small queries."""
        now = clock.now()
        jobs = GaugeMetricFamily("trivet_jobs", "Jobs that are not finished well", labels=["state"])
        for state, number in jobs_by_state().items():
            jobs.add_metric([state], number)
        yield jobs
        events, seconds = feed_lag(now)
        yield GaugeMetricFamily("trivet_feed_waiting_events", "Events without a position yet", events)
        yield GaugeMetricFamily(
            "trivet_feed_lag_seconds", "Age of the oldest event without a position", seconds
        )
        stuck = stuck_receipts(now - STUCK_AFTER)
        yield GaugeMetricFamily("trivet_receipts_stuck", "Payloads long received, not interpreted", stuck)


def text() -> bytes:
    """All metrics in Prometheus' text format."""
    counted = CollectorRegistry()
    multiprocess.MultiProcessCollector(counted, path=str(FOLDER))  # type: ignore[no-untyped-call]
    asked = CollectorRegistry()
    asked.register(_Asked())
    return generate_latest(counted) + generate_latest(asked)
