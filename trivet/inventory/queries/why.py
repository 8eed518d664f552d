"""Why is this 47? The counters of one level as sums of its ledger, now or as of any instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Sum

from trivet.inventory.models import StockEntry, StockLevel
from trivet.inventory.rules import ATP, COUNTERS, Delta, Level


@dataclass(frozen=True, slots=True)
class Term:
    """All entries of one kind: what they add to each counter."""

    kind: str
    times: int
    delta: Delta
    last_at: datetime

    @property
    def available(self) -> int:
        """Units added to what may be promised."""
        return Level().after(self.delta).available

    @property
    def terms(self) -> tuple[tuple[str, int], ...]:
        """(counter, units added) for each term of what may be promised."""
        return tuple((name, getattr(self.delta, name)) for name in ATP)


@dataclass(frozen=True, slots=True)
class Why:
    """The level as the ledger tells it; ``agrees`` compares with the counters, None for the past."""

    rows: tuple[Term, ...]
    level: Level
    agrees: bool | None

    @property
    def terms(self) -> tuple[tuple[str, int], ...]:
        """(counter, units) for each term of what may be promised."""
        return tuple((name, getattr(self.level, name)) for name in ATP)


def why(variant: UUID, location: UUID, at: datetime | None = None) -> Why:
    """The level rebuilt from its ledger up to and including ``at`` (now when None); two queries, one for the past."""
    found = StockEntry.objects.filter(variant=variant, location=location)
    if at is not None:
        found = found.filter(at__lte=at)
    sums = {name: Sum(name) for name in COUNTERS}
    rows = found.values("kind").annotate(
        n=Count("id"), last=Max("at"), **{f"sum_{k}": v for k, v in sums.items()}
    )
    columns = ("kind", "n", "last", *(f"sum_{name}" for name in COUNTERS))
    terms = tuple(
        Term(kind, n, Delta(*counters), last)
        for kind, n, last, *counters in rows.order_by("last").values_list(*columns)
    )
    level = Level(*(sum(getattr(t.delta, name) for t in terms) for name in COUNTERS))
    if at is not None:
        return Why(terms, level, None)
    stored = StockLevel.objects.filter(variant=variant, location=location).values_list(*COUNTERS).first()
    return Why(terms, level, Level(*(stored or (0,) * len(COUNTERS))) == level)
