"""What a customer has bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Max, Min, Sum

from trivet.orders.models import Order


@dataclass(frozen=True, slots=True)
class Spent:
    """Value of orders in one currency, less cancellations and refunds, in minor units."""

    currency: str
    minor: int
    orders: int


@dataclass(frozen=True, slots=True)
class CustomerTotals:
    """Orders of one person, all currencies side by side: they are never added up."""

    orders: int
    spent: tuple[Spent, ...]
    first_at: datetime | None
    last_at: datetime | None


NOTHING = CustomerTotals(0, (), None, None)


def customer_totals(*records: UUID | None) -> CustomerTotals:
    """Totals over the records of one person; one query, none for a guest."""
    known: Sequence[UUID] = [r for r in records if r is not None]
    if not known:
        return NOTHING
    rows = (
        Order.objects.filter(customer__in=known)
        .values("currency")
        .annotate(
            minor=Sum(F("total_minor") - F("cancelled_minor") - F("refunded_minor")), n=Count("id"),
            first=Min("placed_at"), last=Max("placed_at"),
        )
        .order_by("-minor")
    )  # fmt: skip
    found = list(rows)
    return CustomerTotals(
        orders=sum(r["n"] for r in found),
        spent=tuple(Spent(r["currency"], int(r["minor"]), r["n"]) for r in found),
        first_at=min((r["first"] for r in found), default=None),
        last_at=max((r["last"] for r in found), default=None),
    )


@dataclass(frozen=True, slots=True)
class UsedAddress:
    """An address that orders went to, and when last."""

    to: dict[str, str]
    last_used: datetime


_LATEST = 20


def addresses(records: Sequence[UUID], limit: int = 5) -> list[UsedAddress]:
    """Different addresses among a person's latest orders, newest first; one query."""
    found: dict[tuple[tuple[str, str], ...], UsedAddress] = {}
    rows = Order.objects.filter(customer__in=records).exclude(ship_to={}).order_by("-placed_at", "-id")
    for to, placed_at in rows.values_list("ship_to", "placed_at")[:_LATEST]:
        found.setdefault(tuple(sorted(to.items())), UsedAddress(to, placed_at))
    return list(found.values())[:limit]
