"""Every counter rebuilt from the ledger, now or as of any past instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from trivet.inventory.models import StockEntry
from trivet.inventory.rules import COUNTERS, Level


def rebuild(at: datetime | None = None) -> Iterator[tuple[UUID, UUID, Level]]:
    """(variant, location, level) of all levels as sums of the entries up to and including ``at``; one query."""
    found = StockEntry.objects.all() if at is None else StockEntry.objects.filter(at__lte=at)
    sums = found.values("variant_id", "location_id").annotate(**{f"sum_{c}": Sum(c) for c in COUNTERS})
    columns = [f"sum_{c}" for c in COUNTERS]
    rows = sums.order_by("variant_id", "location_id").values_list("variant_id", "location_id", *columns)
    for variant, location, *counters in rows.iterator(chunk_size=5_000):
        yield variant, location, Level(*counters)
