"""Runs that weigh all waiting orders: asked for, planned, applied; and on what terms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import NotFound, WrongState
from trivet.routing.models import AllocationMove, AllocationRun, AllocationSetting
from trivet.routing.rules.allocation import ALLOCATION, Terms


@transaction.atomic
def set_terms(terms: Terms, *, by: Actor, now: datetime) -> None:
    """Put terms in force. :class:`~trivet.lib.errors.Invalid` names the field at fault."""
    terms.check()
    AllocationSetting.objects.update_or_create(
        id=1,
        defaults={
            "mode": terms.mode, "every_minutes": terms.every_minutes, "at": terms.at, "timezone": terms.timezone,
            "move_cost_minor": terms.move_cost, "seconds": terms.seconds,
        },
    )  # fmt: skip
    record(
        "allocation.terms_set", ("allocation", UUID(int=1)), by=by, at=now, mode=terms.mode,
        every_minutes=terms.every_minutes, daily_at=terms.at.strftime("%H:%M") if terms.at else None,
        timezone=terms.timezone, move_cost=terms.move_cost, seconds=terms.seconds,
    )  # fmt: skip


def new_run(*, apply_at_once: bool, by_itself: bool, by: Actor, now: datetime) -> AllocationRun:
    """A run that waits for its turn, in the caller's transaction."""
    run = AllocationRun.objects.create(
        made_by=by.label, by_itself=by_itself, apply_at_once=apply_at_once, asked_at=now
    )
    record(
        "allocation.asked",
        ("allocation", run.id),
        by=by,
        at=now,
        apply_at_once=apply_at_once,
        by_itself=by_itself,
    )
    return run


def advance(run: UUID, verb: str, **values: Any) -> None:
    """Move a run by its machine, with further columns. :class:`WrongState` when it is elsewhere by now."""
    found = AllocationRun.objects.filter(id=run)
    if not found.filter(state__in=ALLOCATION.sources(verb)).update(state=ALLOCATION.target(verb), **values):
        state = found.values_list("state", flat=True).first()
        if state is None:
            raise NotFound("there is no such run")
        raise WrongState(f"the run is {state}", state=state)


@transaction.atomic
def propose(run: UUID, figures: Mapping[str, Any], moves: Sequence[AllocationMove], *, now: datetime) -> None:
    """Store what a run has found."""
    advance(run, "propose", planned_at=now, proposed=len(moves), **figures)
    AllocationMove.objects.bulk_create(moves, batch_size=500)


def note_moves(run: UUID, moved: Mapping[UUID, int], skipped: Mapping[UUID, str]) -> None:
    """Count moves (savings by key of the move) and skips (reasons by key), in the transaction that makes them."""
    AllocationMove.objects.filter(id__in=list(moved)).update(state="moved")
    for reason in sorted(set(skipped.values())):
        keys = [key for key, why in skipped.items() if why == reason]
        AllocationMove.objects.filter(id__in=keys).update(state="skipped", skip=reason)
    AllocationRun.objects.filter(id=run).update(
        moved=F("moved") + len(moved), skipped=F("skipped") + len(skipped),
        saved_minor=F("saved_minor") + sum(moved.values()),
    )  # fmt: skip


@transaction.atomic
def stop_lost(but: Collection[UUID], *, by: Actor, now: datetime) -> int:
    """Runs that nobody is at any more are stopped where they are; how many. For who alone may be at one."""
    lost = AllocationRun.objects.filter(state__in=("planning", "applying")).exclude(id__in=but)
    for key, moved, proposed in lost.values_list("id", "moved", "proposed"):
        record("allocation.stopped", ("allocation", key), by=by, at=now, moved=moved, proposed=proposed)
    return lost.update(state=ALLOCATION.target("stop"), ended_at=now)


def clock_asked(now: datetime) -> None:
    """Note that the clock has had its turn."""
    AllocationSetting.objects.filter(id=1).update(last_at=now)
