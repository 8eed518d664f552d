"""Routing: the cases people tell each other, and brute force over thousands of small ones."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.lib.errors import Invalid
from trivet.routing.rules import Demand, Destination, Place, Plan, Policy, plan, replay

PARIS = Destination("FR", 48.85, 2.35, "postcode")
POLICY = Policy(currency="EUR")


def place(code: str, **more: Any) -> Place:
    values: dict[str, Any] = {
        "key": code, "code": code, "name": code.title(), "kind": "warehouse", "country": "FR", "lat": 48.85,
        "lon": 2.35, "priority": 10, "ready_days": 0, "capacity_left": None, "methods": None, "countries": None,
        "min_stock": 0, "handling_minor": None,
    }  # fmt: skip
    return Place(**(values | more))


def demand(line: int, sku: str, quantity: int = 1, **more: Any) -> Demand:
    return Demand(
        **(
            {
                "line": line,
                "quantity": quantity,
                "components": ((sku, 1),),
                "weight_g": 200,
                "value_minor": 1000,
            }
            | more
        )
    )


def go(places: list[Place], demands: list[Demand], stock: dict[tuple[str, str], int], **more: Any) -> Plan:
    options: dict[str, Any] = {
        "policy": POLICY, "destination": PARIS, "policy_version": 3, "ship_together": False,
        "never_split_lines": True, "on_shortage": "refuse", "method": "standard", "channel": "web",
    } | more  # fmt: skip
    return plan(options.pop("policy"), places, options.pop("destination"), demands, stock, **options)  # type: ignore[arg-type]


def where(found: Plan) -> dict[int, set[str]]:
    result: dict[int, set[str]] = {}
    for a in found.assignments:
        result.setdefault(a.line, set()).add(a.place)
    return result


def test_shirt_and_scarf_ship_once_from_the_place_that_has_both() -> None:
    berlin, paris = place("berlin", lat=52.5, lon=13.4, country="DE", priority=1), place("paris", priority=2)
    lyon = place("lyon", lat=45.76, lon=4.83, priority=0)
    stock = {("lyon", "SHIRT"): 9, ("berlin", "SCARF"): 9, ("paris", "SHIRT"): 1, ("paris", "SCARF"): 1}
    found = go([berlin, lyon, paris], [demand(1, "SHIRT"), demand(2, "SCARF")], stock)
    assert where(found) == {1: {"paris"}, 2: {"paris"}}
    assert found.exact


def test_a_split_happens_when_it_is_truly_cheaper() -> None:
    near, far = place("near"), place("far", lat=-33.9, lon=151.2, country="AU")
    stock = {("near", "A"): 1, ("far", "A"): 1, ("far", "B"): 1}
    cheap = replace(POLICY, parcel_penalty=0)
    heavy = demand(1, "A", weight_g=9_000)
    assert where(go([near, far], [heavy, demand(2, "B")], stock, policy=cheap)) == {1: {"near"}, 2: {"far"}}
    dear = replace(POLICY, parcel_penalty=100_000)
    assert where(go([near, far], [heavy, demand(2, "B")], stock, policy=dear)) == {1: {"far"}, 2: {"far"}}


@pytest.mark.parametrize(
    ("code", "change", "options"),
    [
        ("kind", {"kind": "supplier"}, {}),
        ("method", {"methods": frozenset({"express"})}, {}),
        ("country", {"countries": frozenset({"GB"})}, {}),
        ("capacity", {"capacity_left": 0}, {}),
        ("no_stock", {"min_stock": 5}, {}),
        ("not_the_pickup_place", {}, {"pinned_place": "other"}),
    ],
)
def test_every_rule_can_rule_a_place_out_and_says_so(code: str, change: dict[str, Any], options: Any) -> None:
    stock = {("best", "A"): 5, ("other", "A"): 50}
    found = go(
        [place("best", **change), place("other", priority=99, lat=43.3)], [demand(1, "A")], stock, **options
    )
    assert where(found) == {1: {"other"}}
    told = {c["place"]: c["why"]["code"] for c in found.explanation["candidates"]}
    assert told == {"best": code, "other": "chosen"}


def test_a_full_place_spills_to_the_next() -> None:
    stock = {("a", "A"): 5, ("b", "A"): 5}
    places = [place("a", capacity_left=1), place("b", priority=20)]
    assert where(go(places, [demand(1, "A")], stock)) == {1: {"a"}}
    assert where(go([replace(places[0], capacity_left=0), places[1]], [demand(1, "A")], stock)) == {1: {"b"}}


def test_what_would_be_short_waits_for_a_day_with_room() -> None:
    stock = {("a", "A"): 5, ("b", "A"): 2}
    places = [place("a", capacity_left=0, room_days=3), place("b", priority=20, ready_days=1)]
    assert where(go(places, [demand(1, "A", 2)], stock)) == {1: {"b"}}
    found = go(places, [demand(1, "A", 5)], stock, on_shortage="refuse")
    assert where(found) == {1: {"a"}} and not found.refused
    told = found.explanation["candidates"][0]
    assert (told["room_days"], told["lateness"]) == (3, 3 * POLICY.late_per_day)
    assert orjson.dumps(
        replay(orjson.loads(orjson.dumps(found.explanation)), POLICY).explanation
    ) == orjson.dumps(found.explanation)
    never = [replace(places[0], room_days=None), places[1]]
    assert go(never, [demand(1, "A", 5)], stock, on_shortage="refuse").refused


def test_never_split_lines_refuses_and_says_why() -> None:
    stock = {("a", "A"): 3, ("b", "A"): 4}
    places = [place("a"), place("b")]
    found = go(places, [demand(1, "A", 5)], stock)
    assert found.refused
    assert found.assignments == ()
    assert found.explanation["refusal"] == ["no_single_place_for_line"]
    split = go(places, [demand(1, "A", 5)], stock, never_split_lines=False)
    assert sum(a.quantity for a in split.assignments) == 5


def test_ship_together_waits_rather_than_splits() -> None:
    stock = {("a", "A"): 1, ("b", "B"): 1, ("a", "B"): 0}
    places = [place("a"), place("b")]
    lines = [demand(1, "A"), demand(2, "B")]
    assert len({a.place for a in go(places, lines, stock).assignments}) == 2
    together = go(places, lines, stock, ship_together=True, on_shortage="backorder")
    assert together.waits
    assert len({a.place for a in together.assignments}) == 1
    refused = go(places, lines, stock, ship_together=True)
    assert refused.refused
    assert refused.explanation["refusal"] == ["no_single_place"]


def test_shortage_promises_as_much_as_there_is() -> None:
    stock = {("a", "A"): 1, ("b", "A"): 2}
    found = go(
        [place("a"), place("b")], [demand(1, "A", 9)], stock, on_shortage="accept", never_split_lines=False
    )
    assert found.short == {1: 6}
    assert sum(a.quantity for a in found.assignments) == 3
    whole = go([place("a"), place("b")], [demand(1, "A", 9)], stock, on_shortage="accept")
    assert whole.short == {1: 7}


def test_a_bundle_comes_from_one_place_and_competes_with_single_sales() -> None:
    bundle = demand(1, "", 2, components=(("CUP", 2), ("SAUCER", 1)))
    stock = {("a", "CUP"): 5, ("a", "SAUCER"): 9, ("b", "CUP"): 9, ("b", "SAUCER"): 1}
    found = go([place("a"), place("b", priority=20)], [bundle, demand(2, "CUP", 2)], stock)
    assert where(found) == {1: {"a"}, 2: {"b"}}


def test_a_split_parcel_is_worth_its_postage() -> None:
    stock = {("a", "A"): 1, ("b", "B"): 1, ("c", "A"): 1, ("c", "B"): 1}
    far = place("c", lat=-33.9, lon=151.2, country="AU")
    lines = [demand(1, "A", value_minor=300), demand(2, "B", value_minor=9000)]
    free = go([place("a"), place("b"), far], lines, stock)
    assert len({a.place for a in free.assignments}) == 2
    strict = go([place("a"), place("b"), far], lines, stock, policy=replace(POLICY, min_value_per_parcel=500))
    assert where(strict) == {1: {"c"}, 2: {"c"}}


def test_a_parcel_that_splits_what_ships_already_is_worth_its_postage() -> None:
    strict = replace(POLICY, min_value_per_parcel=500)
    rest, stock = [demand(1, "A", value_minor=300)], {("b", "A"): 1}
    assert where(go([place("a"), place("b")], rest, stock, policy=strict)) == {1: {"b"}}
    later = go([place("a"), place("b")], rest, stock, policy=strict, begun=["a"], on_shortage="backorder")
    assert (later.assignments, later.explanation["refusal"]) == ((), ["parcels_too_small"])
    assert where(go([place("a"), place("b")], rest, stock, policy=strict, begun=["b"])) == {1: {"b"}}


def test_max_parcels_is_kept() -> None:
    places = [place(c) for c in "abcd"]
    stock = {(c, c.upper()): 1 for c in "abcd"}
    lines = [demand(n, c.upper()) for n, c in enumerate("abcd")]
    assert len(go(places, lines, stock).assignments) == 4
    two = go(places, lines, stock, policy=replace(POLICY, max_parcels=2), on_shortage="accept")
    assert len({a.place for a in two.assignments}) == 2
    assert sum(two.short.values()) == 2


def test_what_would_have_won_is_told() -> None:
    stock = {("near", "A"): 1, ("far", "A"): 5, ("far", "B"): 5}
    near, far = place("near"), place("far", lat=43.3, lon=5.4)
    found = go([near, far], [demand(1, "A", 2), demand(2, "B")], stock)
    told = {w["place"]: w for w in found.explanation["would_win"]}
    variants = found.explanation["variants"]
    assert [(variants[v], n) for v, n in told["near"]["more"]] == [("A", 1), ("B", 1)]
    assert told["near"]["cheaper_by"] == 0
    again = go([near, far], [demand(1, "A", 2), demand(2, "B")], stock | {("near", "A"): 2, ("near", "B"): 1})
    assert where(again) == {1: {"near"}, 2: {"near"}}


def test_cheaper_by_is_just_enough() -> None:
    stock = {("near", "A"): 5, ("far", "A"): 5}
    near, far = place("near"), place("far", lat=43.3, lon=5.4)
    by = go([near, far], [demand(1, "A")], stock).explanation["would_win"][0]["cheaper_by"]
    wins = go([near, replace(far, handling_minor=POLICY.handling_parcel)], [demand(1, "A")], stock)
    assert where(wins) == {1: {"near"}}
    dearer_near = replace(near, handling_minor=POLICY.handling_parcel + by)
    assert where(go([dearer_near, far], [demand(1, "A")], stock)) == {1: {"far"}}
    assert where(
        go([replace(near, handling_minor=POLICY.handling_parcel + by - 2), far], [demand(1, "A")], stock)
    ) == {1: {"near"}}


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_a_large_order_is_planned_with_a_bound(rng: random.Random) -> None:
    places = [
        place(f"p{n:02}", lat=rng.uniform(36, 60), lon=rng.uniform(-9, 20), country=rng.choice(["FR", "DE"]))
        for n in range(18)
    ]
    demands = [demand(n, f"S{n}", rng.randint(1, 9)) for n in range(40)]
    stock = {(p.code, f"S{n}"): rng.choice([0, 0, 3, 9]) for p in places for n in range(40)}
    found = go(places, demands, stock, on_shortage="accept", policy=replace(POLICY, max_parcels=6))
    assert found.bound <= found.cost
    given_units: dict[tuple[str, str], int] = {}
    for a in found.assignments:
        key = (a.place, f"S{a.line}")
        given_units[key] = given_units.get(key, 0) + a.quantity
    assert all(n <= stock[key] for key, n in given_units.items())
    assert len({a.place for a in found.assignments}) <= 6


def test_a_policy_survives_storage_and_names_what_is_wrong() -> None:
    assert Policy.from_dict(orjson.loads(orjson.dumps(POLICY.as_dict()))) == POLICY
    for broken, field in [
        ({"what": 1}, "what"), ({"zones": []}, "zones"), ({"zones": [{"km": 1}]}, "zones[0]"),
        ({"zones": [{"km": 1, "base": -1, "per_kg": 1}]}, "zones[0].base"), ({"max_parcels": 0}, "max_parcels"),
        ({"late_per_day": "x"}, "late_per_day"), ({"handling_unit": True}, "handling_unit"),
        ({"zones": [{"km": 9, "base": 1, "per_kg": 1}, {"km": 9, "base": 1, "per_kg": 1}]}, "zones"),
    ]:  # fmt: skip
        with pytest.raises(Invalid) as caught:
            Policy.from_dict(broken)
        assert caught.value.field == field


def test_an_unknown_destination_still_gets_a_plan_that_says_so() -> None:
    found = go(
        [place("a")], [demand(1, "A")], {("a", "A"): 1}, destination=Destination("", None, None, "unknown")
    )
    assert where(found) == {1: {"a"}}
    assert found.explanation["destination"]["precision"] == "unknown"
    assert found.explanation["candidates"][0]["km"] == POLICY.unknown_distance_km


def test_nothing_may_ship() -> None:
    found = go([], [demand(1, "A")], {})
    assert found.refused
    assert found.explanation["refusal"] == ["no_place"]
