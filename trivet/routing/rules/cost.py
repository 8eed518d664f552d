"""What it would cost to ship from each place: fixed per parcel, linear per unit, in thousandths of a minor unit.

Thousandths keep the per-kilogram price of a few grams exact in integers, so that equal costs are really equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trivet.lib.geo import distance_km
from trivet.routing.rules.values import Demand, Destination, Key, Place, Policy

MILLI = 1_000


@dataclass(slots=True)
class Candidate:
    """A place seen from one order. ``fixed`` per parcel and ``per_unit`` by demand in thousandths; ``can``: units of
    each demand that its stock allows when the demand is alone."""

    place: Place
    km: int
    reason: str
    shipping: int
    handling: int
    lateness: int
    fixed: int
    per_unit: list[int]
    can: list[int]
    stock: dict[Key, int]
    raw: list[int]


def candidates(
    policy: Policy, places: Sequence[Place], to: Destination, demands: Sequence[Demand],
    stock: Mapping[Any, int], method: str, pinned: Key | None,
) -> list[Candidate]:  # fmt: skip
    """Every place with its costs, or with the reason why it may not ship, by priority and code."""
    found = []
    parts = list(dict.fromkeys(part for demand in demands for part, _ in demand.components))
    for place in sorted(places, key=lambda p: (p.priority, p.code)):
        km = _km(policy, place, to)
        zone = policy.zone(km)
        shipping = zone.base + (policy.cross_border if to.country and place.country != to.country else 0)
        handling = policy.handling_parcel if place.handling_minor is None else place.handling_minor
        lateness = policy.late_per_day * place.ready_days
        raw = [stock.get((place.key, part), 0) for part in parts]
        usable = {part: max(0, n - place.min_stock) for part, n in zip(parts, raw, strict=True)}
        can = [min(d.quantity, min(usable[part] // n for part, n in d.components)) for d in demands]
        found.append(
            Candidate(
                place, km, _reason(policy, place, to, method, pinned, can), shipping, handling, lateness,
                (shipping + handling + lateness) * MILLI,
                [zone.per_kg * d.weight_g + policy.handling_unit * MILLI for d in demands], can, usable, raw,
            )
        )  # fmt: skip
    return found


_distances: dict[tuple[float, float, float, float], int] = {}


def _km(policy: Policy, place: Place, to: Destination) -> int:
    if place.lat is None or place.lon is None or to.lat is None or to.lon is None:
        return policy.unknown_distance_km
    key = (place.lat, place.lon, to.lat, to.lon)
    km = _distances.get(key)
    if km is None:
        if len(_distances) > 200_000:
            _distances.clear()
        km = _distances[key] = round(distance_km(*key))
    return km


def _reason(
    policy: Policy, place: Place, to: Destination, method: str, pinned: Key | None, can: Sequence[int]
) -> str:
    if pinned is not None:
        if place.key != pinned:
            return "not_the_pickup_place"
    elif place.kind not in policy.kinds:
        return "kind"
    if place.methods is not None and method not in place.methods:
        return "method"
    if place.countries is not None and to.country not in place.countries:
        return "country"
    if place.capacity_left is not None and place.capacity_left <= 0:
        return "capacity"
    if not any(can):
        return "no_stock"
    return ""
