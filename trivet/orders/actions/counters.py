"""The only writers of an order's counters and sums. Bulk verbs: they need an open transaction and locked orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from uuid import UUID

from django.db import connection
from django.db.models import F

from trivet.lib.bulk import to_json
from trivet.lib.errors import NotFound
from trivet.orders.models import Hold, Order


@dataclass(frozen=True, slots=True)
class LineDelta:
    """Signed changes of one line's counters, in units of the line; the order's counters move with it."""

    order: UUID
    line: UUID
    cancelled: int = 0
    allocated: int = 0
    backordered: int = 0
    in_progress: int = 0
    shipped: int = 0


UNITS = tuple(f.name for f in fields(LineDelta) if f.name not in {"order", "line"})
SUMS = ("cancelled", "authorized", "voided", "expired", "captured", "refunded")


def lock_order(key: UUID) -> Order:
    """The order, locked until the transaction ends: first of all locks. :class:`NotFound`."""
    found = Order.objects.select_for_update(of=("self",)).filter(id=key).first()
    if found is None:
        raise NotFound("there is no such order")
    return found


def lock_orders(keys: Iterable[UUID]) -> dict[UUID, Order]:
    """Those of the orders that exist, locked in order of their keys."""
    found = Order.objects.select_for_update(of=("self",)).filter(id__in=set(keys)).order_by("id")
    return {order.id: order for order in found}


def move_units(deltas: Sequence[LineDelta]) -> None:
    """Move units of lines, and the counters of their orders by the same amounts."""
    if not deltas:
        return
    rows = to_json([{**asdict(d), "order_id": d.order, "line_id": d.line} for d in deltas])
    record = ", ".join(["order_id uuid", "line_id uuid", *(f"{name} integer" for name in UNITS)])
    sums = ", ".join(f"sum(r.{name})::int AS {name}" for name in UNITS)
    source = f"FROM json_to_recordset(%s::json) AS r({record})"
    lines = ", ".join(f"{name} = l.{name} + d.{name}" for name in UNITS)
    heads = ", ".join(f"units_{name} = o.units_{name} + d.{name}" for name in UNITS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE orders_orderline AS l SET {lines} FROM (SELECT r.line_id, {sums} {source} GROUP BY 1) AS d "
            "WHERE l.id = d.line_id",
            [rows],
        )
        cursor.execute(
            f"UPDATE orders_order AS o SET {heads} FROM (SELECT r.order_id, {sums} {source} GROUP BY 1) AS d "
            "WHERE o.id = d.order_id",
            [rows],
        )


def move_money(order: UUID, **sums: int) -> None:
    """Add to an order's sums (``cancelled``, ``authorized``, ``voided``, ``expired``, ``captured``, ``refunded``)."""
    unknown = set(sums) - set(SUMS)
    if unknown:
        raise TypeError(f"no such sums: {sorted(unknown)}")
    if any(sums.values()):
        Order.objects.filter(id=order).update(
            **{f"{name}_minor": F(f"{name}_minor") + n for name, n in sums.items()}
        )


def recount_holds(orders: Iterable[UUID]) -> None:
    """Count the open holds of orders anew."""
    for key in sorted(set(orders)):
        Order.objects.filter(id=key).update(
            holds_open=Hold.objects.filter(order=key, released_at=None).count()
        )
