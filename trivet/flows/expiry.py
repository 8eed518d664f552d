"""What ends or begins by the clock. Safety never waits for it: verbs look at the time themselves."""

from __future__ import annotations

from datetime import datetime

from trivet.flows import hold, money
from trivet.flows.story import story
from trivet.inventory.actions.reserve import sweep_expired


def let_time_pass(*, now: datetime) -> None:
    """Holds and authorisations whose time is over end; orders whose day has come may be picked."""
    hold.release_expired_holds(now)
    hold.come_due_orders(now)
    money.expire_authorizations(now)


def sweep_reservations(now: datetime) -> int:
    """End all reservations whose time is over, a few hundred a transaction, and tell of it; how many."""
    total = 0
    while ended := _sweep(now):
        total += ended
    return total


@story
def _sweep(now: datetime) -> int:
    return sweep_expired(now)
