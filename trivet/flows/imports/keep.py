"""What a file holds beside orders: raw rows kept for the returns, and movements of stock, each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from trivet.catalog.queries import variants_on
from trivet.company.queries import ChannelRow
from trivet.flows.imports.levels import apply_changes
from trivet.flows.imports.report import Report
from trivet.journal.actions.receipts import Arrival, keep_new, look_up
from trivet.journal.rules import Actor
from trivet.partners.files.verdicts import Kept, Movement

_MOVES = "uci.stock_adjustment"


def keep(
    kept: Sequence[Kept], movements: Sequence[Movement], channel: ChannelRow, place: UUID | None, report: Report,
    run: UUID, *, by: Actor, now: datetime,
) -> None:  # fmt: skip
    """Store what is kept, and apply the movements of stock that are new at ``place`` (None: only keep them).

    One transaction: a movement is applied exactly when its receipt is stored. What was kept without touching stock
    stays so.
    """
    apart = [k for k in kept if k.kind != _MOVES or place is None]
    moving = [k for k in kept if k.kind == _MOVES and place is not None]
    with transaction.atomic(durable=True):
        report.kept.update(keep_new(_arrivals(apart, channel.slug), at=now, state="kept"))
        if moving and place is not None:
            outcomes = keep_new(_arrivals(moving, channel.slug), at=now, state="applied")
            report.kept.update(outcomes)
            fresh = {k.key for k, outcome in zip(moving, outcomes, strict=True) if outcome == "created"}
            _apply([m for m in movements if m.key in fresh], channel, place, report, run, by=by, now=now)


def kept_before(kept: Sequence[Kept], channel: str) -> Counter[str]:
    """What :func:`keep` would do, without doing it."""
    return Counter(look_up(_arrivals(kept, channel)))


def _arrivals(kept: Sequence[Kept], channel: str) -> list[Arrival]:
    return [Arrival(f"file:{channel}", f"{k.key}#{k.kind}", k.kind, k.payload) for k in kept]


def _apply(
    movements: Sequence[Movement], channel: ChannelRow, place: UUID, report: Report, run: UUID,
    *, by: Actor, now: datetime,
) -> None:  # fmt: skip
    known = variants_on(channel.id, {m.sku for m in movements})
    changes = []
    for move in movements:
        variant = known.get(move.sku)
        if variant is None or variant.is_bundle:
            report.adjustments["unknown_sku"] += 1
            continue
        report.adjustments["applied"] += 1
        changes.append(((variant.id, place), move.quantity, move.reason))
    if changes:
        apply_changes(changes, cause=("import", run), by=by, now=now)
