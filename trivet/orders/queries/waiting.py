"""Lines that wait for stock: backordered, or taken without stock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from trivet.lib.sql import load
from trivet.orders.models import LineComponent, Order, OrderLine


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue: promise, age, key. Those that come first are served first."""

    promise: date
    placed_at: datetime
    line: UUID


FRONT = Place(date(1, 1, 1), datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A line that lacks ``need`` units, of which ``backordered`` were promised for later; ``parts`` of one unit.

    ``value_minor`` is what the customer pays for the units that lack.
    """

    id: UUID
    order: UUID
    variant: UUID
    sku: str
    need: int
    backordered: int
    allocated: int
    parts: tuple[tuple[UUID, int], ...]
    value_minor: int


def queue(variants: Iterable[UUID], limit: int, after: Place = FRONT) -> list[tuple[Place, UUID]]:
    """(place in the queue, order) of lines that wait for ``variants``: oldest promise, then age, then key; one query.

    A line without a promised date counts from the day it was bought.
    """
    asked: dict[str, Any] = {
        "variants": list(variants), "limit": limit, "promise": after.promise, "placed_at": after.placed_at,
        "line": after.line,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(load("orders", "waiting_lines"), asked)
        return [
            (Place(promise, placed_at, line), order) for line, order, promise, placed_at in cursor.fetchall()
        ]


def waiting_variants() -> list[UUID]:
    """Components that some line waits for; one query."""
    with connection.cursor() as cursor:
        cursor.execute(load("orders", "waiting_variants"))
        return [row[0] for row in cursor.fetchall()]


def waiting_lines(lines: Sequence[UUID], whole_orders: Iterable[UUID]) -> dict[UUID, WaitingLine]:
    """Those of ``lines``, and of all lines of ``whole_orders``, that still wait, by key; two queries."""
    found = OrderLine.objects.filter(id__in=lines) | OrderLine.objects.filter(order__in=list(whole_orders))
    rows = [line for line in found if line.variant_id is not None and _need(line) > 0]
    parts: dict[UUID, list[tuple[UUID, int]]] = {}
    for c in LineComponent.objects.filter(line__in=[line.id for line in rows]).order_by("variant_id"):
        parts.setdefault(c.line_id, []).append((c.variant_id, c.quantity))
    return {
        line.id: WaitingLine(
            line.id, line.order_id, line.variant_id, line.sku, _need(line), line.backordered, line.allocated,
            tuple(parts.get(line.id, [(line.variant_id, 1)])), line.paid_minor * _need(line) // line.quantity,
        )
        for line in rows
        if line.variant_id is not None
    }  # fmt: skip


def backordered(variant: UUID, channel: UUID | None) -> int:
    """Units of a variant that lines wait for with a promise, on a channel or (None) on all; one query."""
    found = OrderLine.objects.filter(variant=variant, backordered__gt=0)
    if channel is not None:
        found = found.filter(order__channel=channel)
    units: int | None = found.aggregate(n=Sum("backordered"))["n"]
    return units or 0


def short_units(order: Order) -> int:
    """Units of a tracked order that have neither stock nor a backorder."""
    return sum(max(0, _need(line) - line.backordered) for line in OrderLine.objects.filter(order=order))


def _need(line: OrderLine) -> int:
    return line.quantity - line.cancelled - line.allocated - line.shipped
