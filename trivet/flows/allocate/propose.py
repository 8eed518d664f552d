"""From the answer of the rules to moves that can be stored, shown, and made batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trivet.flows.allocate.picture import Picture, Seen
from trivet.lib.ids import new_id
from trivet.lib.money import half_even
from trivet.routing.models import AllocationMove
from trivet.routing.rules.batch import Answer, Moved
from trivet.routing.rules.batch.sequence import sequence
from trivet.routing.rules.cost import MILLI

SIZE = 40
"""Moves of one transaction."""
_NAMED = 5
"""Orders that are named for whom another makes way."""

At = tuple[UUID, UUID]
"""(place, variant)."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Units of one line that leave a place (below zero) or come to it."""

    line: UUID
    place: UUID
    units: int
    parts: tuple[tuple[UUID, int], ...]


def moves_of(run: UUID, seen: Picture, answer: Answer) -> list[AllocationMove]:
    """The moves of an answer, numbered by the batch in which each is made."""
    shifts = [_shifts(seen.orders[_key(m)], m) for m in answer.moved]
    batches = sequence(
        [_goods(s, 1) for s in shifts], [_goods(s, -1) for s in shifts], dict[Any, int](seen.free), SIZE
    )  # fmt: skip
    numbers: dict[Any, int] = {key: one.row.number for key, one in seen.orders.items()}
    return [
        _move(run, seen, m, mine, batch, numbers)
        for m, mine, batch in zip(answer.moved, shifts, batches, strict=True)
    ]


def _key(m: Moved) -> UUID:
    assert isinstance(m.order.key, UUID)
    return m.order.key


def _shifts(one: Seen, m: Moved) -> list[Shift]:
    found = []
    for d, (line, bag) in enumerate(zip(one.lines, one.parts, strict=True)):
        before, after = m.order.held[d], m.given[d]
        for place in {**before, **after}:
            units = after.get(place, 0) - before.get(place, 0)
            if units:
                assert isinstance(place, UUID)
                found.append(Shift(line.id, place, units, tuple(bag.items())))
    return found


def _goods(shifts: list[Shift], sign: int) -> dict[tuple[object, object], int]:
    found: dict[tuple[object, object], int] = {}
    for s in shifts:
        if s.units * sign > 0:
            for variant, per in s.parts:
                found[s.place, variant] = found.get((s.place, variant), 0) + abs(s.units) * per
    return found


def _move(
    run: UUID, seen: Picture, m: Moved, shifts: list[Shift], batch: int, numbers: Mapping[Any, int]
) -> AllocationMove:  # fmt: skip
    one, order = seen.orders[_key(m)], m.order
    before, after = half_even(m.before, MILLI), half_even(m.after, MILLI)
    origin, target = _units(seen, order.held), _units(seen, m.given)
    why = "cheaper"
    if before < after or m.for_others:
        why = "makes_way"
    elif len(target) < len(origin):
        why = "fewer_parcels"
    return AllocationMove(
        id=new_id(), run_id=run, order_id=one.row.id, batch=batch, origin=origin, target=target, before_minor=before,
        after_minor=after, saving_minor=before - after, why=why,
        for_orders=[numbers[key] for key in m.for_others[:_NAMED]],
        content={
            "version": one.row.version, "holds": one.row.holds_open,
            "held": {str(p.id): p.quantity for p in one.pieces},
            "shifts": [
                {
                    "line": str(s.line), "place": str(s.place), "units": s.units,
                    "parts": {str(v): n for v, n in s.parts},
                }
                for s in shifts
            ],
            "policy": m.plan.policy_version, "exact": m.plan.exact, "explanation": m.plan.explanation,
        },
    )  # fmt: skip


def _units(seen: Picture, given: Mapping[int, Mapping[object, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for parts in given.values():
        for place, n in parts.items():
            assert isinstance(place, UUID)
            code = seen.setup.places[place].code
            found[code] = found.get(code, 0) + n
    return dict(sorted(found.items()))
