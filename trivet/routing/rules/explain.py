"""The explanation of a plan: its inputs, every place with its cost terms and why it lost, what would have won.

Reasons are codes with parameters, so that each language can say them; ``REASONS`` and ``REFUSALS`` are closed lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trivet.lib.money import half_even
from trivet.routing.rules.cost import MILLI, Basket, Candidate
from trivet.routing.rules.setting import Choice
from trivet.routing.rules.values import Destination, Plan, Policy

REASONS: dict[str, str] = {
    "chosen": "ships {units} of {total} units",
    "dearer": "could ship everything, but costs {by} more",
    "rank": "could ship everything for the same cost, but comes later in the order of priority",
    "short": "cannot ship everything: {missing} units are missing",
    "not_needed": "has some of the units, but another place of the plan has them cheaper or in fewer parcels",
    "rule": "rule {rule} of the policy excludes it for this order",
    "kind": "places of this kind do not ship under the policy",
    "method": "does not offer this shipping method on this channel",
    "country": "does not ship to this country",
    "capacity": "its next dispatch is full",
    "parcels": "does not ship any of the order yet, and it has as many parcels as the policy allows",
    "no_stock": "has none of the units",
    "not_the_pickup_place": "is not where the customer wants to pick up",
}
"""Why a place ships or does not, with an English sentence for each code."""

REFUSALS: dict[str, str] = {
    "no_place": "no place may ship this order",
    "not_enough": "all places together have too few units",
    "no_single_place_for_line": "no single place has a whole line, and lines may not be split",
    "no_single_place": "no single place has everything, and the order ships together",
    "too_many_parcels": "it would take more parcels than the policy allows",
    "parcels_too_small": "a parcel of the split order would be worth less than the policy demands",
}
"""Why units are short, with an English sentence for each code."""


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell: the goods, all candidates, those that were eligible, and what came of it."""

    goods: Basket
    seen: Sequence[Candidate]
    eligible: Sequence[Candidate]
    choice: Choice
    result: Plan


def explain(question: dict[str, Any], policy: Policy, to: Destination, told: Told) -> dict[str, Any]:
    """The explanation as plain lists and dicts, ready for JSON."""
    goods, result, choice = told.goods, told.result, told.choice
    units = [0] * len(told.eligible)
    for parts in choice.given.values():
        for p, n in parts.items():
            units[p] += n
    chosen = [p for p, n in enumerate(units) if n]
    best = (choice.cost, len(chosen), chosen)
    question["destination"] = {"country": to.country, "lat": to.lat, "lon": to.lon, "precision": to.precision}
    question["variants"] = [str(v) for v in goods.variants]
    question["demands"] = [
        [d.line, d.quantity, d.weight_g, d.value_minor, [[v, n] for v, n in parts]]
        for d, parts in zip(goods.demands, goods.parts, strict=True)
    ]
    question["candidates"] = _candidates(told, units)
    question["parcels"] = [_parcel(told, p, units[p]) for p in chosen]
    question["penalty"] = policy.parcel_penalty * max(0, len(chosen) - 1)
    question["cost"] = result.cost
    question["bound"] = result.bound
    question["exact"] = result.exact
    question["short"] = [[line, n] for line, n in result.short.items()]
    question["refused"] = result.refused
    question["refusal"] = _refusal(question, policy, told) if result.short else []
    question["would_win"] = [
        _would_win(goods, p, c, choice.short > 0, best)
        for p, c in enumerate(told.eligible)
        if choice.short or chosen != [p]
    ]
    return question


def _candidates(told: Told, units: Sequence[int]) -> list[dict[str, Any]]:
    choice = told.choice
    total = sum(told.goods.quantity)
    found, p = [], 0
    for c in told.seen:
        why: dict[str, Any] = c.reason
        if not why:
            if units[p]:
                why = {"code": "chosen", "units": units[p], "total": total}
            elif c.missing:
                why = {"code": "not_needed" if choice.short else "short", "missing": c.missing}
            elif c.alone > choice.cost:
                why = {"code": "dearer", "by": half_even(c.alone - choice.cost, MILLI)}
            else:
                why = {"code": "rank"}
            p += 1
        found.append({
            **c.lane.shown, "stock": c.raw, "can": c.can, "why": why,
            "alone": None if c.reason else half_even(c.alone, MILLI),
        })  # fmt: skip
    return found


def _parcel(told: Told, p: int, units: int) -> dict[str, Any]:
    c = told.eligible[p]
    by_unit = sum(c.unit[d] * parts[p] for d, parts in told.choice.given.items() if p in parts)
    fixed = c.lane.fixed // MILLI
    return {"place": c.lane.place.code, "units": units, "fixed": fixed, "by_unit": half_even(by_unit, MILLI)}


def _would_win(
    goods: Basket, p: int, c: Candidate, short: bool, best: tuple[int, int, list[int]]
) -> dict[str, Any]:
    """What a place that lost would have needed so that the best plan had used it."""
    more = []
    if c.missing:
        more = [
            [v, need - n] for v, (need, n) in enumerate(zip(goods.needs, c.stock, strict=True)) if need > n
        ]
    by, cost = 0, best[0]
    if not short and c.alone >= cost:
        ranks_first = (1, [p]) < best[1:]
        gap = c.alone - cost
        by = -(-gap // MILLI) if ranks_first else gap // MILLI + 1
    return {"place": c.lane.place.code, "cheaper_by": by, "more": more}


def _refusal(question: Mapping[str, Any], policy: Policy, told: Told) -> list[str]:
    eligible, goods = told.eligible, told.goods
    begun = question.get("begun", ())
    if any(c.reason.get("code") == "parcels" for c in told.seen):
        return ["too_many_parcels"]
    if not eligible:
        return ["not_enough" if any(c.reason["code"] == "no_stock" for c in told.seen) else "no_place"]
    if any(sum(c.stock[v] for c in eligible) < need for v, need in enumerate(goods.needs)):
        return ["not_enough"]
    if question["ship_together"]:
        return ["no_single_place"]
    if question["never_split_lines"] and any(
        max(c.can[d] for c in eligible) < demand.quantity for d, demand in enumerate(goods.demands)
    ):
        return ["no_single_place_for_line"]
    others = [c for c in eligible if c.lane.place.code not in begun]
    if len(others) > max(0, policy.max_parcels - len(begun)):
        return ["too_many_parcels"]
    return ["parcels_too_small" if policy.min_value_per_parcel else "no_single_place_for_line"]
