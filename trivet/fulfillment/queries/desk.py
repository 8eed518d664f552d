"""Fulfillment orders as the desk shows them, and conditions on orders that only this room can tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from trivet.fulfillment.models import FulfillmentOrder, FulfillmentOrderLine
from trivet.staff.rules import Places

WORKING = ("scheduled", "open", "on_hold", "in_progress")
FREE = ("open", "in_progress")
"""What could leave: neither held nor waiting for its day."""
DUE_WITHIN = timedelta(hours=24)


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


@dataclass(frozen=True, slots=True)
class Work:
    """Which fulfillment orders: in what ``states``, to leave from when until when (half open), at which place."""

    states: tuple[str, ...] = WORKING
    since: datetime | None = None
    until: datetime | None = None
    place: str = ""

    def q(self) -> Q:
        """The condition on fulfillment orders."""
        found = Q(state__in=self.states)
        if self.since is not None:
            found &= Q(dispatch_by__gte=self.since)
        if self.until is not None:
            found &= Q(dispatch_by__lt=self.until)
        return found & Q(location__code=self.place) if self.place else found


def has(work: Work) -> Q:
    """Condition on orders: some fulfillment order of theirs is such."""
    return Q(Exists(FulfillmentOrder.objects.filter(work.q(), order=OuterRef("pk"))))


def late(now: datetime) -> Work:
    """What was free to leave, should have before ``now``, and did not. What is held or scheduled is not late yet."""
    return Work(states=FREE, until=now)


def due(now: datetime) -> Work:
    """What is free to leave and must, within :data:`DUE_WITHIN`."""
    return Work(states=FREE, since=now, until=now + DUE_WITHIN)


READY = Work(states=("open",))
HELD = Work(states=("on_hold",))


@dataclass(frozen=True, slots=True)
class PlaceWork:
    """Orders that one place has before it, by the same conditions as the lists behind the numbers."""

    code: str
    name: str
    ready: int
    held: int
    late: int
    due: int


def work_by_place(now: datetime, places: Places = None) -> list[PlaceWork]:
    """Unfinished work by place, counted in orders; one query. ``places`` bounds it for who is tied to some."""

    def orders(work: Work) -> Count:
        return Count("order", filter=work.q(), distinct=True)

    rows = (
        FulfillmentOrder.objects.filter(
            state__in=WORKING, **({} if places is None else {"location__in": places})
        )
        .values("location__code", "location__name")
        .annotate(ready=orders(READY), held=orders(HELD), late=orders(late(now)), due=orders(due(now)))
        .order_by("location__name")
    )
    return [
        PlaceWork(r["location__code"], r["location__name"], r["ready"], r["held"], r["late"], r["due"])
        for r in rows
    ]
