"""Writing a cancellation into the order: counters, sums, its change. A bulk verb of flows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.orders.actions.counters import LineDelta, move_money, move_units
from trivet.orders.models import Order, OrderChange
from trivet.orders.rules.cancel import Cancellation


def write_cancellation(
    order: Order, plan: Cancellation, deltas: list[LineDelta], *, reason: str, note: str, by: Actor, now: datetime,
    facts: dict[str, Any],
) -> int:  # fmt: skip
    """Apply a worked-out cancellation to a locked order; the order's new version. ``facts`` go into the event."""
    move_units(deltas)
    move_money(order.id, cancelled=plan.value)
    version = order.version + 1
    Order.objects.filter(id=order.id).update(version=version)
    lines = [{"line": str(cut.line), "quantity": cut.quantity, "value": cut.value} for cut in plan.cuts]
    OrderChange.objects.create(
        order=order, version=version, kind="cancelled" if plan.whole else "lines_cancelled", reason=reason,
        value_minor=plan.value, content={"lines": lines, "note": note, **facts}, at=now, actor_label=by.label,
    )  # fmt: skip
    record(
        "order.cancelled" if plan.whole else "order.lines_cancelled", ("order", order.id), by=by, at=now,
        number=order.number, reason=reason, note=note, whole=plan.whole, value=plan.value, currency=order.currency,
        lines=lines, version=version, **facts,
    )  # fmt: skip
    return version
