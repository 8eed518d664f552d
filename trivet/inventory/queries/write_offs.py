"""What one person has written off of late, and what a unit costs us."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from trivet.catalog.models import UnitCost
from trivet.inventory.models import StockEntry
from trivet.inventory.rules import Cost

OF_LATE = timedelta(hours=24)
"""Write-offs of a SKU at a place within this time are judged together, however they are cut up."""


def written_off(
    keys: Collection[tuple[UUID, UUID]], person: str, now: datetime
) -> dict[tuple[UUID, UUID], int]:
    """Units by level (variant, location) that ``person`` took off alone; one query.

    By counts, adjustments and sales over a counter. What a second person has approved and what left in a
    shipment does not count. What a request that began later has written meanwhile does.
    """
    found = StockEntry.objects.filter(
        variant__in={v for v, _ in keys}, location__in={p for _, p in keys}, at__gt=now - OF_LATE,
        kind__in=["adjust", "count", "ship"], on_hand__lt=0, person=person,
    ).exclude(cause_kind__in=["adjustment", "shipment"])  # fmt: skip
    rows = found.values_list("variant_id", "location_id").annotate(units=Sum("on_hand"))
    return {(variant, location): -units for variant, location, units in rows}


def unit_costs(variants: Collection[UUID], now: datetime) -> dict[UUID, Cost]:
    """What a unit costs today, where that is known; one query."""
    found = UnitCost.objects.filter(variant__in=variants, valid_from__lte=now.astimezone(UTC).date())
    latest = found.order_by("variant", "-valid_from").distinct("variant")
    return {c.variant_id: Cost(c.minor, c.currency) for c in latest}
