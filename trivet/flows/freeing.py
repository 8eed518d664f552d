"""Units of an order that are not to be sent any more: what they give back, and to whom. For cancellations and edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import F

from trivet.flows import hold
from trivet.fulfillment.actions.change import CHANGEABLE, cut
from trivet.fulfillment.models import FulfillmentOrderLine
from trivet.inventory.actions import allocations
from trivet.inventory.actions.levels import Key, lock
from trivet.inventory.actions.limits import give_back_backorders
from trivet.inventory.models import Allocation
from trivet.inventory.rules import Level
from trivet.journal.rules import Actor
from trivet.lib.errors import WrongState
from trivet.orders.actions.counters import LineDelta
from trivet.orders.actions.hold import release_kinds
from trivet.orders.models import LineComponent, Order, OrderLine
from trivet.orders.queries.waiting import short_units
from trivet.orders.rules.cancel import Cut


@dataclass
class Freed:
    """What the cut lines give back."""

    deltas: list[LineDelta] = field(default_factory=list)
    allocations: dict[UUID, int] = field(default_factory=dict)
    backorders: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    keys: set[Key] = field(default_factory=set)


def free(row: Order, lines: Sequence[OrderLine], cuts: Iterable[Cut]) -> Freed:
    """What ``cuts`` of a locked order give back; :class:`WrongState` where units are being picked."""
    freed = Freed()
    by_id = {line.id: line for line in lines}
    for one in cuts:
        line = by_id[one.line]
        idle = line.quantity - line.cancelled - line.shipped - line.allocated - line.backordered
        # Units without stock go first, then backorders, then what is promised.
        left = max(0, one.quantity - idle)
        later = min(left, line.backordered)
        promised = left - later
        if later and line.variant_id is not None:
            key = (line.variant_id, row.channel_id)
            freed.backorders[key] = freed.backorders.get(key, 0) + later
        if promised:
            _free_promised(line, promised, freed)
        freed.deltas.append(
            LineDelta(row.id, line.id, cancelled=one.quantity, allocated=-promised, backordered=-later)
        )
    return freed


def _free_promised(line: OrderLine, units: int, freed: Freed) -> None:
    per_unit = dict(LineComponent.objects.filter(line=line).values_list("variant_id", "quantity"))
    free = set(
        FulfillmentOrderLine.objects.filter(
            line=line, fulfillment_order__order=line.order_id, fulfillment_order__state__in=CHANGEABLE
        ).values_list("allocation_id", flat=True)
    )
    held: dict[UUID, list[Allocation]] = {}
    for found in Allocation.objects.filter(
        order=line.order_id, line=line, quantity__gt=0, id__in=free
    ).order_by("id"):
        held.setdefault(found.location_id, []).append(found)
    # The place with the fewest units first: it may then have nothing left to ship.
    for _, found_here in sorted(held.items(), key=lambda h: (sum(a.quantity for a in h[1]), h[0])):
        needed: dict[UUID, int] = {}
        for a in found_here:
            needed[a.variant_id] = needed.get(a.variant_id, 0) + a.quantity
        whole = min(n // per_unit.get(part, 1) for part, n in needed.items())
        take = min(units, whole)
        for part in needed:
            rest = take * per_unit.get(part, 1)
            for a in found_here:
                n = min(rest, a.quantity) if a.variant_id == part else 0
                if n:
                    freed.allocations[a.id] = n
                    freed.keys.add((a.variant_id, a.location_id))
                    rest -= n
        units -= take
        if not units:
            return
    raise WrongState("the units are being picked")


def release(row: Order, freed: Freed, *, by: Actor, now: datetime) -> dict[Key, Level]:
    """Give back what :func:`free` found; the changed levels. The lines' counters are moved by the caller."""
    lock(freed.keys)
    give_back_backorders(freed.backorders)
    levels = allocations.release(row.id, freed.allocations, by=by, now=now)
    cut(row.id, freed.allocations, by=by, now=now)
    return levels


def lift_holds(row: Order, *, by: Actor, now: datetime) -> None:
    """Lift the holds whose cause went with the units, and let work go on where none is left."""
    gone = set()
    if not OrderLine.objects.filter(order=row, variant=None, cancelled__lt=F("quantity")).exists():
        gone.add("mapping")
        if short_units(row) == 0:
            gone.add("stock")
    if gone and release_kinds(row, gone, by=by, now=now, why="the units were cancelled"):
        hold.go_on(row.id)
