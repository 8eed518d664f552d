"""Past orders planned again: what a plan costs by other prices, and how the stock of a world goes by."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.routing.rules import Board, Demand, Destination, Place, Policy, Rule, plan
from trivet.routing.rules.compare import Comparison, GivenBack, Moved, Tally
from trivet.routing.rules.worlds import Arrival, Planner, Reader, World, outcome

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACES = ("a", "b", "c")
VARIANTS = ("v", "w")


def place(code: str, n: int, ready: int, left: int | None, room: int | None) -> Place:
    return Place(
        code, code, code.upper(), "warehouse", "GB", 50.0 + n, 0.0, n, ready, left, None, None, 0, None,
        room if left == 0 else None,
    )  # fmt: skip


PLACED: Any = st.tuples(
    st.integers(0, 3), st.sampled_from([None, None, 0, 2]), st.one_of(st.none(), st.integers(3, 6))
)
POLICIES: Any = st.builds(
    Policy, parcel_penalty=st.integers(0, 900), late_per_day=st.integers(0, 90), max_parcels=st.integers(1, 3),
    handling_unit=st.integers(0, 20), cross_border=st.just(0),
    rules=st.lists(
        st.builds(Rule, st.booleans(), places=st.sampled_from([("a",), ("b",)])), max_size=2
    ).map(tuple),
)  # fmt: skip
ORDERS: Any = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(1, 4), st.sampled_from(VARIANTS)), min_size=1, max_size=2),
        st.booleans(), st.booleans(), st.sampled_from(["accept", "backorder", "refuse"]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
STOCK: Any = st.fixed_dictionaries({(p, v): st.integers(0, 6) for p in PLACES for v in VARIANTS})


def arrivals(orders: Any, placed: Any) -> list[Arrival]:
    """Orders as their stored explanations tell of them."""
    places = [place(code, n, *how) for n, (code, how) in enumerate(zip(PLACES, placed, strict=True))]
    board, reader, found = Board(Policy(), places), Reader(), []
    for n, (lines, together, whole, shortage) in enumerate(orders):
        demands = [Demand(i, q, ((v, 1),), 100 + i, 500) for i, (q, v) in enumerate(lines)]
        told = plan(
            Policy(), board, Destination("GB", 51.0, 0.5, "city"), demands, {}, policy_version=0,
            ship_together=together, never_split_lines=whole, on_shortage=shortage, method="standard", channel="web",
        ).explanation  # fmt: skip
        found.append(reader.read(n, n, NOON + timedelta(minutes=n), told))
    return found


@given(ORDERS, STOCK, st.tuples(PLACED, PLACED, PLACED), POLICIES, POLICIES)
@settings(max_examples=150, deadline=None)
def test_a_policy_prices_its_own_plans_as_it_made_them(
    orders: Any, stock: Any, placed: Any, one: Policy, other: Policy
) -> None:
    world, dear = World(Planner(one, 1, "one"), dict(stock)), Planner(other, 2, "other")
    for a in arrivals(orders, placed):
        found, made = world.arrive(a)
        assert world.planner.price(a, made, found.legs) == found.costs["one"]
        again = outcome(a, dear.plan(a, stock), dear)
        assert dear.price(a, dear.plan(a, stock), again.legs) == again.costs["other"]


@given(ORDERS, STOCK, st.tuples(PLACED, PLACED, PLACED), POLICIES, st.data())
@settings(max_examples=150, deadline=None)
def test_no_unit_is_made_or_lost(orders: Any, stock: Any, placed: Any, policy: Policy, data: Any) -> None:
    came = arrivals(orders, placed)
    world = World(Planner(policy, 1, "one"), dict(stock), frozenset(a.order for a in came))
    begun, taken = sum(stock.values()), 0
    for a in came:
        found, _ = world.arrive(a)
        wanted = sum(d.quantity for d in a.demands)
        assert found.refused or sum(leg.units for leg in found.legs) + found.short == wanted
        taken += sum(leg.units for leg in found.legs)
        at = a.at + timedelta(seconds=30)
        if data.draw(st.booleans()):
            n = data.draw(st.integers(1, 3))
            begun += n
            served = world.move(
                data.draw(st.sampled_from(PLACES)), data.draw(st.sampled_from(VARIANTS)), n, at
            )
            taken += sum(leg.units for _, one in served for leg in one.legs)
        if data.draw(st.booleans()):
            back = sum(world.held.get(a.order, {}).values())
            for variant in VARIANTS:
                served = world.give_back(a.order, variant, 99, at)
                taken += sum(leg.units for _, one in served for leg in one.legs)
            taken -= back - sum(world.held.get(a.order, {}).values())
        assert sum(world.stock.values()) == begun - taken
        assert min(world.stock.values()) >= 0
    held = Counter(world.held)
    assert sum(sum(levels.values()) for levels in world.held.values()) == taken, held


@given(ORDERS, STOCK, st.tuples(PLACED, PLACED, PLACED), POLICIES)
@settings(max_examples=60, deadline=None)
def test_a_policy_differs_in_nothing_from_itself(
    orders: Any, stock: Any, placed: Any, policy: Policy
) -> None:
    came = arrivals(orders, placed)
    at = came[-1].at + timedelta(minutes=5)
    one, other = (World(Planner(policy, 1, name), dict(stock)) for name in ("live", "draft"))
    compared = Comparison(one, other, 1, lambda _place, at: at.date())
    moments = [*came, Moved(at, "a", "v", 3), GivenBack(at, came[0].order, "v", 1)]
    assert all(found is None for found in compared.run(moments))
    assert compared.ours == compared.theirs
    assert Tally.of(compared.ours.as_dict()) == compared.ours


def test_loads_count_by_the_day_on_which_parcels_leave() -> None:
    [a] = arrivals([([(2, "v")], False, True, "refuse")], [(2, None, None)] * 3)
    world = World(Planner(Policy(), 1, "live"), {("b", "v"): 5})
    tally = Tally()
    tally.came(world.arrive(a)[0], a.at, 1, lambda _place, at: at.date())
    assert tally.loads == {"b": {date(2026, 11, 25).isoformat(): [1, 2]}}
    assert (tally.late, tally.parcels, tally.units) == (1, 1, 2)
