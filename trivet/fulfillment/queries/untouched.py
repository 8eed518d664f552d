"""Orders whose work nobody has begun, and where their units are: what allocation over all orders may move."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Subquery

from trivet.fulfillment.models import FulfillmentOrder
from trivet.fulfillment.rules import FULFILLMENT_ORDER
from trivet.inventory.models import Allocation
from trivet.orders.models import LineComponent, Order, OrderLine
from trivet.routing.models import BY_RULE, RoutingDecision

UNTOUCHED = FULFILLMENT_ORDER.sources("cancel")
"""States in which nobody has begun to pick."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A living allocation: units of a component at a place for a line."""

    id: UUID
    order: UUID
    line: UUID
    variant: UUID
    location: UUID
    quantity: int


def untouched_orders() -> list[Order]:
    """Open orders that have all their units, of which nobody has begun any, oldest first; one query.

    Orders that are collected, and those that a person has put to a place (the latest decision is not the rules' own),
    stay where they are; so do orders that wait for part of their goods, whose rest is planned around what they have.
    """
    begun = FulfillmentOrder.objects.filter(order=OuterRef("pk")).exclude(state__in=[*UNTOUCHED, "cancelled"])
    latest = RoutingDecision.objects.filter(order=OuterRef("pk")).order_by("-at", "-id").values("cause")[:1]
    found = Order.objects.filter(
        ~Exists(begun), lifecycle="open", tracked=True, pickup_location=None, units_in_progress=0, units_shipped=0,
        units_backordered=0, units_allocated__gt=0, units=F("units_cancelled") + F("units_allocated"),
    ).annotate(decided=Subquery(latest))  # fmt: skip
    return list(found.filter(decided__in=BY_RULE).order_by("placed_at", "id"))


def pieces(orders: Collection[UUID]) -> dict[UUID, list[Piece]]:
    """The living allocations of orders; one query."""
    found: dict[UUID, list[Piece]] = {}
    rows = Allocation.objects.filter(order__in=orders, quantity__gt=0).order_by("id")
    for row in rows.values_list("id", "order_id", "line_id", "variant_id", "location_id", "quantity"):
        found.setdefault(row[1], []).append(Piece(*row))
    return found


def lines(orders: Collection[UUID]) -> tuple[dict[UUID, list[OrderLine]], dict[UUID, dict[UUID, int]]]:
    """Their lines that have units, by order and in order; and what each line of a bundle holds. Two queries."""
    found: dict[UUID, list[OrderLine]] = {}
    for line in OrderLine.objects.filter(order__in=orders, allocated__gt=0).order_by("order", "position"):
        found.setdefault(line.order_id, []).append(line)
    parts: dict[UUID, dict[UUID, int]] = {}
    held = LineComponent.objects.filter(line__order__in=orders).order_by("variant_id")
    for line_id, variant, quantity in held.values_list("line_id", "variant_id", "quantity"):
        parts.setdefault(line_id, {})[variant] = quantity
    return found, parts


def dispatches(orders: Collection[UUID], places: Collection[UUID]) -> dict[UUID, dict[UUID, datetime]]:
    """By order, when what is not begun leaves those of ``places`` that have some; one query, none for no places."""
    found: dict[UUID, dict[UUID, datetime]] = {}
    if not places:
        return found
    rows = FulfillmentOrder.objects.filter(
        order__in=orders, location__in=places, state__in=UNTOUCHED, dispatch_by__isnull=False
    )
    for order, place, leaves in rows.values_list("order_id", "location_id", "dispatch_by"):
        if leaves is not None:
            found.setdefault(order, {})[place] = leaves
    return found


def begun_orders(orders: Collection[UUID]) -> set[UUID]:
    """Those of ``orders`` of which somebody has begun or finished some; one query."""
    rows = FulfillmentOrder.objects.filter(order__in=orders).exclude(state__in=[*UNTOUCHED, "cancelled"])
    return set(rows.values_list("order_id", flat=True))
