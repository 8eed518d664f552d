"""What it would cost to ship from each place: fixed per parcel, linear per unit, in thousandths of a minor unit.

Thousandths keep the per-kilogram price of a few grams exact in integers, so that equal costs are really equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from trivet.lib.geo import distance_km
from trivet.routing.rules.setting import Parts
from trivet.routing.rules.values import Demand, Destination, Key, Place, Policy, Rule

MILLI = 1_000
_MOST_LANES = 20_000


@dataclass(frozen=True, slots=True)
class Lane:
    """A place seen from one destination: what does not depend on the goods. Minor units, except ``fixed`` per parcel
    and ``per_kg`` and ``per_unit`` per gram and unit, in thousandths. ``shown`` is its part of the explanation.
    ``later`` is the same place, whose next dispatch is full, as it is when goods leave it by the first with room."""

    place: Place
    reason: dict[str, Any]
    fixed: int
    per_gram: int
    per_unit: int
    shown: dict[str, Any]
    later: Lane | None = None


@dataclass(slots=True)
class Candidate:
    """A place seen from one order. ``raw`` and ``stock`` by variant, without and with the minimum kept back; ``can``
    by demand: units possible when the demand is alone; ``missing``: what it lacks to ship everything."""

    lane: Lane
    reason: dict[str, Any]
    raw: list[int]
    stock: list[int]
    can: list[int]
    unit: list[int]
    missing: int
    alone: int


@dataclass(slots=True)
class Basket:
    """The demands in numbers: ``variants`` in order of appearance, ``parts`` of each demand by their index."""

    demands: Sequence[Demand]
    variants: list[Key]
    parts: list[Parts]
    needs: list[int]
    quantity: list[int]

    @property
    def contested(self) -> bool:
        """Whether some variant is in two demands."""
        return sum(map(len, self.parts)) > len(self.variants)


class Board:
    """Places under one policy, by priority and code, with what is known of each destination.

    Made once for many orders; it remembers lanes, so a destination seen before costs a look-up.
    """

    def __init__(self, policy: Policy, places: Sequence[Place]) -> None:
        self.policy = policy
        self.places = sorted(places, key=lambda p: (p.priority, p.code))
        self._lanes: dict[tuple[object, ...], list[Lane]] = {}

    def lanes(self, to: Destination, channel: str, method: str, pinned: Key | None) -> list[Lane]:
        """Every place as seen from ``to``."""
        key = (to.country, to.lat, to.lon, channel, method, pinned)
        found = self._lanes.get(key)
        if found is None:
            if len(self._lanes) >= _MOST_LANES:
                self._lanes.clear()
            found = self._lanes[key] = [self._seen(p, to, channel, method, pinned) for p in self.places]
        return found

    def _seen(self, place: Place, to: Destination, channel: str, method: str, pinned: Key | None) -> Lane:
        reason = _reason(self.policy, place, to, channel, method, pinned)
        lane = self._lane(place, to, pinned, reason, place.ready_days)
        if reason.get("code") != "capacity" or place.room_days is None:
            return lane
        return replace(lane, later=self._lane(place, to, pinned, {}, place.room_days))

    def _lane(
        self, place: Place, to: Destination, pinned: Key | None, reason: dict[str, Any], days: int
    ) -> Lane:
        policy = self.policy
        km = _km(policy, place, to)
        zone = policy.zone(km)
        shipping = zone.base + (policy.cross_border if to.country and place.country != to.country else 0)
        per_gram = zone.per_kg
        if pinned is not None:
            shipping = per_gram = 0  # the customer comes for it
        handling = policy.handling_parcel if place.handling_minor is None else place.handling_minor
        lateness = policy.late_per_day * days
        shown: dict[str, Any] = {
            "place": place.code, "name": place.name, "kind": place.kind, "country": place.country, "lat": place.lat,
            "lon": place.lon, "priority": place.priority, "ready_days": place.ready_days, "km": km,
            "shipping": shipping, "handling": handling, "lateness": lateness,
        }  # fmt: skip
        # What few places have is left out where it is not set: every order stores this of every place.
        if place.capacity_left is not None:
            shown["capacity_left"] = place.capacity_left
        if place.room_days is not None:
            shown["room_days"] = place.room_days
        if place.min_stock:
            shown["min_stock"] = place.min_stock
        if place.methods is not None:
            shown["methods"] = sorted(place.methods)
        if place.countries is not None:
            shown["countries"] = sorted(place.countries)
        if place.handling_minor is not None:
            shown["handling_own"] = place.handling_minor
        return Lane(
            place, reason, (shipping + handling + lateness) * MILLI, per_gram, policy.handling_unit * MILLI, shown,
        )  # fmt: skip


def basket(demands: Sequence[Demand]) -> Basket:
    """The demands in numbers."""
    index: dict[Key, int] = {}
    needs: list[int] = []
    parts: list[Parts] = []
    for demand in demands:
        goods = []
        for variant, n in demand.components if len(demand.components) == 1 else _joined(demand.components):
            v = index.get(variant)
            if v is None:
                v = index[variant] = len(needs)
                needs.append(0)
            needs[v] += n * demand.quantity
            goods.append((v, n))
        parts.append(tuple(goods))
    return Basket(demands, list(index), parts, needs, [d.quantity for d in demands])


def _joined(components: Sequence[tuple[Key, int]]) -> list[tuple[Key, int]]:
    sums: dict[Key, int] = {}
    for variant, n in components:
        sums[variant] = sums.get(variant, 0) + n
    return list(sums.items())


def candidates(lanes: Sequence[Lane], goods: Basket, stock: Mapping[Any, int]) -> list[Candidate]:
    """Every place with its costs, or with the reason why it may not ship."""
    weights = [d.weight_g for d in goods.demands]
    found = []
    for lane in lanes:
        key, keep = lane.place.key, lane.place.min_stock
        raw = [stock.get((key, variant), 0) for variant in goods.variants]
        usable = [n - keep if n > keep else 0 for n in raw]
        can = []
        for wanted, parts in zip(goods.quantity, goods.parts, strict=True):
            for v, per in parts:
                n = usable[v] // per
                wanted = n if n < wanted else wanted  # min() would take twice the time
            can.append(wanted)
        missing = 0
        for need, n in zip(goods.needs, usable, strict=True):
            if need > n:
                missing += need - n
        per_gram, per_unit = lane.per_gram, lane.per_unit
        unit = [per_gram * w + per_unit for w in weights]
        alone = lane.fixed
        for cost, wanted in zip(unit, goods.quantity, strict=True):
            alone += cost * wanted
        reason = lane.reason or ({} if any(can) else {"code": "no_stock"})
        found.append(Candidate(lane, reason, raw, usable, can, unit, missing, alone))
    return found


def _km(policy: Policy, place: Place, to: Destination) -> int:
    if place.lat is None or place.lon is None or to.lat is None or to.lon is None:
        return policy.unknown_distance_km
    return _rounded(place.lat, place.lon, to.lat, to.lon)


@lru_cache(maxsize=200_000)
def _rounded(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    return round(distance_km(lat1, lon1, lat2, lon2))


def _reason(
    policy: Policy, place: Place, to: Destination, channel: str, method: str, pinned: Key | None
) -> dict[str, Any]:
    if pinned is not None:
        # Who collects has agreed on the place with the shop; only its stock counts.
        return {} if place.key == pinned else {"code": "not_the_pickup_place"}
    for n, rule in enumerate(policy.rules):
        if _fits(rule, place, to, channel, method):
            if not rule.allow:
                return {"code": "rule", "rule": n + 1}
            break
    if place.kind not in policy.kinds:
        return {"code": "kind"}
    if place.methods is not None and method not in place.methods:
        return {"code": "method"}
    if place.countries is not None and to.country not in place.countries:
        return {"code": "country"}
    if place.capacity_left is not None and place.capacity_left <= 0:
        return {"code": "capacity"}
    return {}


def _fits(rule: Rule, place: Place, to: Destination, channel: str, method: str) -> bool:
    return (
        (not rule.channels or channel in rule.channels)
        and (not rule.countries or to.country in rule.countries)
        and (not rule.methods or method in rule.methods)
        and (not rule.kinds or place.kind in rule.kinds)
        and (not rule.places or place.code in rule.places)
    )


def barred(policy: Policy, place: Place, country: str, channel: str, method: str) -> bool:
    """Whether ``place`` may not ship an order of ``channel`` to ``country`` by ``method``, whatever it has."""
    return bool(_reason(policy, place, Destination(country, None, None, "country"), channel, method, None))
