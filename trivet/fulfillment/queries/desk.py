"""Fulfillment orders as the desk shows them, and conditions on orders that only this room can tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from trivet.fulfillment.models import FulfillmentOrder, FulfillmentOrderLine

WORKING = ("scheduled", "open", "on_hold", "in_progress")


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """Units of one SKU that a place ships for one order line."""

    line: UUID
    variant: UUID
    sku: str
    title: str
    quantity: int
    cancelled: int

    @property
    def left(self) -> int:
        """Units still to ship from here."""
        return self.quantity - self.cancelled


@dataclass(frozen=True, slots=True)
class FulfillmentOrderView:
    """What one place ships of an order."""

    id: UUID
    sequence: int
    location: str
    location_code: str
    method: str
    state: str
    fulfill_at: datetime | None
    dispatch_by: datetime | None
    units: int
    created_at: datetime
    lines: tuple[PlannedLine, ...]

    def late(self, now: datetime) -> bool:
        """Whether it should have left by now."""
        return self.state in WORKING and self.dispatch_by is not None and self.dispatch_by < now


def fulfillment_orders(order: UUID) -> list[FulfillmentOrderView]:
    """Those of one order, in sequence; two queries."""
    lines: dict[UUID, list[PlannedLine]] = {}
    planned = FulfillmentOrderLine.objects.filter(fulfillment_order__order=order).select_related("variant")
    for p in planned.order_by("line__position", "variant__sku"):
        view = PlannedLine(p.line_id, p.variant_id, p.variant.sku, p.variant.title, p.quantity, p.cancelled)
        lines.setdefault(p.fulfillment_order_id, []).append(view)
    found = FulfillmentOrder.objects.filter(order=order).select_related("location").order_by("sequence")
    return [
        FulfillmentOrderView(
            f.id, f.sequence, f.location.name, f.location.code, f.method, f.state, f.fulfill_at, f.dispatch_by,
            f.units, f.created_at, tuple(lines.get(f.id, ())),
        )
        for f in found
    ]  # fmt: skip


def ships_from(location_code: str) -> Q:
    """Condition on orders: this place has work for them."""
    work = FulfillmentOrder.objects.filter(
        order=OuterRef("pk"), location__code=location_code, state__in=WORKING
    )
    return Q(Exists(work))


def is_late(now: datetime) -> Q:
    """Condition on orders: something should have left before ``now`` and did not."""
    work = FulfillmentOrder.objects.filter(order=OuterRef("pk"), dispatch_by__lt=now, state__in=WORKING)
    return Q(Exists(work))
