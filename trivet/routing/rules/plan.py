"""Planning one order, and repeating a stored plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from trivet.lib.money import half_even
from trivet.routing.rules.choose import Choice, choose
from trivet.routing.rules.cost import MILLI, Basket, Board, Candidate, Lane, basket, candidates
from trivet.routing.rules.explain import Told, explain
from trivet.routing.rules.setting import Problem
from trivet.routing.rules.values import Assignment, Demand, Destination, Key, Place, Plan, Policy


def plan(
    policy: Policy, places: Sequence[Place] | Board, destination: Destination, demands: Sequence[Demand],
    stock: Mapping[Any, int], *, policy_version: int, ship_together: bool, never_split_lines: bool,
    on_shortage: str, method: str, channel: str, pinned_place: Key | None = None, begun: Collection[Key] = (),
) -> Plan:  # fmt: skip
    """Plan the whole order at once: fewest short units, then least total cost, fewest parcels, priority and code.

    ``stock`` maps (place, variant) to the units that may be promised. With ``on_shortage="refuse"`` anything short
    refuses the order. ``ship_together`` orders get one place; what it lacks is short and the order waits. What would be
    short ships from places whose next dispatch is full, by the first with room. Who plans many orders passes a
    :class:`Board` of the same policy, which remembers distances. For the rest of an order, ``begun`` are the places
    that ship some of it anyway: they count among its parcels, whether they ship more or not.
    """
    board = places if isinstance(places, Board) else Board(policy, places)
    goods = basket(demands if len(demands) == 1 else sorted(demands, key=_line))
    lanes = board.lanes(destination, channel, method, pinned_place)
    fresh = max(0, (1 if ship_together else policy.max_parcels) - len(set(begun)))

    def best(lanes: Sequence[Lane]) -> tuple[list[Candidate], list[Candidate], Choice]:
        seen = candidates(lanes, goods, stock)
        for c in seen:
            if not fresh and not c.reason and c.lane.place.key not in begun:
                c.reason = {"code": "parcels"}
        eligible = [c for c in seen if not c.reason]
        return seen, eligible, choose(_problem(policy, eligible, goods, never_split_lines, begun, fresh))

    seen, eligible, choice = best(lanes)
    if choice.short and any(lane.later for lane in lanes):
        # A full day delays and takes nothing away.
        seen, eligible, choice = best([lane.later or lane for lane in lanes])
    short = {}
    for d, demand in enumerate(goods.demands):
        missing = demand.quantity - sum(choice.given.get(d, {}).values())
        if missing:
            short[demand.line] = missing
    refused = bool(short) and on_shortage == "refuse"
    if refused:
        choice = Choice({}, choice.short, 0, 0, choice.exact)
    result = Plan(
        assignments=_assignments(choice, eligible, goods), short=short, cost=half_even(choice.cost, MILLI),
        bound=half_even(choice.bound, MILLI), exact=choice.exact, refused=refused,
        waits=ship_together and bool(short) and not refused, policy_version=policy_version,
    )  # fmt: skip
    question = {
        "policy": policy_version, "currency": policy.currency, "channel": channel, "method": method,
        "ship_together": ship_together, "never_split_lines": never_split_lines, "on_shortage": on_shortage,
        "pinned": None
        if pinned_place is None
        else next((p.code for p in board.places if p.key == pinned_place), ""),
    }  # fmt: skip
    if begun:
        codes = {p.key: p.code for p in board.places}
        question["begun"] = sorted(str(codes.get(key, key)) for key in set(begun))
    result.explanation = explain(question, policy, destination, Told(goods, seen, eligible, choice, result))
    return result


def _line(demand: Demand) -> int:
    return demand.line


def _problem(
    policy: Policy,
    eligible: Sequence[Candidate],
    goods: Basket,
    whole_lines: bool,
    begun: Collection[Key],
    fresh: int,
) -> Problem:
    leaving = [c.lane.place.key in begun for c in eligible]
    return Problem(
        fixed=[c.lane.fixed for c in eligible], unit=[c.unit for c in eligible], can=[c.can for c in eligible],
        stock=[c.stock for c in eligible], full=[not c.missing for c in eligible],
        alone=[c.alone for c in eligible], quantity=goods.quantity, value=[d.value_minor for d in goods.demands],
        parts=goods.parts, contested=goods.contested, whole_lines=whole_lines,
        most=fresh + sum(leaving), penalty=policy.parcel_penalty * MILLI, least_value=policy.min_value_per_parcel,
        steps=policy.steps, begun=leaving, fresh=fresh, split=bool(begun),
    )  # fmt: skip


def _assignments(choice: Choice, eligible: Sequence[Candidate], goods: Basket) -> tuple[Assignment, ...]:
    return tuple(
        Assignment(goods.demands[d].line, eligible[p].lane.place.key, n)
        for d, parts in choice.given.items()
        for p, n in sorted(parts.items())
    )


def _names(found: list[str] | None) -> frozenset[str] | None:
    return None if found is None else frozenset(found)


def replay(explanation: Mapping[str, Any], policy: Policy) -> Plan:
    """Plan again from a stored explanation and the policy of its version.

    The explanation of the result equals the stored one; a difference means that the rules have changed since.
    """
    variants = [str(v) for v in explanation["variants"]]
    stock: dict[tuple[Key, Key], int] = {}
    places = []
    for c in explanation["candidates"]:
        places.append(
            Place(
                key=c["place"], code=c["place"], name=c["name"], kind=c["kind"], country=c["country"], lat=c["lat"],
                lon=c["lon"], priority=c["priority"], ready_days=c["ready_days"], capacity_left=c.get("capacity_left"),
                methods=_names(c.get("methods")),
                countries=_names(c.get("countries")),
                min_stock=c.get("min_stock", 0), handling_minor=c.get("handling_own"),
                room_days=c.get("room_days"),
            )
        )  # fmt: skip
        for variant, n in zip(variants, c["stock"], strict=True):
            stock[c["place"], variant] = n
    to = explanation["destination"]
    return plan(
        policy, places, Destination(to["country"], to["lat"], to["lon"], to["precision"]),
        [
            Demand(line, quantity, tuple((variants[v], n) for v, n in parts), weight, value)
            for line, quantity, weight, value, parts in explanation["demands"]
        ],
        stock, policy_version=explanation["policy"], ship_together=explanation["ship_together"],
        never_split_lines=explanation["never_split_lines"], on_shortage=explanation["on_shortage"],
        method=explanation["method"], channel=explanation["channel"], pinned_place=explanation["pinned"],
        begun=explanation.get("begun", ()),
    )  # fmt: skip
