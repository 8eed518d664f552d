"""Two and many at once: the same SKU, the same order, the same person, in threads on real PostgreSQL."""

from __future__ import annotations

import importlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from tests.stories.test_intake import ledger_equals_counters
from tests.world import ALICE, World, build, order, totals
from trivet.customers.models import Customer, Identifier
from trivet.flows.intake import place, place_group, prepare
from trivet.journal.models import Event
from trivet.lib.errors import OutOfStock
from trivet.orders.models import Order, OrderLine
from trivet.orders.rules.value import Person

intake = importlib.import_module("trivet.flows.intake.place_many")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()


def at_once(work: list[Callable[[], Any]], threads: int = 24) -> list[Any]:
    """Run all of ``work`` in threads; results or exceptions, in order."""

    def run(job: Callable[[], Any]) -> Any:
        try:
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, work))


def test_two_hundred_buyers_and_fifty_units_in_two_places(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 20, "leeds": 30})
    found = at_once(
        [lambda n=n: place(prepare(order(str(n), {"SHIRT": 1}), actor=ALICE)) for n in range(200)]
    )
    outcomes = Counter(type(r).__name__ for r in found)
    assert outcomes == {"Result": 50, "OutOfStock": 150}
    assert totals(shirt.id) == {"on_hand": 50, "reserved": 0, "allocated": 50, "available": 0}
    assert Order.objects.count() == 50
    ledger_equals_counters()


@pytest.mark.parametrize("policy", ["accept", "backorder"])
def test_all_are_stored_and_the_stock_is_promised_once(world: World, policy: str) -> None:
    shirt = world.sku("SHIRT", {"london": 20, "leeds": 30})
    found = at_once([
        lambda n=n: place(prepare(order(str(n), {"SHIRT": 1}, on_shortage=policy), actor=ALICE)) for n in range(100)
    ])  # fmt: skip
    assert Counter(type(r).__name__ for r in found) == {"Result": 100}
    assert totals(shirt.id)["allocated"] == 50
    assert sum(OrderLine.objects.values_list("backordered", flat=True)) == (
        50 if policy == "backorder" else 0
    )
    ledger_equals_counters()


def test_a_bundle_and_single_sales_never_oversell_the_shared_part(world: World) -> None:
    cup = world.sku("CUP", {"london": 31, "leeds": 20})
    world.sku("SAUCER", {"london": 99, "leeds": 99})
    world.bundle("SET", {"CUP": 2, "SAUCER": 1})
    rng = random.Random(7)
    wanted = [rng.choice([{"CUP": 1}, {"SET": 1}, {"SET": 1, "CUP": 1}, {"CUP": 3}]) for _ in range(120)]
    found = at_once(
        [lambda n=n, w=w: place(prepare(order(str(n), w), actor=ALICE)) for n, w in enumerate(wanted)]
    )
    assert {type(r).__name__ for r in found} == {"Result", "OutOfStock"}
    sums = totals(cup.id)
    assert 49 <= sums["allocated"] <= 51
    assert sums["available"] >= 0
    ledger_equals_counters()


def test_the_same_webhook_ten_times_in_parallel_is_one_order(world: World) -> None:
    world.sku("SHIRT", {"london": 100})
    same = [order(f"same-{n}", {"SHIRT": 1}) for n in range(5)]
    requests = [prepare(o, actor=ALICE) for o in same for _ in range(10)]
    random.Random(3).shuffle(requests)
    found = at_once([lambda r=r: place_group([r])[0] for r in requests])
    assert Counter(r.outcome for r in found) == {"created": 5, "unchanged": 45}
    assert Order.objects.count() == 5
    assert totals(world.variants["SHIRT"].id)["allocated"] == 5


def test_groups_that_overlap_in_people_and_stock_do_not_deadlock(world: World) -> None:
    for n in range(6):
        world.sku(f"S{n}", {"london": 10_000, "leeds": 10_000})
    rng = random.Random(11)

    def group(g: int) -> list[Any]:
        found = []
        for n in range(15):
            who = rng.randrange(12)
            person = Person(email=f"p{who}@example.com", phone=f"+4420794600{who:02}", name=f"P {who}")
            skus = {f"S{k}": 1 for k in rng.sample(range(6), 3)}
            found.append(prepare(order(f"{g}-{n}", skus, customer=person), actor=ALICE))
        return found

    groups = [group(g) for g in range(16)]
    results = at_once([lambda g=g: place_group(g) for g in groups], threads=8)
    assert all(not isinstance(r, Exception) for rs in results for r in rs)
    assert Customer.objects.count() == 12
    assert Identifier.objects.count() == 24
    assert Order.objects.count() == 240
    ledger_equals_counters()


def rival_before(step: str, monkeypatch: pytest.MonkeyPatch, *orders: Any) -> None:
    """Have ``orders`` placed by somebody else just before the next group takes this step."""
    original, entered = getattr(intake, step), []

    def first_someone_else(*args: Any, **more: Any) -> Any:
        if not entered:
            entered.append(True)
            requests = [prepare(one, actor=ALICE) for one in orders]
            rival = threading.Thread(target=lambda: (place_group(requests), connection.close()))
            rival.start()
            rival.join(10)
            assert not rival.is_alive(), "the rival waits for a lock"
        return original(*args, **more)

    monkeypatch.setattr(intake, step, first_someone_else)


@pytest.mark.parametrize("step", ["read", "decide", "write"])
def test_the_other_order_takes_the_last_unit_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world.sku("SHIRT", {"london": 1})
    rival_before(step, monkeypatch, order("rival", {"SHIRT": 1}))
    answer = place_group([prepare(order("late", {"SHIRT": 1}), actor=ALICE)])[0]
    assert isinstance(answer, OutOfStock)
    assert list(Order.objects.values_list("external_id", flat=True)) == ["rival"]
    ledger_equals_counters()


@pytest.mark.parametrize("policy", ["accept", "backorder"])
def test_who_comes_second_is_stored_short(world: World, monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    shirt = world.sku("SHIRT", {"london": 3, "leeds": 2})
    rival_before("write", monkeypatch, order("rival", {"SHIRT": 3}))
    late = order("late", {"SHIRT": 3}, on_shortage=policy, never_split_lines=False)
    answer = place_group([prepare(late, actor=ALICE)])[0]
    assert not isinstance(answer, Exception)
    line = OrderLine.objects.get(order__external_id="late")
    assert (line.allocated, line.backordered) == (2, 1 if policy == "backorder" else 0)
    assert totals(shirt.id)["available"] == 0
    ledger_equals_counters()


def test_a_group_goes_on_beside_another_that_sells_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shirt = world.sku("SHIRT", {"london": 10})
    rival_before("write", monkeypatch, order("rival", {"SHIRT": 4}))
    group = [prepare(order(str(n), {"SHIRT": 2}), actor=ALICE) for n in range(4)]
    answers = [type(a).__name__ for a in place_group(group)]
    assert sorted(answers) == ["OutOfStock", "Result", "Result", "Result"]
    assert totals(shirt.id)["allocated"] == 10
    ledger_equals_counters()


def test_the_fact_of_a_level_is_what_the_level_became(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shirt = world.sku("SHIRT", {"london": 10})
    rival_before("write", monkeypatch, order("rival", {"SHIRT": 4}))
    place_group([prepare(order("mine", {"SHIRT": 2}), actor=ALICE)])
    told = Event.objects.filter(kind="stock.changed", subject_id=shirt.id).order_by("id").last()
    assert told is not None
    assert (told.facts["allocated"], told.facts["available"], told.facts["sku"]) == (6, 4, "SHIRT")
