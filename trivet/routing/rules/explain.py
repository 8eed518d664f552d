"""The explanation of a plan: its inputs, every place with its cost terms and why it lost, what would have won.

Reasons are codes with parameters, so that each language can say them; ``REASONS`` is the closed list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trivet.lib.money import half_even
from trivet.routing.rules.choose import Choice
from trivet.routing.rules.cost import MILLI, Candidate
from trivet.routing.rules.values import Demand, Destination, Key, Plan, Policy

REASONS: dict[str, str] = {
    "chosen": "ships {units} of {total} units",
    "dearer": "could ship everything, but costs {by} more",
    "short": "cannot ship everything: {missing} units are missing",
    "not_needed": "has some of the units, but another place of the plan has them cheaper or in fewer parcels",
    "kind": "places of this kind do not ship under the policy",
    "method": "does not offer this shipping method on this channel",
    "country": "does not ship to this country",
    "capacity": "has no capacity left today",
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
}
"""Why units are short, with an English sentence for each code."""


def explain(
    question: dict[str, Any], policy: Policy, to: Destination, demands: Sequence[Demand],
    seen: Sequence[Candidate], eligible: Sequence[Candidate], choice: Choice, result: Plan,
) -> dict[str, Any]:  # fmt: skip
    """The explanation as plain lists and dicts, ready for JSON."""
    variants = list(dict.fromkeys(part for d in demands for part, _ in d.components))
    index = {variant: n for n, variant in enumerate(variants)}
    given = _units(choice, eligible)
    total = sum(d.quantity for d in demands)
    alone = {c.place.key: _alone(c, demands) for c in eligible}
    return question | {
        "destination": {"country": to.country, "lat": to.lat, "lon": to.lon, "precision": to.precision},
        "variants": variants,
        "demands": [
            [d.line, d.quantity, d.weight_g, d.value_minor, [[index[v], n] for v, n in d.components]]
            for d in demands
        ],
        "candidates": [_candidate(c, demands, given, alone, total, choice, result) for c in seen],
        "parcels": [] if result.refused else _parcels(eligible, given),
        "penalty": policy.parcel_penalty * max(0, len(given) - 1),
        "cost": result.cost,
        "bound": result.bound,
        "exact": result.exact,
        "short": [[line, n] for line, n in result.short.items()],
        "refused": result.refused,
        "refusal": _refusal(question, policy, demands, eligible, result) if result.short else [],
        "would_win": _would_win(demands, eligible, given, alone, choice, variants),
    }


def _units(choice: Choice, eligible: Sequence[Candidate]) -> dict[Key, dict[int, int]]:
    given: dict[Key, dict[int, int]] = {}
    for d, parts in sorted(choice.given.items()):
        for p, n in sorted(parts.items()):
            given.setdefault(eligible[p].place.key, {})[d] = n
    return given


def _alone(c: Candidate, demands: Sequence[Demand]) -> int:
    return c.fixed + sum(unit * d.quantity for unit, d in zip(c.per_unit, demands, strict=True))


def _candidate(
    c: Candidate, demands: Sequence[Demand], given: Mapping[Key, dict[int, int]], alone: Mapping[Key, int],
    total: int, choice: Choice, result: Plan,
) -> dict[str, Any]:  # fmt: skip
    place = c.place
    full = alone.get(place.key)
    return {
        "place": place.code, "name": place.name, "kind": place.kind, "country": place.country, "lat": place.lat,
        "lon": place.lon, "priority": place.priority, "ready_days": place.ready_days,
        "capacity_left": place.capacity_left, "min_stock": place.min_stock,
        "methods": sorted(place.methods) if place.methods is not None else None,
        "countries": sorted(place.countries) if place.countries is not None else None,
        "handling_own": place.handling_minor, "km": c.km, "stock": c.raw, "can": c.can, "shipping": c.shipping,
        "handling": c.handling, "lateness": c.lateness, "alone": None if full is None else half_even(full, MILLI),
        "why": _why(c, demands, given, full, total, choice, result),
    }  # fmt: skip


def _why(
    c: Candidate, demands: Sequence[Demand], given: Mapping[Key, dict[int, int]], alone: int | None, total: int,
    choice: Choice, result: Plan,
) -> dict[str, Any]:  # fmt: skip
    if c.reason or alone is None:
        return {"code": c.reason}
    missing = sum(d.quantity - n for d, n in zip(demands, c.can, strict=True))
    if c.place.key in given and not result.refused:
        return {"code": "chosen", "units": sum(given[c.place.key].values()), "total": total}
    if missing == 0:
        return {"code": "dearer", "by": max(0, half_even(alone - choice.cost, MILLI))}
    return {"code": "short" if not choice.short else "not_needed", "missing": missing}


def _parcels(eligible: Sequence[Candidate], given: Mapping[Key, dict[int, int]]) -> list[dict[str, Any]]:
    parcels = []
    for c in eligible:
        units = given.get(c.place.key)
        if units:
            weight_and_units = sum(c.per_unit[d] * n for d, n in units.items())
            parcels.append({
                "place": c.place.code, "units": sum(units.values()), "fixed": c.shipping + c.handling + c.lateness,
                "by_unit": half_even(weight_and_units, MILLI),
            })  # fmt: skip
    return parcels


def _would_win(
    demands: Sequence[Demand], eligible: Sequence[Candidate], given: Mapping[Key, dict[int, int]],
    alone: Mapping[Key, int], choice: Choice, variants: Sequence[Key],
) -> list[dict[str, Any]]:  # fmt: skip
    """What each place that lost would have needed to ship everything alone and win."""
    found = []
    for c in eligible:
        if len(given) == 1 and c.place.key in given and not choice.short:
            continue
        more = [
            [variants.index(part), need - c.stock[part]]
            for part, need in _needs(demands).items()
            if need > c.stock[part]
        ]
        cheaper = 0 if choice.short else max(0, half_even(alone[c.place.key] - choice.cost, MILLI) + 1)
        if not choice.short and alone[c.place.key] < choice.cost:
            cheaper = 0
        found.append({"place": c.place.code, "cheaper_by": cheaper, "more": more})
    return found


def _needs(demands: Sequence[Demand]) -> dict[Key, int]:
    needs: dict[Key, int] = {}
    for demand in demands:
        for part, n in demand.components:
            needs[part] = needs.get(part, 0) + n * demand.quantity
    return needs


def _refusal(
    question: Mapping[str, Any], policy: Policy, demands: Sequence[Demand], eligible: Sequence[Candidate],
    result: Plan,
) -> list[str]:  # fmt: skip
    if not eligible:
        return ["no_place"]
    needs = _needs(demands)
    if any(sum(c.stock[part] for c in eligible) < need for part, need in needs.items()):
        return ["not_enough"]
    if question["ship_together"]:
        return ["no_single_place"]
    whole = [d for d, demand in enumerate(demands) if demand.line in result.short]
    if question["never_split_lines"] and any(
        max(c.can[d] for c in eligible) < demands[d].quantity for d in whole
    ):
        return ["no_single_place_for_line"]
    return ["too_many_parcels"] if len(eligible) > policy.max_parcels else ["no_single_place_for_line"]
