"""What is late, most late first, and since when: by the fulfillment order that should have left earliest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from trivet.fulfillment.models import FulfillmentOrder
from trivet.fulfillment.queries.desk import Work, late
from trivet.lib.cursor import Page, cut, decode_instant
from trivet.orders.queries.desk import OrderFilter, OrderRow, matching, order_rows


@dataclass(frozen=True, slots=True)
class Late:
    """Since when an order is late, and the state of what should have left: to be picked, or being picked."""

    since: datetime
    state: str


def late_list(
    wanted: OrderFilter, now: datetime, place: str = "", cursor: str = "", limit: int = 50
) -> Page[OrderRow]:  # fmt: skip
    """Orders of ``wanted`` that are late (at ``place``, where it is named), most late first; three queries.

    The index of what is late is walked from its start, so that a page costs what it shows however many wait behind.
    """
    work = late(now)
    found = _first(Work(work.states, work.since, work.until, place)).filter(order__in=matching(wanted))
    if cursor:
        at, key = decode_instant(cursor)
        found = found.filter(Q(dispatch_by__gt=at) | Q(dispatch_by=at, order__gt=key), dispatch_by__gte=at)
    keys = list(found.order_by("dispatch_by", "order").values_list("dispatch_by", "order_id")[: limit + 1])
    page = cut(keys, limit, lambda key: key)
    return Page(order_rows([key for _, key in page.rows]), page.next_cursor)


def late_since(orders: Sequence[UUID], now: datetime) -> dict[UUID, Late]:
    """Which of ``orders`` are late, and since when; one query."""
    found = FulfillmentOrder.objects.filter(late(now).q(), order__in=orders).order_by(
        "-dispatch_by", "-sequence"
    )
    rows = found.values_list("order_id", "dispatch_by", "state")
    return {order: Late(at, state) for order, at, state in rows if at is not None}


def _first(work: Work) -> QuerySet[FulfillmentOrder]:
    """Of each order that has such work the one that should leave first, so that the order comes once."""
    before = FulfillmentOrder.objects.filter(work.q(), order=OuterRef("order")).filter(
        Q(dispatch_by__lt=OuterRef("dispatch_by"))
        | Q(dispatch_by=OuterRef("dispatch_by"), sequence__lt=OuterRef("sequence"))
    )
    return FulfillmentOrder.objects.filter(work.q(), ~Exists(before))
