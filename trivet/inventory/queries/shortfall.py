"""Who is hit when a level holds fewer units than are promised from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trivet.inventory.models import Allocation, StockLevel


@dataclass(frozen=True, slots=True)
class Hit:
    """An order that holds units which are not there; ``units`` of the shortage fall on it."""

    order: UUID
    number: int
    placed_at: datetime
    units: int


NAMED = 100
"""Orders that a case names at most."""


@dataclass(frozen=True, slots=True)
class Short:
    """A level in shortage and the orders that bear it: the latest placed first, until it is covered or
    :data:`NAMED` are named."""

    variant: UUID
    location: UUID
    sku: str
    place: str
    shortfall: int
    hit: tuple[Hit, ...]


def short_levels(keys: Iterable[tuple[UUID, UUID]] | None = None) -> list[Short]:
    """Levels (variant, location) among ``keys``, or all, that are short; one query and one a short level."""
    found = StockLevel.objects.filter(shortfall__gt=0).select_related("variant", "location")
    if keys is not None:
        wanted = set(keys)
        rows = [
            row
            for row in found.filter(variant__in={v for v, _ in wanted})
            if (row.variant_id, row.location_id) in wanted
        ]
    else:
        rows = list(found)
    return [
        Short(
            row.variant_id, row.location_id, row.variant.sku, row.location.code, row.shortfall,
            _hit(row.variant_id, row.location_id, row.shortfall),
        )
        for row in rows
    ]  # fmt: skip


def _hit(variant: UUID, location: UUID, shortfall: int) -> tuple[Hit, ...]:
    found: dict[UUID, Hit] = {}
    held = Allocation.objects.filter(variant=variant, location=location, quantity__gt=0)
    rows = held.order_by("-order__placed_at", "-order_id", "id").values_list(
        "order_id", "order__number", "order__placed_at", "quantity"
    )
    left = shortfall
    for order, number, placed_at, quantity in rows[: min(shortfall, 2 * NAMED)]:
        if left <= 0 or (len(found) == NAMED and order not in found):
            break
        units = min(left, quantity)
        left -= units
        before = found[order].units if order in found else 0
        found[order] = Hit(order, number, placed_at, before + units)
    return tuple(found.values())
