"""Making the moves of one batch: one transaction, locks in the order of the house, everything looked at again first.

Orders first, then the turn of places with a capacity, then levels. What the orders give back is there for the batch's
own moves and then for who waits for stock, so that nobody younger gets ahead. A move that no longer fits the world
is skipped, and told of; the others are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from trivet.company.queries import Setup, setup
from trivet.flows import queue
from trivet.flows.backorders import look_again
from trivet.flows.story import story
from trivet.fulfillment.actions.capacity import lock_capacity
from trivet.fulfillment.actions.change import NewUnits, add_units, cut
from trivet.fulfillment.queries.loads import Loads, loads, places_at_work
from trivet.fulfillment.queries.untouched import Piece, begun_orders, pieces
from trivet.inventory.actions.allocations import NewAllocation, allocate, allocation, release
from trivet.inventory.actions.levels import Key, lock, tell
from trivet.inventory.rules import Level
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.ids import new_id
from trivet.orders.models import Order
from trivet.routing.actions.allocation import note_moves
from trivet.routing.actions.place import store_later_decisions
from trivet.routing.models import AllocationMove

Net = dict[Key, int]


@dataclass
class _Batch:
    """Moves that are still to be made, and those that are not, with the reason."""

    known: Setup
    orders: Mapping[UUID, Order]
    held: Mapping[UUID, list[Piece]]
    now: datetime
    moves: list[AllocationMove]
    skipped: dict[UUID, str] = field(default_factory=dict)
    dispatch: dict[tuple[UUID, UUID], datetime] = field(default_factory=dict)

    def skip(self, move: AllocationMove, why: str) -> None:
        self.skipped[move.id] = why
        self.moves.remove(move)

    def net(self) -> Net:
        """Units that levels lose (above zero) or get back."""
        found: Net = {}
        for move in self.moves:
            for key, n in _net(move).items():
                found[key] = found.get(key, 0) + n
        return found


@story
def apply(run: UUID, number: int, *, by: Actor, now: datetime) -> None:
    """Make the moves of batch ``number`` that are still proposed and still fit."""
    moves = list(AllocationMove.objects.filter(run=run, batch=number, state="proposed").order_by("id"))
    if not moves:
        return
    keys = {key for move in moves for key in _net(move)}
    waiting = queue.front({variant for variant, _ in keys}, orders=[move.order_id for move in moves])
    known = setup()
    if known.capped:
        with connection.cursor() as cursor:
            lock_capacity(cursor)
    levels = lock(keys)
    # A batch that another told of in the meantime has nothing left to do.
    still = set(
        AllocationMove.objects.filter(run=run, batch=number, state="proposed").values_list("id", flat=True)
    )
    moves = [move for move in moves if move.id in still]
    batch = _Batch(known, waiting.orders, pieces([m.order_id for m in moves]), now, moves)
    _same_as_planned(batch)
    _room(batch)
    _covered(batch, levels)
    after = _make(run, batch, by, now)
    note_moves(run, {m.id: m.saving_minor for m in batch.moves}, batch.skipped)
    tell(after, by=by, at=now)
    queue.serve(look_again(waiting), after, by=by, now=now)


def _net(move: AllocationMove) -> Net:
    found: Net = {}
    for shift in move.content["shifts"]:
        for variant, per in shift["parts"].items():
            key = (UUID(variant), UUID(shift["place"]))
            found[key] = found.get(key, 0) + shift["units"] * per
    return found


def _same_as_planned(batch: _Batch) -> None:
    begun = begun_orders([m.order_id for m in batch.moves])
    for move in list(batch.moves):
        row, planned = batch.orders[move.order_id], move.content
        held = {str(p.id): p.quantity for p in batch.held.get(row.id, ())}
        if row.lifecycle == "cancelled":
            batch.skip(move, "cancelled")
        elif row.id in begun or row.units_in_progress or row.units_shipped:
            batch.skip(move, "picked")
        elif (
            row.version != planned["version"] or held != planned["held"] or row.pickup_location_id is not None
        ):
            batch.skip(move, "changed")
        elif row.holds_open != planned["holds"]:
            batch.skip(move, "held")


def _room(batch: _Batch) -> None:
    """Who comes to a place with a capacity leaves by its next dispatch, as planned, or does not come."""
    capped = batch.known.capped
    if not capped:
        return
    taken = loads(capped, batch.now)
    at_work = places_at_work(m.order_id for m in batch.moves)
    for move in batch.moves:
        for place in capped:
            if place in at_work.get(move.order_id, {}) and _gone(batch, move, place):
                _leave(batch, taken, place, -1)
    for move in list(batch.moves):
        row = batch.orders[move.order_id]
        for place in {UUID(s["place"]) for s in move.content["shifts"] if s["units"] > 0} & set(capped):
            if place in at_work.get(row.id, {}):
                continue
            found, begin = batch.known.places[place], max(batch.now, row.fulfill_at or batch.now)
            room, ready = found.room_days(begin, taken[place]), found.ready_days(begin)
            if room is None or (room > ready and not row.scheduled):
                batch.skip(move, "full")
                break
            batch.dispatch[row.id, place] = leaves = found.dispatch_by(begin, room)
            taken[place][leaves.date()] = taken[place].get(leaves.date(), 0) + 1


def _gone(batch: _Batch, move: AllocationMove, place: UUID) -> bool:
    """Whether an order has nothing left at a place after its move."""
    here = sum(p.quantity for p in batch.held.get(move.order_id, ()) if p.location == place)
    return here > 0 and here + sum(n for (_, at), n in _net(move).items() if at == place) == 0


def _leave(batch: _Batch, taken: Loads, place: UUID, units: int) -> None:
    found = batch.known.places[place]
    day = found.dispatch_by(batch.now).date()
    taken[place][day] = max(0, taken[place].get(day, 0) + units)


def _covered(batch: _Batch, levels: Mapping[Key, Level]) -> None:
    """Leave out moves, the last first, until the levels have what the others take."""
    while batch.moves:
        lacking = [
            key for key, n in batch.net().items() if n > 0 and n > _usable(batch.known, key, levels.get(key))
        ]
        if not lacking:
            return
        batch.skip(next(m for m in reversed(batch.moves) if _net(m).get(lacking[0], 0) > 0), "stock")


def _usable(known: Setup, key: Key, level: Level | None) -> int:
    return 0 if level is None else level.available - known.places[key[1]].min_stock


def _make(run: UUID, batch: _Batch, by: Actor, now: datetime) -> dict[Key, Level]:
    after: dict[Key, Level] = {}
    new: list[NewAllocation] = []
    for move in batch.moves:
        freed: dict[UUID, int] = {}
        for shift in move.content["shifts"]:
            place, line = UUID(shift["place"]), UUID(shift["line"])
            for variant, per in shift["parts"].items():
                units, part = shift["units"] * per, UUID(variant)
                if units > 0:
                    new.append(allocation(move.order_id, line, (part, place), units))
                else:
                    _free(batch.held[move.order_id], freed, (line, part, place), -units)
        after |= release(move.order_id, freed, by=by, now=now)
        cut(move.order_id, freed, by=by, now=now)
    after |= allocate(new, by=by, now=now)
    for move in batch.moves:
        _ship(batch, move, [a for a in new if a.order == move.order_id], by, now)
    _tell(run, batch, by, now)
    return after


def _free(held: Sequence[Piece], freed: dict[UUID, int], at: tuple[UUID, UUID, UUID], units: int) -> None:
    for piece in held:
        if (piece.line, piece.variant, piece.location) == at:
            n = min(units, piece.quantity - freed.get(piece.id, 0))
            if n:
                freed[piece.id] = freed.get(piece.id, 0) + n
                units -= n


def _ship(
    batch: _Batch, move: AllocationMove, new: Sequence[NewAllocation], by: Actor, now: datetime
) -> None:
    row = batch.orders[move.order_id]
    state = "on_hold" if row.holds_open else "scheduled" if row.scheduled else "open"
    begin = max(now, row.fulfill_at or now)
    for place in dict.fromkeys(a.location for a in new):
        units = [NewUnits(a.id, a.line, a.variant, a.quantity) for a in new if a.location == place]
        leaves = batch.dispatch.get((row.id, place)) or batch.known.places[place].dispatch_by(begin)
        add_units(
            row.id, place, units, state=state, method=row.shipping_method, fulfill_at=row.fulfill_at,
            dispatch_by=leaves, by=by, now=now,
        )  # fmt: skip


def _tell(run: UUID, batch: _Batch, by: Actor, now: datetime) -> None:
    if not batch.moves:
        return
    with connection.cursor() as cursor:
        store_later_decisions(cursor, [_decision(move, now) for move in batch.moves])
    made_way: dict[int, list[int]] = {}
    for move in batch.moves:
        for number in move.for_orders:
            made_way.setdefault(number, []).append(batch.orders[move.order_id].number)
    for move in batch.moves:
        number = batch.orders[move.order_id].number
        record(
            "order.rebalanced", ("order", move.order_id), by=by, at=now, number=number, run=run,
            origin=_places(move.origin), places=_places(move.target), saving=move.saving_minor,
            currency=move.content["explanation"]["currency"], why=move.why, made_way_for=move.for_orders,
            given_way_by=made_way.get(number, []),
        )  # fmt: skip


def _decision(move: AllocationMove, now: datetime) -> dict[str, Any]:
    told = move.content
    return {
        "id": new_id(), "order_id": move.order_id, "policy_version": told["policy"], "at": now,
        "exact": told["exact"], "cause": "rebalanced", "explanation": told["explanation"],
    }  # fmt: skip


def _places(units: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"location": code, "units": n} for code, n in units.items()]
