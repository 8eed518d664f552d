"""Past orders planned again, one after another, under another policy: stock is used up as that policy uses it.

A :class:`World` is the stock of all places at an instant. What happened to stock besides (goods came, units were
counted, reservations ended) happens in it too, at its time; orders that were cancelled give their units back; what is
short waits and is served, first come first served, when units come free.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from trivet.lib.money import half_even
from trivet.routing.rules.cost import MILLI, Board, Lane
from trivet.routing.rules.plan import plan
from trivet.routing.rules.values import Demand, Destination, Key, Place, Plan, Policy

_MAY = frozenset({"chosen", "dearer", "rank", "short", "not_needed", "parcels", "no_stock"})
"""Reasons of places that may ship the order, whatever they have."""
_MOST_SERVED = 200
"""Orders that are looked at when units come free; the live system, too, serves so many at a time."""


@dataclass(slots=True)
class Arrival:
    """An order as it came in: what was asked and which places there were, from its stored explanation."""

    key: Key
    order: Key
    at: datetime
    told: Mapping[str, Any]
    places: tuple[Place, ...]
    demands: list[Demand]
    to: Destination

    @property
    def variants(self) -> list[str]:
        """What it asks for."""
        return [str(v) for v in self.told["variants"]]


def stock_of(a: Arrival) -> dict[tuple[Key, Key], int]:
    """The stock that was there when the order came in, by (place, variant)."""
    return {
        (c["place"], variant): n
        for c in a.told["candidates"]
        for variant, n in zip(a.variants, c["stock"], strict=True)
    }


@dataclass(slots=True)
class Leg:
    """A parcel of a plan: units of a place, kilometres, days until it leaves."""

    place: str
    units: int
    km: int
    days: int


@dataclass(slots=True)
class Outcome:
    """What a policy made of an order. ``costs`` by name of the price list, in minor units; ``short`` in units.

    ``seen`` is the stock that was there, by candidate and variant; ``fits`` whether any place may ship it at all.
    """

    legs: list[Leg]
    short: int
    refused: bool
    fits: bool
    costs: dict[str, int]
    seen: list[list[int]]
    why: dict[str, dict[str, Any]]

    @property
    def shape(self) -> tuple[tuple[tuple[str, int], ...], int]:
        """What makes two plans the same: which place ships how much, and what is short."""
        return tuple((leg.place, leg.units) for leg in self.legs), self.short


class Reader:
    """Makes arrivals of stored explanations; places that stay the same are made once."""

    def __init__(self) -> None:
        self._places: dict[tuple[Any, ...], Place] = {}

    def read(self, key: Key, order: Key, at: datetime, told: Mapping[str, Any]) -> Arrival:
        """One decision as the order that it decided."""
        variants = [str(v) for v in told["variants"]]
        to = told["destination"]
        return Arrival(
            key, order, at, told, tuple(self._place(c) for c in told["candidates"]),
            [
                Demand(line, quantity, tuple((variants[v], n) for v, n in parts), weight, value)
                for line, quantity, weight, value, parts in told["demands"]
            ],
            Destination(to["country"], to["lat"], to["lon"], to["precision"]),
        )  # fmt: skip

    def _place(self, c: Mapping[str, Any]) -> Place:
        methods, countries = c.get("methods"), c.get("countries")
        key = (
            c["place"], c["name"], c["kind"], c["country"], c["lat"], c["lon"], c["priority"], c["ready_days"],
            c.get("capacity_left"), c.get("room_days"), c.get("min_stock", 0), c.get("handling_own"),
            None if methods is None else tuple(methods), None if countries is None else tuple(countries),
        )  # fmt: skip
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = Place(
                key=c["place"], code=c["place"], name=c["name"], kind=c["kind"], country=c["country"], lat=c["lat"],
                lon=c["lon"], priority=c["priority"], ready_days=c["ready_days"], capacity_left=c.get("capacity_left"),
                methods=None if methods is None else frozenset(methods),
                countries=None if countries is None else frozenset(countries), min_stock=c.get("min_stock", 0),
                handling_minor=c.get("handling_own"), room_days=c.get("room_days"),
            )  # fmt: skip
        return found


class Planner:
    """Plans arrivals under one policy; prices plans of other policies by its own costs."""

    def __init__(self, policy: Policy, version: int, name: str) -> None:
        self.policy, self.version, self.name = policy, version, name
        self._boards: dict[tuple[Place, ...], Board] = {}

    def plan(
        self, a: Arrival, stock: Mapping[Any, int], demands: Sequence[Demand] | None = None,
        begun: Sequence[Key] = (), only: frozenset[Key] | None = None,
    ) -> Plan:  # fmt: skip
        """The plan for an arrival, or for ``demands`` of it that still wait, from the places ``only`` (None: all)."""
        told = a.told
        return plan(
            self.policy, self.board(a, only), a.to, a.demands if demands is None else demands, stock,
            policy_version=self.version, ship_together=told["ship_together"],
            never_split_lines=told["never_split_lines"],
            on_shortage=told["on_shortage"] if demands is None else "backorder", method=told["method"],
            channel=told["channel"], pinned_place=told["pinned"], begun=begun,
        )  # fmt: skip

    def board(self, a: Arrival, only: frozenset[Key] | None = None) -> Board:
        """The places of an arrival under this policy, or those of them that are named."""
        places = a.places if only is None else tuple(p for p in a.places if p.key in only)
        found = self._boards.get(places)
        if found is None:
            if len(self._boards) > 2_000:
                self._boards.clear()
            found = self._boards[places] = Board(self.policy, places)
        return found

    def price(self, a: Arrival, made: Plan, legs: Sequence[Leg]) -> int:
        """What a plan costs by the costs of this policy, in minor units, whoever made it."""
        lanes = {
            lane.place.key: lane
            for lane in self.board(a).lanes(a.to, a.told["channel"], a.told["method"], a.told["pinned"])
        }
        demands = {d.line: d for d in a.demands}
        milli = self.policy.parcel_penalty * MILLI * max(0, len(legs) - 1)
        for leg in legs:
            milli += _leaves(lanes[leg.place], leg.days, self.policy).fixed
        for given in made.assignments:
            lane = lanes[given.place]
            milli += given.quantity * (lane.per_gram * demands[given.line].weight_g + lane.per_unit)
        return half_even(milli, MILLI)


def _leaves(lane: Lane, days: int, policy: Policy) -> Lane:
    """The lane of goods that leave in ``days``: by the next dispatch, or by the first with room."""
    if days == lane.place.ready_days:
        return lane
    if lane.later is not None:
        return lane.later
    # This policy bars the place, so that it has no lane of the later day: the wait is all that differs.
    moved = lane.fixed + policy.late_per_day * (days - lane.place.ready_days) * MILLI
    return Lane(lane.place, {}, moved, lane.per_gram, lane.per_unit, lane.shown)


def outcome(a: Arrival, made: Plan, planner: Planner) -> Outcome:
    """A plan as an outcome, priced by the policy that made it."""
    told = made.explanation
    by_code = {c["place"]: c for c in told["candidates"]}
    legs = []
    for parcel in told["parcels"]:
        c = by_code[parcel["place"]]
        days = c["ready_days"] if c.get("room_days") is None else c["room_days"]
        legs.append(Leg(parcel["place"], parcel["units"], c["km"], days))
    return Outcome(
        legs, sum(made.short.values()), made.refused, any(c["why"]["code"] in _MAY for c in told["candidates"]),
        {planner.name: made.cost}, [c["stock"] for c in told["candidates"]],
        {c["place"]: c["why"] for c in told["candidates"]},
    )  # fmt: skip


@dataclass(slots=True, eq=False)
class Waiting:
    """The units of an order that wait for stock, by line.

    ``gave``: the places that have units of each line; ``leaves``: until when a parcel of a place can take more.
    """

    arrival: Arrival
    left: dict[int, int]
    gave: dict[int, set[Key]]
    leaves: dict[Key, datetime]
    may: frozenset[str]


@dataclass(slots=True)
class World:
    """The stock of all places under one policy, as time goes by; ``stock`` by (place, variant) in units."""

    planner: Planner
    stock: dict[tuple[Key, Key], int]
    kept: frozenset[Key] = frozenset()
    """Orders whose units are remembered, because some are given back later."""
    held: dict[Key, dict[tuple[Key, Key], int]] = field(default_factory=dict)
    waiting: dict[str, deque[Waiting]] = field(default_factory=dict)

    def arrive(self, a: Arrival) -> tuple[Outcome, Plan]:
        """Plan an order against the stock there is, and take it."""
        made = self.planner.plan(a, self.stock)
        found = outcome(a, made, self.planner)
        self._take(a, made)
        if made.short and not made.refused and a.told["on_shortage"] != "refuse":
            may = frozenset(code for code, why in found.why.items() if why["code"] in _MAY)
            waiting = Waiting(a, dict(made.short), {}, {}, may)
            _note(waiting, made, found, a.at)
            for demand in a.demands:
                if demand.line in made.short:
                    for variant, _ in demand.components:
                        self.waiting.setdefault(str(variant), deque()).append(waiting)
        return found, made

    def move(self, place: str, variant: str, units: int, at: datetime) -> list[tuple[Arrival, Outcome]]:
        """Stock changed by ``units`` for another reason; what could be served with what came."""
        level = (place, variant)
        self.stock[level] = self.stock.get(level, 0) + units
        return self._serve(place, variant, at) if units > 0 and self.waiting.get(variant) else []

    def give_back(self, order: Key, variant: str, units: int, at: datetime) -> list[tuple[Arrival, Outcome]]:
        """``units`` of an order were cancelled: those that it has come free, where this policy has put them."""
        served = []
        held = self.held.get(order, {})
        levels = [level for level in held if level[1] == variant]
        for waiting in self.waiting.get(variant, ()):
            if waiting.arrival.order == order:
                # Whoever cancels does not wait for what the other policy had for them.
                beyond = max(0, units - sum(held[level] for level in levels))
                for line in list(waiting.left):
                    gone = min(beyond, waiting.left[line])
                    waiting.left[line] -= gone
                    beyond -= gone
        for level in levels:
            freed = min(units, held[level])
            held[level] -= freed
            units -= freed
            served += self.move(str(level[0]), variant, freed, at)
        return served

    def _take(self, a: Arrival, made: Plan) -> None:
        by_line = {d.line: d.components for d in a.demands}
        held = self.held.setdefault(a.order, {}) if a.order in self.kept else None
        for given in made.assignments:
            for variant, per in by_line[given.line]:
                level = (given.place, variant)
                units = given.quantity * per
                self.stock[level] = self.stock.get(level, 0) - units
                if held is not None:
                    held[level] = held.get(level, 0) + units

    def _serve(self, place: str, variant: str, at: datetime) -> list[tuple[Arrival, Outcome]]:
        served: list[tuple[Arrival, Outcome]] = []
        queue = self.waiting[variant]
        for waiting in list(queue)[:_MOST_SERVED]:
            if self.stock.get((place, variant), 0) <= 0:
                break
            if not any(waiting.left.values()):
                queue.remove(waiting)
            elif place in waiting.may:
                served += self._fill(waiting, variant, at)
                if not any(waiting.left.values()):
                    queue.remove(waiting)
        return served

    def _fill(self, waiting: Waiting, variant: str, at: datetime) -> list[tuple[Arrival, Outcome]]:
        """Serve what one order waits for: line by line as the live system does, all at once when it ships together."""
        a = waiting.arrival
        left = [
            Demand(d.line, n, d.components, d.weight_g, d.value_minor)
            for d in a.demands
            if (n := waiting.left.get(d.line, 0))
        ]
        wanted = [d for d in left if any(v == variant for v, _ in d.components)]
        served = []
        for lines in [left] if a.told["ship_together"] and wanted else [[d] for d in wanted]:
            begun = [place for place, until in waiting.leaves.items() if at < until]
            only = self._only(waiting, lines, begun)
            if only is not None and not only:
                continue
            made = self.planner.plan(a, self.stock, lines, begun, only)
            if made.assignments:
                self._take(a, made)
                found = outcome(a, made, self.planner)
                for given in made.assignments:
                    waiting.left[given.line] -= given.quantity
                _note(waiting, made, found, at)
                served.append((a, found))
        return served

    def _only(self, waiting: Waiting, lines: Sequence[Demand], begun: Sequence[Key]) -> frozenset[Key] | None:
        """The places that may serve ``lines``; None for all that the policy allows."""
        told = waiting.arrival.told
        if told["ship_together"] or told["never_split_lines"]:
            whole = told["ship_together"]
            stay = {p for line, ps in waiting.gave.items() if whole or line == lines[0].line for p in ps}
            if stay:
                return frozenset(stay) if len(stay) == 1 else frozenset()
        # What can go into a parcel that leaves anyway needs no parcel of its own.
        keep = {p.key: p.min_stock for p in waiting.arrival.places}
        able = {
            place
            for place in begun
            if all(
                max(0, self.stock.get((place, v), 0) - keep[place]) // per >= d.quantity
                for d in lines
                for v, per in d.components
            )
        }
        return frozenset(able) or None


def _note(waiting: Waiting, made: Plan, found: Outcome, at: datetime) -> None:
    for given in made.assignments:
        waiting.gave.setdefault(given.line, set()).add(given.place)
    for leg in found.legs:
        until = at + timedelta(days=leg.days + 1)
        waiting.leaves[leg.place] = max(until, waiting.leaves.get(leg.place, until))
