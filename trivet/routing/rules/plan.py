"""Planning one order, and repeating a stored plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trivet.lib.money import half_even
from trivet.routing.rules.choose import Choice, Problem, choose
from trivet.routing.rules.cost import MILLI, Candidate, candidates
from trivet.routing.rules.explain import explain
from trivet.routing.rules.values import Assignment, Demand, Destination, Key, Place, Plan, Policy


def plan(
    policy: Policy, places: Sequence[Place], destination: Destination, demands: Sequence[Demand],
    stock: Mapping[Any, int], *, policy_version: int, ship_together: bool, never_split_lines: bool,
    on_shortage: str, method: str, channel: str, pinned_place: Key | None = None,
) -> Plan:  # fmt: skip
    """Plan the whole order at once: fewest short units, then least total cost, then priority and code.

    ``stock`` maps (place, variant) to the units that may be promised. With ``on_shortage="refuse"`` anything short
    refuses the order. ``ship_together`` orders get one place; what it lacks is short and the order waits.
    """
    seen = candidates(policy, places, destination, demands, stock, method, pinned_place)
    eligible = [c for c in seen if not c.reason]
    choice = choose(Problem(policy, eligible, demands, ship_together, never_split_lines))
    short = {
        demand.line: missing
        for d, demand in enumerate(demands)
        if (missing := demand.quantity - sum(choice.given.get(d, {}).values()))
    }
    refused = bool(short) and on_shortage == "refuse"
    result = Plan(
        assignments=() if refused else _assignments(choice, eligible, demands),
        short=short, cost=half_even(choice.cost, MILLI), bound=half_even(choice.bound, MILLI), exact=choice.exact,
        refused=refused, waits=ship_together and bool(short) and not refused, policy_version=policy_version,
    )  # fmt: skip
    question = {
        "policy": policy_version, "currency": policy.currency, "channel": channel, "method": method,
        "ship_together": ship_together, "never_split_lines": never_split_lines, "on_shortage": on_shortage,
        "pinned": next((p.code for p in places if p.key == pinned_place), None) if pinned_place else None,
    }  # fmt: skip
    result.explanation = explain(question, policy, destination, demands, seen, eligible, choice, result)
    return result


def _assignments(
    choice: Choice, eligible: Sequence[Candidate], demands: Sequence[Demand]
) -> tuple[Assignment, ...]:
    return tuple(
        Assignment(demands[d].line, eligible[p].place.key, n)
        for d, parts in sorted(choice.given.items())
        for p, n in sorted(parts.items())
        if n
    )


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
                lon=c["lon"], priority=c["priority"], ready_days=c["ready_days"], capacity_left=c["capacity_left"],
                methods=frozenset(c["methods"]) if c["methods"] is not None else None,
                countries=frozenset(c["countries"]) if c["countries"] is not None else None,
                min_stock=c["min_stock"], handling_minor=c["handling_own"],
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
