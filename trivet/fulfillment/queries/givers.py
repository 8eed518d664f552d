"""Units that an order waiting longer may have: promised to later orders, and not begun to be picked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from trivet.fulfillment.models import FulfillmentOrder
from trivet.fulfillment.queries.untouched import UNTOUCHED
from trivet.inventory.models import Allocation
from trivet.orders.models import LineComponent, Order

MOST = 200
"""Allocations that are looked at, of the latest orders."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Units of an allocation that its order would have to wait for."""

    allocation: UUID
    order: UUID
    number: int
    channel: UUID
    line: UUID
    sku: str
    variant: UUID
    location: UUID
    quantity: int


def offers(order: Order, variants: Collection[UUID]) -> list[Offer]:
    """What orders placed after ``order`` hold of ``variants``, the latest first; one query.

    Only orders that wait for the rest (``backorder``) give: not those that ship together, are collected, have been
    begun, or hold the units in a bundle.
    """
    begun = FulfillmentOrder.objects.filter(order=OuterRef("order")).exclude(
        state__in=[*UNTOUCHED, "cancelled"]
    )
    later = Q(order__placed_at__gt=order.placed_at) | Q(
        order__placed_at=order.placed_at, order__id__gt=order.id
    )
    found = Allocation.objects.filter(
        later, ~Exists(begun), ~Exists(LineComponent.objects.filter(line=OuterRef("line"))), variant__in=variants,
        quantity__gt=0, order__lifecycle="open", order__tracked=True, order__on_shortage="backorder",
        order__ship_together=False, order__pickup_location=None, order__units_in_progress=0,
    ).select_related("order", "line")  # fmt: skip
    return [
        Offer(
            a.id, a.order_id, a.order.number, a.order.channel_id, a.line_id, a.line.sku, a.variant_id, a.location_id,
            a.quantity,
        )
        for a in found.order_by("-order__placed_at", "-order__id", "id")[:MOST]
    ]  # fmt: skip
