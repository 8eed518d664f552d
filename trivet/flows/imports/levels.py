"""Physical facts from files: counts and movements of many levels in one transaction, with what follows from them.

Both need an open transaction. Lines that wait for stock are served by the caller, in it or by :func:`feed` after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from trivet.flows import backorders, shortfall
from trivet.inventory.actions.levels import Key, Move, ensure, ensure_and_lock, lock, move, tell
from trivet.inventory.queries.spots import Spot
from trivet.inventory.rules import Delta
from trivet.journal.actions import record_many
from trivet.journal.rules import Actor, Fact

Cause = tuple[str, UUID]


def apply_changes(
    changes: Sequence[tuple[Spot, int, str]], *, cause: Cause, by: Actor, now: datetime
) -> None:
    """Add signed units to ``on_hand``, each change (spot, units, reason) with an entry and a fact of its own."""
    ensure_and_lock(spot.key for spot, _, _ in changes)
    _carry_out(
        [Move(spot.key, "adjust", Delta(on_hand=units), cause, reason) for spot, units, reason in changes],
        [_fact("stock.adjusted", spot, units, reason, by, now) for spot, units, reason in changes],
        by=by, now=now,
    )  # fmt: skip


def apply_counts(
    counts: Mapping[Spot, int], *, cause: Cause, by: Actor, now: datetime
) -> dict[Key, int | None]:
    """Set ``on_hand`` to what was counted; what it was before, None for a level that is new.

    The first count of a level opens it. The same count again changes nothing.
    """
    fresh = ensure(spot.key for spot in counts)
    # What was there is what the lock shows: a level that is made now may be another's work of this moment.
    before = {
        key: None if key in fresh else level.on_hand
        for key, level in lock(spot.key for spot in counts).items()
    }
    moves, facts = [], []
    for spot, counted in counts.items():
        was = before[spot.key]
        change = counted - (was or 0)
        if change:
            kind = "open" if was is None else "count"
            moves.append(Move(spot.key, kind, Delta(on_hand=change), cause, "count"))
            facts.append(_fact("stock.counted", spot, change, "count", by, now, counted=counted))
    _carry_out(moves, facts, by=by, now=now)
    return before


def feed(variants: Iterable[UUID], *, now: datetime) -> None:
    """Serve the lines that wait for these variants; outside any transaction."""
    gained = set(variants)
    if gained and backorders.anyone_waits(gained):
        backorders.fill_backorders(gained, now=now)


def _carry_out(moves: Sequence[Move], facts: Sequence[Fact], *, by: Actor, now: datetime) -> None:
    if not moves:
        return
    after = move(moves, by=by, at=now)
    record_many(facts)
    tell(after, by=by, at=now)
    shortfall.refresh(after, by=by, now=now)


def _fact(kind: str, spot: Spot, change: int, reason: str, by: Actor, now: datetime, **more: int) -> Fact:
    facts = {"sku": spot.sku, "location": spot.place, "change": change, "reason": reason, **more}
    return Fact(kind, "variant", spot.variant, by, now, facts)
