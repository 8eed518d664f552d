"""What ends or begins by the clock. Safety never waits for it: verbs look at the time themselves."""

from __future__ import annotations

from datetime import datetime

from trivet.flows import hold, money


def let_time_pass(*, now: datetime) -> None:
    """Holds and authorisations whose time is over end; orders whose day has come may be picked."""
    hold.release_expired_holds(now)
    hold.come_due_orders(now)
    money.expire_authorizations(now)
