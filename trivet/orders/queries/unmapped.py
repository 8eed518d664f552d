"""What channels sell in open orders and nobody has mapped yet: SKUs, and titles of lines without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from trivet.lib.cursor import COUNT_CAP, Page, cut, decode_as, instant
from trivet.orders.models import OrderLine


@dataclass(frozen=True, slots=True)
class UnmappedRow:
    """One unknown SKU of one channel, or title where ``sku`` is empty, and what waits for it."""

    channel: UUID
    channel_slug: str
    channel_name: str
    key: str
    sku: str
    title: str
    lines: int
    units: int
    since: datetime
    an_order: int


def unmapped(limit: int = 200) -> list[UnmappedRow]:
    """The first of what waits for a mapping, oldest first; one query."""
    return unmapped_page(limit=limit).rows


def unmapped_page(cursor: str = "", limit: int = 50) -> Page[UnmappedRow]:
    """What waits for a mapping, oldest first, by keyset; one query."""
    found = _told()
    if cursor:
        at, channel, key = decode_as(cursor, instant, UUID, str)
        same = Q(since=at)
        found = found.filter(
            Q(since__gt=at)
            | same & Q(order__channel_id__gt=channel)
            | same & Q(order__channel_id=channel, waits_for__gt=key)
        )
    rows = _rows(found.order_by("since", "order__channel_id", "waits_for")[: limit + 1])
    return cut(rows, limit, lambda row: (row.since, row.channel, row.key))


def _told() -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = _codes().annotate(
        sku=Max("sku"), title=Max("title"), units=Sum("quantity"), since=Min("order__placed_at"),
        an_order=Min("order__number"),
    )  # fmt: skip
    return found


def _rows(found: QuerySet[Any, Any]) -> list[UnmappedRow]:
    return [
        UnmappedRow(
            r["order__channel_id"], r["order__channel__slug"], r["order__channel__name"], r["waits_for"] or "",
            r["sku"], r["title"], r["lines"], r["units"], r["since"], r["an_order"],
        )
        for r in found
    ]  # fmt: skip


def count_unmapped() -> int:
    """How many codes wait for a mapping, counted up to the cap; one query."""
    return _codes()[:COUNT_CAP].count()


def _codes() -> QuerySet[Any, Any]:
    waiting = OrderLine.objects.filter(
        variant=None, order__tracked=True, order__lifecycle__in=["draft", "open"], cancelled__lt=F("quantity")
    )
    return (
        waiting.order_by()
        .values("order__channel_id", "order__channel__slug", "order__channel__name", "waits_for")
        .annotate(lines=Count("id"))
    )


def orders_waiting_for(channel: UUID, key: str, limit: int) -> list[UUID]:
    """Living orders of a channel with lines that wait for what ``key`` means, oldest first; one query."""
    found = (
        _waiting(channel, key)
        .values("order")
        .annotate(since=Min("order__placed_at"))
        .order_by("since", "order")
    )
    return [row["order"] for row in found[:limit]]


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order that waits for a mapping; ``units`` are those of the lines that wait."""

    number: int
    name: str
    placed_at: datetime
    units: int


def waiting_for(channel: UUID, key: str, limit: int) -> list[WaitingOrder]:
    """Open orders of a channel that wait for what ``key`` means, oldest first; one query."""
    left = Sum(F("quantity") - F("cancelled"))
    rows = (
        _waiting(channel, key)
        .values_list("order__number", "order__name", "order__placed_at")
        .annotate(left=left)
        .order_by("order__placed_at", "order__number")
    )
    return [WaitingOrder(*row) for row in rows[:limit]]


def total_waiting(channel: UUID, key: str) -> tuple[int, int]:
    """(orders, units) that wait for what ``key`` means; one query."""
    found = _waiting(channel, key).aggregate(
        orders=Count("order", distinct=True), units=Sum(F("quantity") - F("cancelled"))
    )
    return found["orders"], found["units"] or 0


def _waiting(channel: UUID, key: str) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        variant=None, waits_for=key, order__channel=channel, order__tracked=True, order__lifecycle="open",
        cancelled__lt=F("quantity"),
    )  # fmt: skip


def codes_of(orders: Sequence[UUID]) -> dict[UUID, UnmappedRow]:
    """What each of ``orders`` waits for first, aged as in the list of codes; two queries, none for no orders."""
    if not orders:
        return {}
    lines = OrderLine.objects.filter(order__in=orders, variant=None, cancelled__lt=F("quantity"))
    first: dict[UUID, tuple[UUID, str]] = {}
    for order, channel, key in lines.order_by("-position").values_list(
        "order_id", "order__channel_id", "waits_for"
    ):
        first[order] = (channel, key or "")
    keys = {key for _, key in first.values()}
    rows = {(row.channel, row.key): row for row in _rows(_told().filter(waits_for__in=keys))} if keys else {}
    return {order: rows[code] for order, code in first.items() if code in rows}


def lines_waiting_for(orders: Sequence[UUID], key: str) -> dict[UUID, list[UUID]]:
    """The lines of ``orders`` that wait for what ``key`` means, by order; one query."""
    waiting = OrderLine.objects.filter(
        variant=None, waits_for=key, order__in=orders, order__lifecycle="open", cancelled__lt=F("quantity")
    )
    found: dict[UUID, list[UUID]] = {}
    for line, order in waiting.order_by("order", "position").values_list("id", "order_id"):
        found.setdefault(order, []).append(line)
    return found


def still_unmapped(orders: Sequence[UUID]) -> set[UUID]:
    """Which of ``orders`` have lines that wait for a mapping yet; one query."""
    waiting = OrderLine.objects.filter(order__in=orders, variant=None, cancelled__lt=F("quantity"))
    return set(waiting.values_list("order_id", flat=True))
