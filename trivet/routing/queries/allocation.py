"""Runs that weighed all waiting orders, and the terms in force."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

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


def moves(key: UUID, start: int = 0, limit: int = 100) -> list[AllocationMove]:
    """The moves of a run in the order in which they are made, with their orders' numbers; one query."""
    rows = AllocationMove.objects.filter(run=key).select_related("order").defer("content")
    return list(rows.order_by("batch", "id")[start : start + limit])
