"""Runs that weighed all waiting orders, and the terms in force."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from trivet.lib.cursor import Page, cut, decode_as, decode_instant
from trivet.lib.errors import NotFound
from trivet.routing.models import AllocationMove, AllocationRun, AllocationSetting
from trivet.routing.rules.allocation import Terms

RUNS = 50
"""Runs that are shown."""


def terms() -> tuple[Terms, datetime | None]:
    """The terms in force, and when the clock last had its turn; one query."""
    found = AllocationSetting.objects.filter(id=1).first()
    if found is None:
        return Terms(), None
    told = Terms(
        found.mode, found.every_minutes, found.at, found.timezone, found.move_cost_minor, found.seconds
    )
    return told, found.last_at


def runs(limit: int = RUNS) -> list[AllocationRun]:
    """The latest runs, newest first; one query."""
    return list(AllocationRun.objects.order_by("-asked_at", "-id")[:limit])


def run(key: UUID) -> AllocationRun:
    """One run. :class:`NotFound`."""
    found = AllocationRun.objects.filter(id=key).first()
    if found is None:
        raise NotFound("there is no such run")
    return found


def runs_page(cursor: str = "", limit: int = RUNS) -> Page[AllocationRun]:
    """Runs, newest first, by keyset; one query."""
    rows = AllocationRun.objects.order_by("-asked_at", "-id")
    if cursor:
        at, key = decode_instant(cursor)
        rows = rows.filter(Q(asked_at__lt=at) | Q(asked_at=at, id__lt=key))
    return cut(list(rows[: limit + 1]), limit, lambda run: (run.asked_at, run.id))


def moves(key: UUID, cursor: str = "", limit: int = 100) -> Page[AllocationMove]:
    """The moves of a run in the order in which they are made, with their orders' numbers, by keyset; one query."""
    rows = AllocationMove.objects.filter(run=key).select_related("order").defer("content")
    if cursor:
        batch, last = decode_as(cursor, small, UUID)
        rows = rows.filter(Q(batch__gt=batch) | Q(batch=batch, id__gt=last))
    return cut(list(rows.order_by("batch", "id")[: limit + 1]), limit, lambda move: (move.batch, move.id))


def small(text: str) -> int:
    """A whole number that numbers a batch."""
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError("is too large")
    return number
