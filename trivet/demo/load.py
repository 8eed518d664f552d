"""Telling the demo world into a database: beat by beat in the order of time, each beat once.

A beat is remembered as a receipt when it is over, with the instant the story was first told at; a load that was
interrupted goes on where it stopped. Placing orders is idempotent by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from trivet.demo.script import WHOLE_HISTORY, Beat, script
from trivet.demo.world import PASSWORD, PEOPLE
from trivet.journal.actions.receipts import Arrival, keep
from trivet.journal.actions.sequence import sequence
from trivet.journal.models import Receipt
from trivet.lib import clock

SOURCE = "demo"

LOGINS = tuple((username, PASSWORD, what) for username, _, _, what in PEOPLE)
"""(username, password, what the log-in is good for)."""

Progress = Callable[[int, int, str], None]


def load(
    progress: Progress | None = None, now: datetime | None = None, history: timedelta = WHOLE_HISTORY
) -> timedelta:
    """Load the demo world into this database, at once when it is there already; how old its present is by now.

    ``now`` is the world's present (default: the clock's), ``history`` how far back its orders reach (three weeks at
    least). ``progress`` is told (done, total, label) in orders.
    """
    now = (now or clock.now()).replace(second=0, microsecond=0)
    started = _told("start")
    if started is None:
        started = now
        _remember("start", started)
    elif _told("end") is not None:
        return now - started
    known = set(Receipt.objects.filter(source=SOURCE).values_list("external_id", flat=True))
    beats = script(started, history)
    total = sum(beat.orders for beat in beats)
    done = 0
    for beat in beats:
        if beat.name not in known:
            _tell(beat, started)
        done += beat.orders
        if progress is not None and beat.orders:
            progress(done, total, "Loading the demo world")
    while sequence(20_000):
        continue
    _remember("end", started)
    return now - started


def _tell(beat: Beat, started: datetime) -> None:
    if beat.durable:
        beat.tell()
        _remember(beat.name, started)
        return
    with transaction.atomic(durable=True):
        beat.tell()
        _keep(beat.name, started)


def _remember(name: str, started: datetime) -> None:
    with transaction.atomic(durable=True):
        _keep(name, started)


def _keep(name: str, started: datetime) -> None:
    keep([Arrival(SOURCE, name, "demo.beat", {"now": started.isoformat()})], at=started, state="kept")


def _told(name: str) -> datetime | None:
    found = Receipt.objects.filter(source=SOURCE, external_id=name).values_list("payload", flat=True).first()
    return datetime.fromisoformat(found["now"]) if found else None
