"""Holds: an order stops with its first hold and goes on with the release of its last."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from trivet.flows.story import story
from trivet.fulfillment.actions.change import come_due, hold_work, release_work
from trivet.journal.actions import record
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import Invalid
from trivet.orders.actions.counters import lock_order
from trivet.orders.actions.hold import place_hold, release_expired, release_hold
from trivet.orders.models import Hold, Order
from trivet.orders.rules.holds import HOLD_KINDS, MANUAL_HOLD_KINDS


@story
def place(
    order: UUID, kind: str, *, by: Actor, now: datetime, reason: str = "", owner: str = "", handle: str = "",
    expires_at: datetime | None = None,
) -> UUID:  # fmt: skip
    """Put an order on hold; the hold. The same kind and handle again answers the hold that is there.

    ``stock`` and ``mapping`` are the system's own. :class:`~trivet.lib.errors.WrongState` for an order that is over.
    """
    _manual(kind)
    row = lock_order(order)
    hold, new = place_hold(
        row, kind, by=by, now=now, reason=reason, owner=owner, handle=handle, expires_at=expires_at
    )
    if new:
        hold_work(order)
    return hold


@story
def release(order: UUID, hold: UUID, *, by: Actor, now: datetime) -> None:
    """Lift one hold; work goes on when it was the last. The system's own holds end with their cause only."""
    row = lock_order(order)
    kind = Hold.objects.filter(id=hold, order=order).values_list("kind", flat=True).first()
    if kind is not None:
        _manual(kind)
    release_hold(row, hold, by=by, now=now)
    go_on(order)


def release_expired_holds(now: datetime) -> int:
    """Lift all holds whose time is over, one transaction an order; how many."""
    due = Hold.objects.filter(released_at=None, expires_at__lte=now)
    return sum(_expire(order, now) for order in sorted(set(due.values_list("order_id", flat=True))))


def come_due_orders(now: datetime) -> int:
    """Let orders whose day has come be picked, one transaction an order; how many."""
    due = Order.objects.filter(scheduled=True, fulfill_at__lte=now, lifecycle__in=["draft", "open"])
    return sum(_come_due(key, now) for key in due.values_list("id", flat=True))


def go_on(order: UUID) -> None:
    """Let the work of a locked order go on when no hold binds it any more."""
    row = Order.objects.only("holds_open", "scheduled").get(id=order)
    if row.holds_open == 0:
        release_work(order, scheduled=row.scheduled)


@story
def _expire(order: UUID, now: datetime) -> int:
    released = release_expired(lock_order(order), by=SYSTEM, now=now)
    if released:
        go_on(order)
    return released


@story
def _come_due(order: UUID, now: datetime) -> int:
    row = lock_order(order)
    if not row.scheduled or row.fulfill_at is None or row.fulfill_at > now:
        return 0
    Order.objects.filter(id=order).update(scheduled=False)
    come_due(order)
    record("order.came_due", ("order", order), by=SYSTEM, at=now, number=row.number)
    return 1


def _manual(kind: str) -> None:
    if kind in HOLD_KINDS and kind not in MANUAL_HOLD_KINDS:
        raise Invalid("kind", f"{kind} holds are set and lifted by the system, with their cause")
