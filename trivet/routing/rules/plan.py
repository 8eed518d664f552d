"""Planning one order, and repeating a stored plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trivet.lib.money import half_even
from trivet.routing.rules.choose import Choice, choose
from trivet.routing.rules.cost import MILLI, Basket, Board, Candidate, basket, candidates
from trivet.routing.rules.explain import Told, explain
from trivet.routing.rules.setting import Problem
from trivet.routing.rules.values import Assignment, Demand, Destination, Key, Place, Plan, Policy


def plan(
    policy: Policy, places: Sequence[Place] | Board, destination: Destination, demands: Sequence[Demand],
    stock: Mapping[Any, int], *, policy_version: int, ship_together: bool, never_split_lines: bool,
    on_shortage: str, method: str, channel: str, pinned_place: Key | None = None,
) -> Plan:  # fmt: skip
    """Plan the whole order at once: fewest short units, then least total cost, fewest parcels, priority and code.

    ``stock`` maps (place, variant) to the units that may be promised. With ``on_shortage="refuse"`` anything short
    refuses the order. ``ship_together`` orders get one place; what it lacks is short and the order waits. Who plans
    many orders passes a :class:`Board` of the same policy, which remembers distances.
    """
    board = places if isinstance(places, Board) else Board(policy, places)
    goods = basket(demands if len(demands) == 1 else sorted(demands, key=_line))
    seen = candidates(board.lanes(destination, channel, method, pinned_place), goods, stock)
    eligible = [c for c in seen if not c.reason]
    choice = choose(_problem(policy, eligible, goods, ship_together, never_split_lines))
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
    result.explanation = explain(question, policy, destination, Told(goods, seen, eligible, choice, result))
    return result


def _line(demand: Demand) -> int:
    return demand.line


def _problem(
    policy: Policy, eligible: Sequence[Candidate], goods: Basket, ship_together: bool, whole_lines: bool
) -> Problem:
    return Problem(
        fixed=[c.lane.fixed for c in eligible], unit=[c.unit for c in eligible], can=[c.can for c in eligible],
        stock=[c.stock for c in eligible], full=[not c.missing for c in eligible],
        alone=[c.alone for c in eligible], quantity=goods.quantity, value=[d.value_minor for d in goods.demands],
        parts=goods.parts, contested=goods.contested, whole_lines=whole_lines,
        most=1 if ship_together else policy.max_parcels, penalty=policy.parcel_penalty * MILLI,
        least_value=policy.min_value_per_parcel, steps=policy.exact_steps,
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
    )  # fmt: skip
