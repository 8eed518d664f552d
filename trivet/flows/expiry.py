"""What ends or begins by the clock. Safety never waits for it: verbs look at the time themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from trivet.flows import hold, money, queue
from trivet.flows.story import story
from trivet.inventory.actions.reserve import end_lapsed
from trivet.inventory.queries.spots import lapsed_reservations, reserved_variants
from trivet.journal.rules import SYSTEM

SWEPT = 500
"""Reservations that one transaction ends at most."""


def let_time_pass(*, now: datetime) -> None:
    """Holds and authorisations whose time is over end; orders whose day has come may be picked."""
    hold.release_expired_holds(now)
    hold.come_due_orders(now)
    money.expire_authorizations(now)


def sweep_reservations(now: datetime) -> int:
    """End all reservations whose time is over, a few hundred a transaction, and tell of it; how many."""
    total = 0
    while due := lapsed_reservations(now, SWEPT):
        _sweep(due, now)
        total += len(due)
    return total


@story
def _sweep(due: list[UUID], now: datetime) -> None:
    waiting = queue.front(reserved_variants(due))
    queue.serve(waiting, end_lapsed(due, now=now), by=SYSTEM, now=now)
