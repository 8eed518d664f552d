"""Physical facts from files: counts and movements of many levels in one transaction, with their cases of shortfall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from trivet.inventory.actions.levels import Key, Move, ensure_and_lock, lock, move, tell
from trivet.inventory.models import Allocation
from trivet.inventory.rules import Delta, Level, level_key
from trivet.journal.actions.exceptions import raise_exception
from trivet.journal.rules import Actor


def apply_changes(
    changes: Sequence[tuple[Key, int, str]], *, cause: tuple[str, UUID], by: Actor, now: datetime
) -> None:
    """Add signed units to ``on_hand``, each change (level, units, reason) with an entry of its own."""
    ensure_and_lock(key for key, _, _ in changes)
    _carry_out(
        [Move(key, "adjust", Delta(on_hand=units), cause, reason) for key, units, reason in changes],
        by=by,
        now=now,
    )


def apply_counts(
    counts: Mapping[Key, int], *, cause: tuple[str, UUID], by: Actor, now: datetime
) -> dict[Key, int | None]:
    """Set ``on_hand`` to what was counted; what it was before, None for a level that is new.

    The first count of a level opens it. The same count again changes nothing.
    """
    known = lock(counts)
    if fresh := [key for key in counts if key not in known]:
        ensure_and_lock(fresh)
    before = {key: known[key].on_hand if key in known else None for key in counts}
    moves = [
        Move(
            key,
            "open" if before[key] is None else "count",
            Delta(on_hand=n - (before[key] or 0)),
            cause,
            "count",
        )
        for key, n in counts.items()
        if n != (before[key] or 0)
    ]
    _carry_out(moves, by=by, now=now)
    return before


def _carry_out(moves: Sequence[Move], *, by: Actor, now: datetime) -> None:
    after = move(moves, by=by, at=now)
    tell(after, by=by, at=now)
    _open_shortfalls(after.items(), by=by, now=now)


def _open_shortfalls(levels: Iterable[tuple[Key, Level]], *, by: Actor, now: datetime) -> None:
    for (variant, location), level in levels:
        if not level.shortfall:
            continue
        hit = Allocation.objects.filter(variant=variant, location=location, quantity__gt=0)
        numbers = hit.order_by("-created_at").values_list("order__number", flat=True)[:100]
        raise_exception(
            "shortfall", ("level", level_key(variant, location)), "Orders hold more than there is", by=by, at=now,
            variant=str(variant), location=str(location), shortfall=level.shortfall, orders=list(numbers),
        )  # fmt: skip
