"""The order list of the desk. The number on a tile and the list behind it come from the same filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from trivet.customers.queries.broad import Way, counted, meant, newest, same
from trivet.lib.cursor import COUNT_CAP, Page, cut, decode_instant
from trivet.orders.models import OWED, Hold, Order, OrderLine
from trivet.orders.queries.search import ways
from trivet.orders.rules.payments import refund_due

LIVING = Q(lifecycle__in=["draft", "open"])
"""Orders with work left; matches the partial index of living orders."""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What to list; empty means any. ``also`` are conditions of rooms downstream (place, lateness)."""

    lifecycle: str = ""
    payment: str = ""
    fulfillment: str = ""
    delivery: str = ""
    channel: str = ""
    hold: str = ""
    tag: str = ""
    search: str = ""
    backordered: bool = False
    owed: bool = False
    unmapped: bool = False
    customers: tuple[UUID, ...] = ()
    also: tuple[Q, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list."""

    id: UUID
    number: int
    external_id: str
    channel: str
    placed_at: datetime
    name: str
    country: str
    total_minor: int
    owed_minor: int
    currency: str
    units: int
    units_backordered: int
    lifecycle: str
    payment: str
    fulfillment: str
    delivery: str
    tags: tuple[str, ...]
    holds: tuple[str, ...]
    invented: bool


def _find(wanted: OrderFilter) -> tuple[QuerySet[Order], list[Way]]:
    """The orders that ``wanted`` describes: all of the first, or those among them that any of the ways finds."""
    found = Order.objects.all()
    if wanted.lifecycle == "living":
        found = found.filter(LIVING)
    elif wanted.lifecycle:
        found = found.filter(lifecycle=wanted.lifecycle)
    exact = {
        "payment_status": wanted.payment,
        "fulfillment_status": wanted.fulfillment,
        "delivery_status": wanted.delivery,
        "channel__slug": wanted.channel,
    }
    found = found.filter(**{key: value for key, value in exact.items() if value})
    if wanted.hold:
        held = Hold.objects.filter(order=OuterRef("pk"), released_at=None, kind=wanted.hold)
        found = found.filter(Exists(held))
    if wanted.unmapped:
        found = found.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), variant=None)))
    if wanted.backordered:
        found = found.filter(units_backordered__gt=0)
    if wanted.owed:
        found = found.filter(OWED)
    if wanted.customers:
        found = found.filter(customer__in=wanted.customers)
    found = found.filter(*wanted.also)
    tagged = Q(tags__contains=[wanted.tag]) & ~Q(tags=[])
    if wanted.search.strip():
        return found.filter(tagged) if wanted.tag else found, ways(wanted.search)
    return found, [same(tagged)] if wanted.tag else []


def order_list(wanted: OrderFilter, cursor: str = "", limit: int = 50) -> Page[OrderRow]:
    """Newest first, by keyset; two queries, with a tag four, with a text up to five."""
    return _list(*_find(wanted), cursor, limit)


def orders_counted(wanted: OrderFilter, cursor: str = "", limit: int = 50) -> tuple[Page[OrderRow], int]:
    """A page of the list, in one query more how many there are in all, counted up to the cap."""
    found = _find(wanted)
    return _list(*found, cursor, limit), _count(*found)


def count_orders(wanted: OrderFilter) -> int:
    """How many, counted up to the cap."""
    return _count(*_find(wanted))


def matching(wanted: OrderFilter) -> QuerySet[Order]:
    """The orders that ``wanted`` describes, to be asked about by a room downstream that has few at hand."""
    within, found_by = _find(wanted)
    return within.filter(meant(found_by)) if found_by else within


def order_rows(keys: Sequence[UUID]) -> list[OrderRow]:
    """The orders of ``keys``, in this order; two queries."""
    found = Order.objects.filter(pk__in=keys).select_related("channel").in_bulk()
    held = open_holds(list(keys))
    return [_row(found[key], held.get(key, ())) for key in keys if key in found]


def _count(within: QuerySet[Order], found_by: list[Way]) -> int:
    return counted(within, found_by, COUNT_CAP) if found_by else within.order_by()[:COUNT_CAP].count()


def _list(within: QuerySet[Order], found_by: list[Way], cursor: str, limit: int) -> Page[OrderRow]:
    found = _before(within, cursor)
    if found_by:
        found = Order.objects.filter(
            pk__in=newest(found, _before(Order.objects.all(), cursor), found_by, "placed_at", limit + 1)
        )
    orders = list(found.select_related("channel").order_by("-placed_at", "-id")[: limit + 1])
    held = open_holds([o.id for o in orders])
    return cut([_row(o, held.get(o.id, ())) for o in orders], limit, lambda row: (row.placed_at, row.id))


def _before(found: QuerySet[Order], cursor: str) -> QuerySet[Order]:
    if not cursor:
        return found
    at, key = decode_instant(cursor)
    return found.filter(Q(placed_at__lt=at) | Q(placed_at=at, id__lt=key), placed_at__lte=at)


def open_holds(orders: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The kinds of open holds by order; one query."""
    held: dict[UUID, list[str]] = {}
    rows = Hold.objects.filter(order__in=orders, released_at=None).order_by("placed_at")
    for order, kind in rows.values_list("order_id", "kind"):
        if kind not in held.setdefault(order, []):
            held[order].append(kind)
    return {order: tuple(kinds) for order, kinds in held.items()}


def held_since(orders: list[UUID], kind: str) -> dict[UUID, datetime]:
    """Since when each of ``orders`` is held for ``kind``; one query, none for no orders."""
    if not orders:
        return {}
    rows = Hold.objects.filter(order__in=orders, released_at=None, kind=kind).order_by("-placed_at")
    return dict(rows.values_list("order_id", "placed_at"))


def count_by_hold(also: tuple[Q, ...] = ()) -> dict[str, int]:
    """Open orders on hold, by kind of hold; an order with two kinds counts for both. ``also`` as in a filter."""
    held = Hold.objects.filter(released_at=None)
    if also:
        held = held.filter(order__in=Order.objects.filter(*also))
    rows = held.values("kind").annotate(orders=Count("order", distinct=True))
    return {row["kind"]: row["orders"] for row in rows}


def owed(order: Order) -> int:
    """Minor units that are to be paid back: received and kept beyond what the order costs after cancellations."""
    due = order.total_minor - order.cancelled_minor
    return refund_due(order.captured_minor, order.refunded_minor, due)


def _row(o: Order, holds: tuple[str, ...]) -> OrderRow:
    return OrderRow(
        id=o.id, number=o.number, external_id=o.external_id, channel=o.channel.name, placed_at=o.placed_at,
        name=o.name, country=o.country, total_minor=o.total_minor, owed_minor=owed(o), currency=o.currency,
        units=o.units, units_backordered=o.units_backordered, lifecycle=o.lifecycle, payment=o.payment_status,
        fulfillment=o.fulfillment_status, delivery=o.delivery_status, tags=tuple(o.tags), holds=holds,
        invented=o.invented,
    )  # fmt: skip
