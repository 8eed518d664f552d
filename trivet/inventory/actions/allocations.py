"""Hard promises of single orders: made beyond intake (backorders), given back (cancellations). Bulk verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from trivet.inventory.actions.levels import Key, Move, move
from trivet.inventory.models import Allocation
from trivet.inventory.rules import Delta, Level
from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict
from trivet.lib.ids import new_id


@dataclass(frozen=True, slots=True)
class NewAllocation:
    """Units of a component at a place for an order line; ``id`` is its key."""

    id: UUID
    order: UUID
    line: UUID
    variant: UUID
    location: UUID
    quantity: int


def allocation(order: UUID, line: UUID, key: Key, quantity: int) -> NewAllocation:
    """A new allocation with a fresh key."""
    return NewAllocation(new_id(), order, line, key[0], key[1], quantity)


def allocate(new: Sequence[NewAllocation], *, by: Actor, now: datetime) -> dict[Key, Level]:
    """Promise units on locked levels; the changed levels. :class:`~trivet.lib.errors.OutOfStock` when not covered."""
    Allocation.objects.bulk_create(
        Allocation(
            id=a.id, order_id=a.order, line_id=a.line, variant_id=a.variant, location_id=a.location,
            quantity=a.quantity, created_at=now,
        )
        for a in new
    )  # fmt: skip
    moves = [
        Move((a.variant, a.location), "allocate", Delta(allocated=a.quantity), ("order", a.order))
        for a in new
    ]
    return move(moves, by=by, at=now)


def release(order: UUID, units: Mapping[UUID, int], *, by: Actor, now: datetime) -> dict[Key, Level]:
    """Give back ``units`` by allocation of one locked order, on locked levels; the changed levels."""
    moves = []
    for found in Allocation.objects.filter(id__in=units, order=order).order_by("id"):
        n = units[found.id]
        if not Allocation.objects.filter(id=found.id, quantity__gte=n).update(quantity=F("quantity") - n):
            raise Conflict("the units are no longer allocated")
        key = (found.variant_id, found.location_id)
        moves.append(Move(key, "release", Delta(allocated=-n), ("order", order)))
    return move(moves, by=by, at=now)
