"""Brute force over thousands of small cases: every way to give every unit, costed from the definition."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.lib.geo import distance_km
from trivet.routing.rules import Assignment, Demand, Place, Plan, Policy, Zone, replay
from trivet.routing.rules.explain import REASONS, REFUSALS
from trivet.routing.tests.test_rules import POLICY, go, place


def brute(
    policy: Policy,
    places: list[Place],
    demands: list[Demand],
    stock: dict[tuple[str, str], int],
    **flags: Any,
) -> tuple[int, int]:
    """(short, cost in thousandths) of the best plan, by trying all of them."""
    most = 1 if flags["ship_together"] else policy.max_parcels
    options = []
    for d in demands:
        ways = [
            w for w in itertools.product(range(d.quantity + 1), repeat=len(places)) if sum(w) <= d.quantity
        ]
        if flags["never_split_lines"]:
            ways = [w for w in ways if sum(1 for n in w if n) <= 1]
        options.append(ways)
    best = (10**9, 10**18)
    for ways in itertools.product(*options):
        used = {p for w in ways for p, n in enumerate(w) if n}
        begun = set(flags.get("begun", ()))
        if len({places[p].code for p in used} - begun) > max(0, most - len(begun)):
            continue
        need: dict[tuple[str, str], int] = {}
        for d, w in zip(demands, ways, strict=True):
            for p, n in enumerate(w):
                for part, k in d.components:
                    need[places[p].code, part] = need.get((places[p].code, part), 0) + n * k  # type: ignore[index]
        if any(
            n > max(0, stock.get(at, 0) - next(p.min_stock for p in places if p.code == at[0]))
            for at, n in need.items()
        ):
            continue
        cost = policy.parcel_penalty * 1000 * max(0, len(used) - 1)
        for p in used:
            km = round(distance_km(places[p].lat, places[p].lon, 48.85, 2.35))  # type: ignore[arg-type]
            zone = next(z for z in policy.zones if km <= z.km)
            border = policy.cross_border if places[p].country != "FR" else 0
            cost += 1000 * (
                zone.base + border + policy.handling_parcel + policy.late_per_day * places[p].ready_days
            )
            for d, w in zip(demands, ways, strict=True):
                cost += w[p] * (zone.per_kg * d.weight_g + 1000 * policy.handling_unit)
        best = min(best, (sum(d.quantity for d in demands) - sum(map(sum, ways)), cost))
    return best


def cost_of(policy: Policy, places: list[Place], demands: list[Demand], found: Plan) -> int:
    alone = [
        brute_single(policy, next(p for p in places if p.code == a.place), demands, a)
        for a in found.assignments
    ]
    used = {a.place for a in found.assignments}
    fixed = sum(brute_fixed(policy, next(p for p in places if p.code == code)) for code in used)
    return sum(alone) + fixed + policy.parcel_penalty * 1000 * max(0, len(used) - 1)


def brute_zone(policy: Policy, p: Place) -> Zone:
    km = round(distance_km(p.lat, p.lon, 48.85, 2.35))  # type: ignore[arg-type]
    return next(z for z in policy.zones if km <= z.km)


def brute_fixed(policy: Policy, p: Place) -> int:
    border = policy.cross_border if p.country != "FR" else 0
    return 1000 * (
        brute_zone(policy, p).base + border + policy.handling_parcel + policy.late_per_day * p.ready_days
    )


def brute_single(policy: Policy, p: Place, demands: list[Demand], a: Assignment) -> int:
    d = next(d for d in demands if d.line == a.line)
    return a.quantity * (brute_zone(policy, p).per_kg * d.weight_g + 1000 * policy.handling_unit)


def small_case(
    rng: random.Random,
) -> tuple[Policy, list[Place], list[Demand], dict[tuple[str, str], int], dict[str, Any]]:
    policy = replace(
        POLICY, parcel_penalty=rng.choice([0, 50, 200, 2000]), max_parcels=rng.choice([1, 2, 3]),
        late_per_day=rng.choice([0, 60, 500]),
    )  # fmt: skip
    places = [
        place(
            code, lat=48.85 + rng.choice([0, 1, 5, -40]), lon=2.35 + rng.choice([0, 2, 60]), priority=rng.randrange(3),
            ready_days=rng.randrange(3), country=rng.choice(["FR", "DE"]), min_stock=rng.choice([0, 0, 1]),
        )
        for code in "abc"[: rng.randint(1, 3)]
    ]  # fmt: skip
    skus = "XYZ"
    demands = []
    for n in range(rng.randint(1, 3)):
        if rng.random() < 0.3:
            parts = tuple((s, rng.randint(1, 2)) for s in rng.sample(skus, 2))
        else:
            parts = ((rng.choice(skus), 1),)
        demands.append(Demand(n, rng.randint(1, 2), parts, rng.choice([10, 333, 4000]), 1000))
    stock = {(p.code, s): rng.randint(0, 4) for p in places for s in skus}
    flags = {
        "ship_together": rng.random() < 0.25, "never_split_lines": rng.random() < 0.5,
        "on_shortage": rng.choice(["refuse", "accept", "backorder"]),
    }  # fmt: skip
    return policy, places, demands, stock, flags


def against_brute_force(seeds: range) -> None:
    for seed in seeds:
        policy, places, demands, stock, flags = small_case(random.Random(seed))
        found = go(places, demands, stock, policy=policy, **flags)
        best = brute(policy, places, demands, stock, **flags)
        assert found.exact, seed
        assert sum(found.short.values()) == best[0], seed
        if flags["on_shortage"] == "refuse" and best[0]:
            assert found.refused, seed
        elif found.assignments:
            assert cost_of(policy, places, demands, found) == best[1], seed


def test_two_thousand_small_cases_agree_with_brute_force() -> None:
    against_brute_force(range(2_000))


def test_the_rest_of_an_order_counts_the_parcels_that_it_has() -> None:
    for seed in range(3_000, 4_500):
        rng = random.Random(seed)
        policy, places, demands, stock, flags = small_case(rng)
        begun = rng.sample([*(p.code for p in places), "gone"], rng.randint(1, 2))
        flags |= {"begun": begun, "ship_together": False, "on_shortage": "backorder"}
        found = go(places, demands, stock, policy=policy, **flags)
        best = brute(policy, places, demands, stock, **flags)
        assert found.exact, seed
        assert sum(found.short.values()) == best[0], seed
        assert len({a.place for a in found.assignments} - set(begun)) <= max(
            0, policy.max_parcels - len(begun)
        )
        if found.assignments:
            assert cost_of(policy, places, demands, found) == best[1], seed
        assert {c["why"]["code"] for c in found.explanation["candidates"]} <= set(REASONS)
        stored = orjson.dumps(found.explanation)
        assert orjson.dumps(replay(orjson.loads(stored), policy).explanation) == stored


@pytest.mark.soak
def test_fifty_thousand_small_cases_agree_with_brute_force() -> None:
    against_brute_force(range(2_000, 52_000))


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(rng: random.Random) -> None:
    policy, places, demands, stock, flags = small_case(rng)
    shuffled = rng.sample(places, len(places))
    one, other = (
        go(places, demands, stock, policy=policy, **flags),
        go(shuffled, demands, stock, policy=policy, **flags),
    )
    assert one.assignments == other.assignments
    assert orjson.dumps(one.explanation) == orjson.dumps(other.explanation)


@given(st.randoms(use_true_random=False))
def test_a_stored_decision_can_be_repeated_bit_for_bit(rng: random.Random) -> None:
    policy, places, demands, stock, flags = small_case(rng)
    found = go(places, demands, stock, policy=policy, **flags)
    stored = orjson.dumps(found.explanation)
    again = replay(orjson.loads(stored), Policy.from_dict(orjson.loads(orjson.dumps(policy.as_dict()))))
    assert orjson.dumps(again.explanation) == stored
    assert again.assignments == found.assignments


@given(st.randoms(use_true_random=False))
def test_every_reason_is_in_the_closed_list(rng: random.Random) -> None:
    policy, places, demands, stock, flags = small_case(rng)
    told = go(places, demands, stock, policy=policy, **flags).explanation
    assert {c["why"]["code"] for c in told["candidates"]} <= set(REASONS)
    assert set(told["refusal"]) <= set(REFUSALS)


@given(st.randoms(use_true_random=False))
def test_more_stock_never_makes_it_worse(rng: random.Random) -> None:
    policy, places, demands, stock, flags = small_case(rng)
    more = {key: n + rng.randint(0, 2) for key, n in stock.items()}
    one, other = (
        go(places, demands, stock, policy=policy, **flags),
        go(places, demands, more, policy=policy, **flags),
    )
    assert sum(other.short.values()) <= sum(one.short.values())
    if not one.short and not other.short:
        assert other.cost <= one.cost
