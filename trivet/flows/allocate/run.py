"""A run from being asked for to its last move. One at a time; stopped in the middle, it can be gone on with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from trivet.flows.allocate import picture as seeing
from trivet.flows.allocate.apply import apply
from trivet.flows.allocate.propose import moves_of
from trivet.journal.actions import record
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib import clock
from trivet.lib.errors import WrongState
from trivet.lib.money import half_even
from trivet.routing.actions.allocation import advance, clock_asked, new_run, propose, stop_lost
from trivet.routing.models import AllocationMove
from trivet.routing.queries import allocation
from trivet.routing.rules.batch import Answer, Terms, allocate
from trivet.routing.rules.cost import MILLI

_ALONE = 7_201_944_120_553_117_014
"""A number of our own among advisory locks: who holds it is the only one that is at a run."""
MILLION = 1_000_000


@transaction.atomic
def ask(*, apply_at_once: bool, by: Actor, now: datetime, by_itself: bool = False) -> UUID:
    """Have all waiting orders weighed by a worker; the run. Without ``apply_at_once`` it only proposes."""
    from trivet.flows.jobs import run_allocation  # that module imports this one

    run = new_run(apply_at_once=apply_at_once, by_itself=by_itself, by=by, now=now)
    run_allocation.defer(run=str(run.id), by=by.id, by_kind=by.kind, label=by.label)
    return run.id


def go_on(run: UUID, *, by: Actor, now: datetime) -> None:
    """Have the moves that a run proposed made by a worker; :class:`WrongState` where it has nothing to make."""
    from trivet.flows.jobs import run_allocation

    found = allocation.run(run)
    if found.planned_at is None:
        raise WrongState(f"the run is {found.state}", state=found.state)
    with transaction.atomic():
        advance(run, "order", ended_at=None)
        record("allocation.ordered", ("allocation", run), by=by, at=now, proposed=found.proposed)
        run_allocation.defer(run=str(run), by=by.id, by_kind=by.kind, label=by.label)


def carry_out(run: UUID, *, by: Actor = SYSTEM) -> None:
    """Plan a run that waits, and make its moves where that was asked for; or make those that were ordered.

    :class:`WrongState` while another is at one. A run that its worker left in the middle is stopped, and no more.
    """
    with _alone():
        stop_lost([], by=by, now=clock.now())
        found = allocation.run(run)
        if found.state == "waiting":
            plan(run, by=by)
        if found.state == "ordered" or (found.state == "waiting" and found.apply_at_once):
            make(run, by=by)


def plan(run: UUID, *, by: Actor) -> Answer:
    """See, weigh and store what would move. Nothing is locked meanwhile, and no transaction is open."""
    advance(run, "plan")
    terms, _ = allocation.terms()
    began, now = time.monotonic(), clock.now()
    seen = seeing.read(now)
    answer = allocate(
        seen.waiting, seen.shared, Terms(terms.move_cost * MILLI, seconds=float(terms.seconds)),
        clock=time.monotonic, policy_version=seen.version,
    )  # fmt: skip
    moves = moves_of(run, seen, answer)
    figures: dict[str, Any] = {
        "policy_version": seen.version, "currency": seen.currency, "orders": answer.orders,
        "cost_before_minor": half_even(answer.before, MILLI), "cost_greedy_minor": half_even(answer.greedy, MILLI),
        "cost_after_minor": half_even(answer.after, MILLI), "bound_minor": answer.bound // MILLI,
        "move_cost_minor": terms.move_cost, "gap": -int(-answer.gap * MILLION // 1),
        "milliseconds": round((time.monotonic() - began) * 1_000), "settled": answer.fixed, "solver": answer.by,
    }  # fmt: skip
    propose(run, figures, moves, now=clock.now())
    return answer


def make(run: UUID, *, by: Actor) -> None:
    """Make the moves that are still proposed, batch by batch, and end the run."""
    advance(run, "apply")
    batches = AllocationMove.objects.filter(run=run, state="proposed").order_by("batch")
    for number in batches.values_list("batch", flat=True).distinct():
        apply(run, number, by=by, now=clock.now())
    _finish(run, by, clock.now())


@transaction.atomic
def _finish(run: UUID, by: Actor, now: datetime) -> None:
    advance(run, "finish", ended_at=now)
    found = allocation.run(run)
    record(
        "allocation.finished", ("allocation", run), by=by, at=now, orders=found.orders, moved=found.moved,
        skipped=found.skipped, saved=found.saved_minor, currency=found.currency,
    )  # fmt: skip


def tick(now: datetime) -> UUID | None:
    """Ask for a run when the clock does; for the minute job."""
    terms, last = allocation.terms()
    if not terms.due(last, now):
        return None
    with transaction.atomic():
        clock_asked(now)
        return ask(apply_at_once=True, by_itself=True, by=SYSTEM, now=now)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ALONE])
        if not cursor.fetchone()[0]:
            raise WrongState("another allocation is under way")
    try:
        yield
    finally:
        # A connection that was lost has let go of it already.
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ALONE])
