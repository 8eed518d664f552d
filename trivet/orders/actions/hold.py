"""Typed holds: several at once, idempotent by (kind, handle), released one by one. Bulk verbs of flows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid, NotFound, WrongState
from trivet.orders.actions.counters import recount_holds
from trivet.orders.models import Hold, Order
from trivet.orders.rules.holds import HOLD_KINDS


def place_hold(
    order: Order, kind: str, *, by: Actor, now: datetime, reason: str = "", owner: str = "", handle: str = "",
    expires_at: datetime | None = None,
) -> tuple[UUID, bool]:  # fmt: skip
    """Put a locked order on hold: the hold, and whether it is new. The same kind and handle again is the same hold."""
    if kind not in HOLD_KINDS:
        raise Invalid("kind", f"must be one of {', '.join(HOLD_KINDS)}")
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_at", "must lie in the future")
    for field, text, longest in (("reason", reason, 500), ("owner", owner, 200), ("handle", handle, 200)):
        if len(text) > longest or "\x00" in text:
            raise Invalid(field, f"may have {longest} characters at most")
    known = Hold.objects.filter(order=order, kind=kind, handle=handle, released_at=None).first()
    if known is not None:
        return known.id, False
    if order.lifecycle not in {"draft", "open"}:
        raise WrongState(f"the order is {order.lifecycle}", state=order.lifecycle)
    hold = Hold.objects.create(
        order=order, kind=kind, handle=handle, reason=reason, owner=owner, placed_at=now, placed_by=by.label,
        expires_at=expires_at,
    )  # fmt: skip
    recount_holds([order.id])
    record(
        "order.held", ("order", order.id), by=by, at=now, number=order.number, hold=kind, handle=handle, reason=reason,
        owner=owner, expires_at=expires_at,
    )  # fmt: skip
    return hold.id, True


def release_hold(order: Order, hold: UUID, *, by: Actor, now: datetime) -> None:
    """Lift one hold of a locked order. :class:`WrongState` when someone was first."""
    found = Hold.objects.filter(id=hold, order=order).first()
    if found is None:
        raise NotFound("there is no such hold")
    if found.released_at is not None:
        raise WrongState("someone released this already", by=found.released_by)
    _release([found], order, by, now, "released")


def release_kinds(order: Order, kinds: Collection[str] | None, *, by: Actor, now: datetime, why: str) -> int:
    """Lift all holds of a locked order of some kinds (None: all); how many."""
    found = Hold.objects.filter(order=order, released_at=None)
    if kinds is not None:
        found = found.filter(kind__in=kinds)
    return _release(list(found.order_by("placed_at", "id")), order, by, now, why)


def release_expired(order: Order, *, by: Actor, now: datetime) -> int:
    """Lift the holds of a locked order whose time is over; how many."""
    due = Hold.objects.filter(order=order, released_at=None, expires_at__lte=now)
    return _release(list(due.order_by("placed_at", "id")), order, by, now, "expired")


def _release(holds: list[Hold], order: Order, by: Actor, now: datetime, why: str) -> int:
    if not holds:
        return 0
    Hold.objects.filter(id__in=[h.id for h in holds]).update(released_at=now, released_by=by.label)
    recount_holds([order.id])
    for hold in holds:
        record(
            "order.hold_released", ("order", order.id), by=by, at=now, number=order.number, hold=hold.kind,
            handle=hold.handle, why=why,
        )  # fmt: skip
    return len(holds)
