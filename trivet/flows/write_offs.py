"""The two-person rule for write-offs (rows H9, C13). An adjustment above the limit waits; a count never does: it is a
fact, so what it wrote off comes to the exception desk, for a second person to look at and settle. So does a sale over
a counter that a person types in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from trivet.inventory.queries.spots import Spot
from trivet.inventory.queries.write_offs import unit_costs, written_off
from trivet.inventory.rules import ApprovalLimit, level_key
from trivet.journal.actions.exceptions import raise_exception
from trivet.journal.models import ExceptionItem
from trivet.journal.rules import Actor


def approval_limit() -> ApprovalLimit:
    """Up to what one person may write off or find alone, as set."""
    return ApprovalLimit(
        settings.ADJUST_LIMIT_MINOR, settings.ADJUST_LIMIT_UNITS, settings.ADJUST_LIMIT_CURRENCY
    )


def look_at(counts: Sequence[tuple[Spot, int]], *, by: Actor, now: datetime) -> None:
    """Bring facts (spot, units more or fewer) that wrote off too much for one person to the desk.

    In the transaction of the facts, which are in the ledger already.
    """
    fewer = [(spot, -change) for spot, change in counts if change < 0]
    if not fewer:
        return
    sums = written_off([spot.key for spot, _ in fewer], by.person, now)
    costs = unit_costs({spot.variant for spot, _ in fewer}, now)
    limit = approval_limit()
    for spot, units in fewer:
        if limit.exceeded(sums.get(spot.key, units), costs.get(spot.variant)):
            _raise(spot, units, sums.get(spot.key, units), by, now)


def _raise(spot: Spot, units: int, of_late: int, by: Actor, now: datetime) -> None:
    subject = level_key(*spot.key)
    known = ExceptionItem.objects.filter(kind="write_off", state="open", subject_id=subject).first()
    before = {} if known is None else known.facts
    total = before["written_off"] + units if before else of_late
    raise_exception(
        "write_off", ("stock_level", subject), f"{spot.sku} at {spot.place}: {total} units written off by one person",
        by=by, at=now, sku=spot.sku, location=spot.place, written_off=total,
        done_by=sorted({*before.get("done_by", ()), by.person}),
    )  # fmt: skip
