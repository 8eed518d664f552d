"""SKUs of open orders that nobody has mapped yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Min, Sum

from trivet.orders.models import OrderLine


@dataclass(frozen=True, slots=True)
class UnmappedRow:
    """One unknown code of one channel and what waits for it."""

    channel: UUID
    channel_slug: str
    channel_name: str
    sku: str
    title: str
    lines: int
    units: int
    since: datetime
    an_order: int


def unmapped(limit: int = 200) -> list[UnmappedRow]:
    """What waits for a mapping, oldest first; one query."""
    rows = (
        OrderLine.objects.filter(variant=None, order__tracked=True, order__lifecycle__in=["draft", "open"])
        .values("order__channel_id", "order__channel__slug", "order__channel__name", "sku")
        .annotate(
            title=Max("title"), lines=Count("id"), units=Sum("quantity"), since=Min("order__placed_at"),
            an_order=Min("order__number"),
        )
        .order_by("since")[:limit]
    )  # fmt: skip
    return [
        UnmappedRow(
            r["order__channel_id"], r["order__channel__slug"], r["order__channel__name"], r["sku"], r["title"],
            r["lines"], r["units"], r["since"], r["an_order"],
        )
        for r in rows
    ]  # fmt: skip
