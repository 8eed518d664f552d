"""Giving stock that came in, or came free, to the lines that wait for it: the oldest promise first.

Order rows are locked first, then stock, as everywhere. Where from is planned by the rules of routing, and the decision
is stored. A line that must not be split, and all lines of an order that ships together, stay with the place that has
them already; what fits into a parcel that leaves anyway joins it, and parcels that the order has count against those
that the policy allows. Units that are there are taken even when more are lacking, so that no younger order gets ahead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from trivet.catalog.queries.find import weights
from trivet.company.queries import Setup, setup
from trivet.flows import shortfall
from trivet.flows.routes import Router, router
from trivet.flows.story import story
from trivet.fulfillment.actions.capacity import lock_capacity
from trivet.fulfillment.actions.change import NewUnits, add_units, release_work
from trivet.fulfillment.queries.loads import Loads, loads, places_at_work
from trivet.inventory.actions.allocations import NewAllocation, allocate, allocation
from trivet.inventory.actions.levels import Key, lock_all, tell
from trivet.inventory.actions.limits import give_back_backorders
from trivet.inventory.models import Allocation
from trivet.inventory.rules import Level
from trivet.journal.actions import record
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.ids import new_id
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
from trivet.routing.actions.place import store_later_decisions
from trivet.routing.queries.desk import last_refusals
from trivet.routing.rules import Demand, Plan

BATCH = 200
SPLITTING = frozenset({"too_many_parcels", "parcels_too_small"})
"""Refusals that are no lack of stock: units are there, and the policy keeps them from being a parcel of their own."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The front of the queue, its orders and levels locked; ``last`` is where the next batch begins."""

    places: tuple[Place, ...]
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


def claim(
    variants: Sequence[UUID], after: Place = FRONT, limit: int = BATCH, *, orders: Iterable[UUID] = ()
) -> Claimed:
    """Lock the front of the queue for ``variants``: its orders (``orders`` with them), then all levels concerned."""
    found = queue(variants, limit + 1, after)
    kept = found[:limit]
    places = tuple(place for place, _ in kept)
    locked = lock_orders({*orders, *(order for _, order in kept)})
    lines = _lines(places, locked)
    if lines:
        if setup().capped:
            with connection.cursor() as cursor:
                lock_capacity(cursor)
        lock_all({*variants, *(part for line in lines.values() for part, _ in line.parts)})
    return Claimed(places, locked, lines, places[-1] if places else after, len(found) > limit)


def look_again(claimed: Claimed) -> Claimed:
    """What is claimed, after lines of its orders have changed in this transaction."""
    return replace(claimed, lines=_lines(claimed.places, claimed.orders))


def _lines(places: Sequence[Place], orders: Mapping[UUID, Order]) -> dict[UUID, WaitingLine]:
    """The lines in their turn, read under lock: what waited a moment ago may be cancelled or served by now."""
    if not places:
        return {}
    found = waiting_lines(
        [place.line for place in places], [o.id for o in orders.values() if o.ship_together]
    )
    turn = {place.line: n for n, place in enumerate(places)}
    return {
        key: found[key]
        for key in sorted(found, key=lambda k: (turn.get(k, len(turn)), k))
        if orders[found[key].order].lifecycle == "open"
    }


def fill(
    claimed: Claimed, *, by: Actor, now: datetime, cause: str = "filled", anew: Collection[UUID] = ()
) -> dict[Key, Level]:
    """Serve what :func:`claim` locked and store why from there; the changed levels, already told of.

    ``cause`` is why now, as decisions name it. Orders ``anew`` hold nothing at present and are planned as a whole.
    """
    if not claimed.lines:
        return {}
    desk = _served(claimed, {}, now, anew, cause)
    after = allocate(desk.new, by=by, now=now)
    if desk.served:
        _write(desk, by, now)
        tell(after, by=by, at=now)
    _explain(desk, cause, now)
    return after


def would_take(
    claimed: Claimed, more: Mapping[tuple[UUID, UUID], int], *, now: datetime
) -> list[NewAllocation]:
    """What :func:`fill` would promise if there were ``more`` units by (place, variant). Nothing is changed."""
    return _served(claimed, more, now).new


def _served(
    claimed: Claimed, more: Mapping[tuple[UUID, UUID], int], now: datetime, anew: Collection[UUID] = (),
    cause: str = "filled",
) -> _Desk:  # fmt: skip
    known = setup()
    parts = {part for line in claimed.lines.values() for part, _ in line.parts}
    stock = {(place, variant): level.available for (variant, place), level in lock_all(parts).items()}
    for at, units in more.items():
        stock[at] = stock.get(at, 0) + units
    weighed = weights({*parts, *(line.variant for line in claimed.lines.values())})
    leaving = places_at_work({line.order for line in claimed.lines.values()} - set(anew))
    taken = loads(known.capped, now)
    desk = _Desk(known, router(known, now), claimed, stock, weighed, taken, leaving, now, anew, cause)
    for line in claimed.lines.values():
        desk.serve(line)
    return desk


@story
def _serve(variants: list[UUID], after: Place, by: Actor, now: datetime) -> tuple[int, Place, bool]:
    claimed = claim(variants, after)
    touched = fill(claimed, by=by, now=now)
    shortfall.refresh(touched, by=by, now=now)
    return len(touched), claimed.last, claimed.more


@dataclass
class _Desk:
    """What is given to whom, decided in memory against locked stock, by the rules of routing."""

    known: Setup
    router: Router
    claimed: Claimed
    stock: dict[tuple[UUID, UUID], int]
    weights: dict[UUID, int]
    loads: Loads
    leaving: dict[UUID, dict[UUID, bool]]
    now: datetime
    anew: Collection[UUID]
    cause: str
    dispatch: dict[tuple[UUID, UUID], datetime] = field(default_factory=dict)
    new: list[NewAllocation] = field(default_factory=list)
    served: list[tuple[WaitingLine, UUID, int]] = field(default_factory=list)
    plans: list[tuple[UUID, Plan]] = field(default_factory=list)
    done: set[UUID] = field(default_factory=set)

    def serve(self, line: WaitingLine) -> None:
        if line.id in self.done:
            return
        order = self.claimed.orders[line.order]
        lines = [line]
        if order.ship_together or order.id in self.anew:
            lines = [x for x in self.claimed.lines.values() if x.order == order.id]
        self.done.update(x.id for x in lines)
        if not any(
            self.stock.get((place, part), 0) > 0 for place in self.known.places for part, _ in line.parts
        ):
            return
        demands = tuple(
            Demand(
                line=n,
                quantity=x.need,
                components=x.parts,
                weight_g=self._weight(x),
                value_minor=x.value_minor,
            )
            for n, x in enumerate(lines)
        )
        only = self._only(order, lines)
        plan = self.router.plan_rest(
            order, demands, self.stock, self.loads, only, self.leaving.get(order.id, {})
        )
        self.plans.append((order.id, plan))
        places = {given.place for given in plan.assignments}
        fresh = places - self.leaving.get(order.id, {}).keys()
        begin = max(self.now, order.fulfill_at or self.now)
        for place, leaves in self.router.took(self.loads, fresh, begin).items():
            self.dispatch[order.id, place] = leaves
        for given in plan.assignments:
            self._give(lines[given.line], given.place, given.quantity)

    def _weight(self, line: WaitingLine) -> int:
        own = self.weights.get(line.variant)
        return own if own is not None else sum(n * self.weights.get(part, 0) for part, n in line.parts)

    def _give(self, line: WaitingLine, place: UUID, units: int) -> None:
        for part, per_unit in line.parts:
            self.stock[place, part] -= units * per_unit
            self.new.append(allocation(line.order, line.id, (part, place), units * per_unit))
        self.served.append((line, place, units))
        self.leaving.setdefault(line.order, {})[place] = True

    def _only(self, order: Order, lines: Sequence[WaitingLine]) -> set[UUID] | None:
        """The places that may serve; None for all that routing allows."""
        if order.ship_together or order.never_split_lines:
            held = Allocation.objects.filter(order=order, quantity__gt=0)
            if not order.ship_together:
                held = held.filter(line__in=[x.id for x in lines])
            stay = set(held.values_list("location_id", flat=True))
            if stay:
                return stay if len(stay) == 1 else set()
        # What can go into a parcel that leaves anyway needs no parcel of its own.
        found = {place for place, open_ in self.leaving.get(order.id, {}).items() if open_}
        able = {place for place in found if all(self._can(x, place) >= x.need for x in lines)}
        return able or None

    def _can(self, line: WaitingLine, place: UUID) -> int:
        keep = self.known.places[place].min_stock
        return min(max(0, self.stock.get((place, part), 0) - keep) // per for part, per in line.parts)


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


def _explain(desk: _Desk, cause: str, now: datetime) -> None:
    # Who waits because of the rules of splitting is told so, but not again with every unit that comes in.
    stuck = {order for order, plan in desk.plans if not plan.assignments and SPLITTING & {*_refusal(plan)}}
    known = last_refusals(stuck)
    told = [
        (order, plan)
        for order, plan in desk.plans
        if plan.assignments or (order in stuck and _refusal(plan) != known.get(order))
    ]
    if not told:
        return
    with connection.cursor() as cursor:
        store_later_decisions(cursor, [
            {
                "id": new_id(), "order_id": order, "policy_version": plan.policy_version, "at": now,
                "exact": plan.exact, "cause": cause, "explanation": plan.explanation,
            }
            for order, plan in told
        ])  # fmt: skip


def _refusal(plan: Plan) -> list[str]:
    found: list[str] = plan.explanation["refusal"]
    return found


def _ship_from(desk: _Desk, order: Order, by: Actor, now: datetime) -> None:
    if short_units(order) == 0:
        release_kinds(order, {"stock"}, by=by, now=now, why="stock came in")
    order.refresh_from_db(fields=["holds_open", "scheduled"])
    if order.holds_open == 0:
        release_work(order.id, scheduled=order.scheduled)
    state = "on_hold" if order.holds_open else "scheduled" if order.scheduled else "open"
    mine = [a for a in desk.new if a.order == order.id]
    begin = max(now, order.fulfill_at or now)
    for place in dict.fromkeys(a.location for a in mine):
        units = [NewUnits(a.id, a.line, a.variant, a.quantity) for a in mine if a.location == place]
        add_units(
            order.id, place, units, state=state, method=order.shipping_method, fulfill_at=order.fulfill_at,
            dispatch_by=desk.dispatch.get((order.id, place)) or desk.known.places[place].dispatch_by(begin),
            by=by, now=now,
        )  # fmt: skip
    if desk.cause == "edited":
        return  # the edit tells of it
    record(
        "order.backorder_filled", ("order", order.id), by=by, at=now, number=order.number,
        lines=[
            {"line": str(line.id), "sku": line.sku, "quantity": n, "location": desk.known.places[place].code}
            for line, place, n in desk.served
            if line.order == order.id
        ],
    )  # fmt: skip
