"""What a file holds beside orders: raw rows kept for the returns, and movements of stock, each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from trivet.catalog.queries import variants_on
from trivet.company.queries import ChannelRow, PlaceRow
from trivet.flows import queue
from trivet.flows.imports.levels import apply_changes
from trivet.flows.story import story
from trivet.inventory.queries.spots import Spot
from trivet.journal.actions.receipts import Arrival, Known, keep_new, look_up
from trivet.journal.actions.receipts import keep as store
from trivet.journal.rules import Actor, raw_source
from trivet.orders.rules.value import StockMode
from trivet.partners.files.verdicts import Kept, Mapped, Movement

_MOVES = "uci.stock_adjustment"


@dataclass(slots=True)
class Outcome:
    """How many receipts were created, unchanged, in conflict (and which, as :func:`named`); how many movements applied;
    variants that gained.
    """

    kept: Counter[str] = field(default_factory=Counter)
    adjustments: Counter[str] = field(default_factory=Counter)
    gained: set[UUID] = field(default_factory=set)
    conflicts: set[str] = field(default_factory=set)

    def count(self, kept: Sequence[Kept], outcomes: Sequence[str]) -> None:
        """Count what became of each of ``kept``."""
        self.kept.update(outcomes)
        self.conflicts |= {named(k) for k, told in zip(kept, outcomes, strict=True) if told == "conflict"}


def named(kept: Kept) -> str:
    """What names kept rows within their channel."""
    return f"{kept.key}#{kept.kind}"


@story
def keep(
    kept: Sequence[Kept], movements: Sequence[Movement], channel: ChannelRow, place: PlaceRow | None, run: UUID,
    *, by: Actor, now: datetime,
) -> Outcome:  # fmt: skip
    """Store what is kept, and apply the movements of stock that are new at ``place`` (None: only keep them).

    One transaction: a movement is applied exactly when its receipt is stored. What was kept without touching stock
    stays so. Whoever waits for what comes in is served in it too.
    """
    outcome = Outcome()
    gaining = {m.sku for m in movements if m.quantity > 0} if place is not None else set()
    waiting = queue.front(v.id for v in variants_on(channel.id, gaining).values())
    apart = [k for k in kept if k.kind != _MOVES or place is None]
    outcome.count(apart, keep_new(_arrivals(apart, channel.slug), at=now, state="kept"))
    moving = [k for k in kept if k.kind == _MOVES]
    if place is not None and moving:
        outcomes = keep_new(_arrivals(moving, channel.slug), at=now, state="applied")
        outcome.count(moving, outcomes)
        fresh = {k.key for k, told in zip(moving, outcomes, strict=True) if told == "created"}
        changes = _changes([m for m in movements if m.key in fresh], channel, place, outcome)
        if changes:
            apply_changes(changes, cause=("import", run), by=by, now=now)
            queue.serve(waiting, {}, by=by, now=now)
    return outcome


def kept_before(kept: Sequence[Kept], channel: str, told: Known) -> Outcome:
    """What :func:`keep` would do, without doing it; ``told`` gathers what it was asked before."""
    outcome = Outcome()
    outcome.count(kept, look_up(_arrivals(kept, channel), told))
    return outcome


@story
def keep_turned_down(found: Sequence[Mapped], channel: str, mode: StockMode, *, now: datetime) -> None:
    """Keep the rows of orders that the mapper turned down, with how they were to be placed; the same rows once."""
    arrivals = [
        Arrival(
            raw_source(channel), mapped.key, mapped.mapper,
            {**(mapped.raw or {}), "numbers": [v.row for v in mapped.verdicts], "stock": mode},
        )
        for mapped in found
    ]  # fmt: skip
    store(arrivals, at=now, state="dead")


def _arrivals(kept: Sequence[Kept], channel: str) -> list[Arrival]:
    return [Arrival(f"file:{channel}", named(k), k.kind, k.payload, k.content) for k in kept]


def _changes(
    movements: Sequence[Movement], channel: ChannelRow, place: PlaceRow, outcome: Outcome
) -> list[tuple[Spot, int, str]]:
    known = variants_on(channel.id, {m.sku for m in movements})
    changes = []
    for move in movements:
        variant = known.get(move.sku)
        if variant is None or variant.is_bundle:
            outcome.adjustments["unknown_sku"] += 1
            continue
        outcome.adjustments["applied"] += 1
        if move.quantity > 0:
            outcome.gained.add(variant.id)
        changes.append((Spot(variant.id, place.id, variant.sku, place.code), move.quantity, move.reason))
    return changes
