"""Giving stock that came in, or came free, to the lines that wait for it: the oldest promise first.

Order rows are locked first, then stock, as everywhere. The rules of routing hold: a line that must not be split,
and all lines of an order that ships together, come from one place, the one that has them already; units that are
there are taken even when more are lacking, so that no younger order gets ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from trivet.company.queries import Setup, setup
from trivet.flows import shortfall
from trivet.flows.story import story
from trivet.fulfillment.actions.change import CHANGEABLE, NewUnits, add_units, release_work
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.actions.allocations import NewAllocation, allocate, allocation
from trivet.inventory.actions.levels import Key, lock_all, tell
from trivet.inventory.actions.limits import give_back_backorders
from trivet.inventory.models import Allocation
from trivet.inventory.rules import Level
from trivet.journal.actions import record
from trivet.journal.rules import SYSTEM, Actor
from trivet.orders.actions.counters import LineDelta, lock_orders, move_units
from trivet.orders.actions.hold import release_kinds
from trivet.orders.models import Order
from trivet.orders.queries.waiting import (
    FRONT,
    Place,
    WaitingLine,
    queue,
    short_units,
    waiting_lines,
    waiting_variants,
)

BATCH = 200


@dataclass(frozen=True, slots=True)
class Claimed:
    """The front of the queue, its orders and levels locked; ``last`` is where the next batch begins."""

    orders: dict[UUID, Order]
    lines: dict[UUID, WaitingLine]
    last: Place
    more: bool


def fill_backorders(variants: Iterable[UUID], *, now: datetime, by: Actor = SYSTEM) -> int:
    """Serve all lines that wait for ``variants`` as far as stock goes; how many stock levels gave something."""
    wanted, after, served = sorted(set(variants)), FRONT, 0
    while wanted:
        n, after, more = _serve(wanted, after, by, now)
        served += n
        if not more:
            break
    return served


def fill_waiting(*, now: datetime) -> int:
    """Serve every line that waits and can be served: for the minute job; answers as above."""
    return fill_backorders(waiting_variants(), now=now)


def anyone_waits(variants: Iterable[UUID]) -> bool:
    """Whether some line waits for one of ``variants``."""
    return bool(queue(variants, 1))


def claim(variants: Sequence[UUID], after: Place = FRONT, limit: int = BATCH) -> Claimed:
    """Lock the front of the queue for ``variants``: orders, then all stock levels concerned."""
    front = queue(variants, limit + 1, after)
    kept = front[:limit]
    orders = lock_orders({order for _, order in kept})
    together = [o.id for o in orders.values() if o.ship_together]
    # Read again under lock: what waited a moment ago may be cancelled or served by now.
    found = waiting_lines([place.line for place, _ in kept], together)
    turn = {place.line: n for n, (place, _) in enumerate(kept)}
    lines = {
        key: found[key]
        for key in sorted(found, key=lambda k: (turn.get(k, limit), k))
        if orders[found[key].order].lifecycle == "open"
    }
    lock_all({*variants, *(part for line in lines.values() for part, _ in line.parts)})
    return Claimed(orders, lines, kept[-1][0] if kept else after, len(front) > limit)


def fill(claimed: Claimed, *, by: Actor, now: datetime, first_place: UUID | None = None) -> dict[Key, Level]:
    """Serve what :func:`claim` locked, ``first_place`` before others; the changed levels, already told of."""
    if not claimed.lines:
        return {}
    known = setup()
    levels = lock_all({part for line in claimed.lines.values() for part, _ in line.parts})
    stock = {key: level.available - known.places[key[1]].min_stock for key, level in levels.items()}
    desk = _Desk(known, claimed, stock, first_place)
    for line in claimed.lines.values():
        desk.serve(line)
    after = allocate(desk.new, by=by, now=now)
    served = sum(n for _, _, n in desk.served)
    if served:
        _write(desk, by, now)
        tell(after, by=by, at=now)
    return after


@story
def _serve(variants: list[UUID], after: Place, by: Actor, now: datetime) -> tuple[int, Place, bool]:
    claimed = claim(variants, after)
    touched = fill(claimed, by=by, now=now)
    shortfall.refresh(touched, by=by, now=now)
    return len(touched), claimed.last, claimed.more


@dataclass
class _Desk:
    """What is given to whom, decided in memory against locked stock."""

    known: Setup
    claimed: Claimed
    stock: dict[Key, int]
    first_place: UUID | None
    new: list[NewAllocation] = field(default_factory=list)
    served: list[tuple[WaitingLine, UUID, int]] = field(default_factory=list)
    done: set[UUID] = field(default_factory=set)

    def serve(self, line: WaitingLine) -> None:
        if line.id in self.done:
            return
        order = self.claimed.orders[line.order]
        if order.ship_together:
            self._together(order)
        else:
            self._alone(order, line)

    def _together(self, order: Order) -> None:
        lines = [x for x in self.claimed.lines.values() if x.order == order.id]
        self.done.update(x.id for x in lines)
        needed: dict[UUID, int] = {}
        for line in lines:
            for part, per_unit in line.parts:
                needed[part] = needed.get(part, 0) + per_unit * line.need
        for place in self._best(self._places(order, bound=order), needed)[:1]:
            for line in lines:
                self._give(line, place, min(line.need, self._can(line, place)))

    def _alone(self, order: Order, line: WaitingLine) -> None:
        self.done.add(line.id)
        places = self._places(order, bound=line if order.never_split_lines else None)
        if order.never_split_lines:
            places = self._best(places, {part: n * line.need for part, n in line.parts})[:1]
        left = line.need
        for place in places:
            units = min(left, self._can(line, place))
            self._give(line, place, units)
            left -= units

    def _best(self, places: list[UUID], needed: dict[UUID, int]) -> list[UUID]:
        """Places that have all of ``needed`` before those that have most of it; equals keep their order."""
        return sorted(
            places,
            key=lambda p: -sum(min(n, max(0, self.stock.get((part, p), 0))) for part, n in needed.items()),
        )

    def _can(self, line: WaitingLine, place: UUID) -> int:
        return min(max(0, self.stock.get((part, place), 0)) // per_unit for part, per_unit in line.parts)

    def _give(self, line: WaitingLine, place: UUID, units: int) -> None:
        if not units:
            return
        for part, per_unit in line.parts:
            self.stock[part, place] -= units * per_unit
            self.new.append(allocation(line.order, line.id, (part, place), units * per_unit))
        self.served.append((line, place, units))

    def _places(self, order: Order, bound: Order | WaitingLine | None) -> list[UUID]:
        """The places that may serve, best first; only that which already ships what ``bound`` must stay with."""
        if order.pickup_location_id is not None:
            return [order.pickup_location_id]
        allowed = [
            self.known.places[s.location]
            for s in self.known.serving.get(order.channel_id, ())
            if (not s.methods or order.shipping_method in s.methods)
            and (not s.countries or order.country in s.countries)
        ]
        working = set(
            FulfillmentOrder.objects.filter(order=order, state__in=CHANGEABLE).values_list(
                "location_id", flat=True
            )
        )
        ranked = sorted(
            (p for p in allowed if p.active),
            key=lambda p: (p.id != self.first_place, p.id not in working, p.priority, p.code),
        )
        if bound is None:
            return [p.id for p in ranked]
        held = Allocation.objects.filter(order=order, quantity__gt=0)
        if isinstance(bound, WaitingLine):
            held = held.filter(line=bound.id)
        stay = set(held.values_list("location_id", flat=True))
        return [p.id for p in ranked if not stay or stay == {p.id}]


def _write(desk: _Desk, by: Actor, now: datetime) -> None:
    deltas: list[LineDelta] = []
    limits: dict[tuple[UUID, UUID], int] = {}
    remaining = {line.id: line.backordered for line in desk.claimed.lines.values()}
    for line, _, units in desk.served:
        later = min(units, remaining[line.id])
        remaining[line.id] -= later
        deltas.append(LineDelta(line.order, line.id, allocated=units, backordered=-later))
        sold = (line.variant, desk.claimed.orders[line.order].channel_id)
        limits[sold] = limits.get(sold, 0) + later
    move_units(deltas)
    give_back_backorders(limits)
    for key in dict.fromkeys(line.order for line, _, _ in desk.served):
        _ship_from(desk, desk.claimed.orders[key], by, now)


def _ship_from(desk: _Desk, order: Order, by: Actor, now: datetime) -> None:
    if short_units(order) == 0:
        release_kinds(order, {"stock"}, by=by, now=now, why="stock came in")
    order.refresh_from_db(fields=["holds_open", "scheduled"])
    if order.holds_open == 0:
        release_work(order.id, scheduled=order.scheduled)
    state = "on_hold" if order.holds_open else "scheduled" if order.scheduled else "open"
    mine = [a for a in desk.new if a.order == order.id]
    for place in dict.fromkeys(a.location for a in mine):
        units = [NewUnits(a.id, a.line, a.variant, a.quantity) for a in mine if a.location == place]
        add_units(
            order.id, place, units, state=state, method=order.shipping_method, fulfill_at=order.fulfill_at,
            dispatch_by=desk.known.places[place].dispatch_by(now), by=by, now=now,
        )  # fmt: skip
    record(
        "order.backorder_filled", ("order", order.id), by=by, at=now, number=order.number,
        lines=[
            {"line": str(line.id), "sku": line.sku, "quantity": n, "location": desk.known.places[place].code}
            for line, place, n in desk.served
            if line.order == order.id
        ],
    )  # fmt: skip
