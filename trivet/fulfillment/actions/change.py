"""Changing the fulfillment orders of one order that is locked. Bulk verbs of flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Max

from trivet.fulfillment.models import FulfillmentOrder, FulfillmentOrderLine
from trivet.fulfillment.rules import FULFILLMENT_ORDER
from trivet.journal.actions import record
from trivet.journal.rules import Actor

CHANGEABLE = ("scheduled", "open", "on_hold")
"""States in which nobody has begun to pick."""


@dataclass(frozen=True, slots=True)
class NewUnits:
    """Units of an allocation to be shipped."""

    allocation: UUID
    line: UUID
    variant: UUID
    quantity: int


def hold_work(order: UUID) -> int:
    """Stop what is not begun; how many fulfillment orders."""
    found = FulfillmentOrder.objects.filter(order=order, state__in=FULFILLMENT_ORDER.sources("hold"))
    return found.update(state=FULFILLMENT_ORDER.target("hold"))


def release_work(order: UUID, *, scheduled: bool) -> int:
    """Let what is held go on: to be picked, or waiting for its day; how many fulfillment orders."""
    found = FulfillmentOrder.objects.filter(order=order, state__in=FULFILLMENT_ORDER.sources("release"))
    return found.update(state="scheduled" if scheduled else FULFILLMENT_ORDER.target("release"))


def come_due(order: UUID) -> int:
    """Let what waited for its day be picked; how many fulfillment orders."""
    found = FulfillmentOrder.objects.filter(order=order, state__in=FULFILLMENT_ORDER.sources("come_due"))
    return found.update(state=FULFILLMENT_ORDER.target("come_due"))


def take_off(order: UUID, units: Mapping[UUID, int]) -> None:
    """Take ``units`` by allocation off the fulfillment orders that nobody has begun; empty ones stay."""
    lines = FulfillmentOrderLine.objects.filter(
        fulfillment_order__order=order, allocation__in=units, fulfillment_order__state__in=CHANGEABLE
    )
    for line in lines.order_by("id"):
        n = units[line.allocation_id]
        FulfillmentOrderLine.objects.filter(id=line.id).update(cancelled=F("cancelled") + n)
        FulfillmentOrder.objects.filter(id=line.fulfillment_order_id).update(units=F("units") - n)


def give_up_empty(order: UUID, *, by: Actor, now: datetime) -> list[UUID]:
    """Cancel the fulfillment orders that have nothing left to ship, and answer them."""
    empty = FulfillmentOrder.objects.filter(
        order=order, units=0, state__in=FULFILLMENT_ORDER.sources("cancel")
    )
    gone = list(empty.order_by("sequence"))
    for head in gone:
        FulfillmentOrder.objects.filter(id=head.id).update(state=FULFILLMENT_ORDER.target("cancel"))
        record(
            "fulfillment_order.cancelled", ("order", order), by=by, at=now, fulfillment_order=head.id,
            sequence=head.sequence,
        )  # fmt: skip
    return [head.id for head in gone]


def cut(order: UUID, units: Mapping[UUID, int], *, by: Actor, now: datetime) -> list[UUID]:
    """Take ``units`` by allocation off the fulfillment orders; those that became empty are cancelled and answered."""
    take_off(order, units)
    return give_up_empty(order, by=by, now=now)


def change_method(order: UUID, method: str) -> None:
    """Ship what is not begun by another method."""
    FulfillmentOrder.objects.filter(order=order, state__in=CHANGEABLE).update(method=method)


def reschedule(
    order: UUID, fulfill_at: datetime | None, *, scheduled: bool, dispatch: Mapping[UUID, datetime]
) -> None:
    """Let what is not begun wait for another day, or for none; ``dispatch`` is by when each place hands over."""
    mine = FulfillmentOrder.objects.filter(order=order, state__in=CHANGEABLE)
    mine.update(fulfill_at=fulfill_at)
    for place, at in dispatch.items():
        mine.filter(location=place).update(dispatch_by=at)
    move = "schedule" if scheduled else "come_due"
    mine.filter(state__in=FULFILLMENT_ORDER.sources(move)).update(state=FULFILLMENT_ORDER.target(move))


def add_units(
    order: UUID, location: UUID, new: Sequence[NewUnits], *, state: str, method: str, fulfill_at: datetime | None,
    dispatch_by: datetime | None, by: Actor, now: datetime,
) -> UUID:  # fmt: skip
    """Have a place ship more of an order: with its fulfillment order that nobody has begun, else a new one."""
    units = sum(n.quantity for n in new)
    head = (
        FulfillmentOrder.objects.filter(order=order, location=location, state__in=CHANGEABLE)
        .order_by("sequence")
        .first()
    )
    if head is None:
        last = FulfillmentOrder.objects.filter(order=order).aggregate(last=Max("sequence"))["last"]
        head = FulfillmentOrder.objects.create(
            order_id=order, location_id=location, sequence=(last or 0) + 1, method=method, state=state,
            fulfill_at=fulfill_at, dispatch_by=dispatch_by, units=units, created_at=now,
        )  # fmt: skip
        record(
            "fulfillment_order.opened", ("order", order), by=by, at=now, fulfillment_order=head.id,
            sequence=head.sequence, units=units,
        )  # fmt: skip
    else:
        FulfillmentOrder.objects.filter(id=head.id).update(units=F("units") + units)
    FulfillmentOrderLine.objects.bulk_create(
        FulfillmentOrderLine(
            fulfillment_order=head, allocation_id=n.allocation, line_id=n.line, variant_id=n.variant,
            quantity=n.quantity,
        )
        for n in new
    )  # fmt: skip
    return head.id
