"""Orders that share a group: what is wrong with one is its own affair, and what is scarce is shared rightly."""

from __future__ import annotations

import importlib
import json
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import world as worlds
from tests.races.test_intake_races import at_once
from tests.stories.test_intake import ledger_equals_counters
from tests.world import ALICE, World, order
from trivet.api import bulk
from trivet.api.tests.calls import Caller, key
from trivet.company.models import Location, Revision
from trivet.flows import stock
from trivet.flows.intake import Result, place, place_group, prepare
from trivet.flows.intake.write import LostRace
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import StockLevel
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import Invalid, OutOfStock
from trivet.orders.models import Order, OrderLine
from trivet.orders.rules.value import NewOrder, NewPayment

pytestmark = pytest.mark.django_db(transaction=True)

intake = importlib.import_module("trivet.flows.intake.place_many")


@pytest.fixture
def world(transactional_db: None) -> World:
    built = worlds.build()
    built.sku("SHIRT", {"london": 50, "leeds": 50})
    return built


def changed(place: str, **settings: Any) -> None:
    Location.objects.filter(code=place).update(**settings)
    Revision.objects.update(number=Revision.objects.get().number + 1)


def too_long_for_an_index(external_id: str) -> NewOrder:
    rng = random.Random(1)
    told = "".join(chr(rng.randrange(0x1F300, 0x1F600)) for _ in range(500))
    return order(external_id, {"SHIRT": 1}, payments=(NewPayment("capture", "card", told, told, 100),))


def test_an_order_that_the_database_cannot_hold_spoils_nobody(world: World) -> None:
    sent = [order("1", {"SHIRT": 1}), too_long_for_an_index("2"), order("3", {"SHIRT": 1})]
    first, bad, last = place_group([prepare(new, actor=ALICE) for new in sent])
    assert isinstance(bad, Invalid)
    assert isinstance(first, Result) and isinstance(last, Result)
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["1", "3"]
    ledger_equals_counters()


def test_an_error_of_our_own_costs_its_order_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    original = intake.decide

    def broken(picture: Any, group: Any, router: Any) -> Any:
        if any(request.order.external_id == "2" for request in group):
            raise LookupError("a bug")
        return original(picture, group, router)

    monkeypatch.setattr(intake, "decide", broken)
    sent = [prepare(order(str(n), {"SHIRT": 1}), actor=ALICE) for n in (1, 2, 3)]
    assert [type(found).__name__ for found in place_group(sent)] == ["Result", "LookupError", "Result"]
    shop = Caller(key())
    lines = b"\n".join(json.dumps({
        "channel": "web", "external_id": str(n), "placed_at": "2026-11-23T08:15:00Z", "currency": "GBP",
        "lines": [{"sku": "SHIRT", "quantity": 1, "unit_price": 500}],
    }).encode() for n in (4, 2, 5))  # fmt: skip
    answer = shop.send("POST", "/orders/bulk", raw=lines, content_type="application/x-ndjson")
    assert answer.status_code == 200
    told = [json.loads(line) for line in answer.getvalue().splitlines()]
    assert [row["status"] for row in told] == [201, 500, 201]
    assert told[1]["problem"]["code"] == "internal"


def test_units_of_all_lines_together_have_a_limit(world: World) -> None:
    new = order("1", {"SHIRT": 1_000_000, "SCARF": 1})
    with pytest.raises(Invalid) as refused:
        prepare(new, actor=ALICE)
    assert refused.value.field == "lines"


def test_a_window_of_long_rows_ends_before_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_read", lambda number, line, caller: (number, line))
    monkeypatch.setattr(bulk, "WINDOW", 100)
    rows = [(n, b"x" * 40) for n in range(7)]
    assert [len(w) for w in bulk._windows(iter(rows), None)] == [3, 3, 1]  # type: ignore[arg-type]


def shipping(place: str) -> int:
    return FulfillmentOrder.objects.filter(location__code=place).count()


def by_day(place: str) -> list[int]:
    """Orders that leave a place by day, in the order of the days."""
    days = FulfillmentOrder.objects.filter(location__code=place).order_by("dispatch_by")
    return list(Counter(days.values_list("dispatch_by", flat=True)).values())


def test_a_place_takes_no_more_orders_a_day_than_it_can(world: World) -> None:
    changed("leeds", capacity_per_day=2)
    sent = [prepare(order(str(n), {"SHIRT": 1}), actor=ALICE) for n in range(6)]
    place_group(sent[:5])
    place_group(sent[5:])
    assert (shipping("leeds"), shipping("london")) == (2, 4)


def test_a_sale_that_happened_takes_of_a_places_day_too(world: World) -> None:
    changed("leeds", capacity_per_day=1)
    changed("london", capacity_per_day=1)
    world.sku("RARE", {"leeds": 0, "london": 0})
    place_group(
        [
            prepare(order("sold", {"RARE": 1}), actor=ALICE, mode="force"),
            prepare(order("1", {"SHIRT": 1}), actor=ALICE),
        ]
    )
    assert (shipping("leeds"), shipping("london")) == (1, 1)


def test_a_place_takes_no_more_than_it_can_from_many_at_once(world: World) -> None:
    changed("leeds", capacity_per_day=5)
    changed("london", capacity_per_day=9)
    found = at_once(
        [
            lambda n=n: place(prepare(order(str(n), {"SHIRT": 1}, on_shortage="refuse"), actor=ALICE))
            for n in range(30)
        ]
    )
    assert Counter(type(one).__name__ for one in found) == {"Result": 30}
    # Beyond the next dispatch goods leave by the first with room, and no day has more than it can.
    assert by_day("leeds") and all(n == 5 for n in by_day("leeds")[:-1])
    assert by_day("london") and all(n == 9 for n in by_day("london")[:-1])
    assert max(by_day("leeds")) == 5 and max(by_day("london")) == 9
    ledger_equals_counters()


def test_who_waited_takes_of_a_places_day_too(world: World) -> None:
    changed("leeds", capacity_per_day=2)
    late = world.sku("LATE", {"leeds": 0})
    for n in range(4):
        place_group([prepare(order(f"late-{n}", {"LATE": 1}, on_shortage="backorder"), actor=ALICE)])
    stock.receive("LATE", "leeds", 4, by=ALICE, now=clock.now())
    assert by_day("leeds") == [2, 2]
    assert sum(OrderLine.objects.filter(variant=late).values_list("backordered", flat=True)) == 0


def test_a_place_that_takes_no_orders_holds_nothing_for_them(world: World) -> None:
    changed("leeds", capacity_per_day=0)
    changed("london", capacity_per_day=0)
    sent = prepare(order("1", {"SHIRT": 1}, on_shortage="refuse"), actor=ALICE)
    assert isinstance(place_group([sent])[0], OutOfStock)


def test_an_order_of_another_day_takes_of_that_day(world: World) -> None:
    changed("leeds", capacity_per_day=1)
    changed("london", capacity_per_day=1)
    later = clock.now() + timedelta(days=30)
    for n in range(2):
        place_group([prepare(order(f"later-{n}", {"SHIRT": 1}, fulfill_at=later), actor=ALICE)])
    place_group([prepare(order("now", {"SHIRT": 1}), actor=ALICE)])
    leaves = list(FulfillmentOrder.objects.order_by("dispatch_by").values_list("dispatch_by", flat=True))
    assert [day is not None and day >= later - timedelta(days=1) for day in leaves] == [False, True, True]
    assert len({(f.location_id, f.dispatch_by) for f in FulfillmentOrder.objects.all()}) == 3


def test_what_a_place_keeps_back_is_not_promised_to_two_who_looked_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed("leeds", min_stock=48)
    changed("london", min_stock=50)
    original, rivals = intake.decide, []

    def meanwhile(picture: Any, group: Any, router: Any) -> Any:
        if not rivals:
            rivals.append(group)
            [rival] = at_once([lambda: place_group([prepare(order("rival", {"SHIRT": 2}), actor=ALICE)])[0]])
            assert isinstance(rival, Result)
        return original(picture, group, router)

    monkeypatch.setattr(intake, "decide", meanwhile)
    [mine] = place_group([prepare(order("mine", {"SHIRT": 2}), actor=ALICE)])
    assert type(mine).__name__ == "OutOfStock"
    assert StockLevel.objects.get(location__code="leeds").allocated == 2
    ledger_equals_counters()


def test_an_order_tells_the_feed_of_its_customer_and_its_money(world: World) -> None:
    paid = NewPayment("capture", "card", "manual", "p-1", 800)
    new = replace(order("1", {"SHIRT": 1}), payments=(paid,))
    place_group([prepare(new, actor=ALICE)])
    place_group([prepare(replace(new, external_id="2", payments=()), actor=ALICE)])
    told = list(Event.objects.exclude(kind="stock.changed").order_by("id").values_list("kind", flat=True))
    assert told == [
        "customer.added",
        "order.placed",
        "order.routed",
        "payment.captured",
        "order.placed",
        "order.routed",
    ]
    captured = Event.objects.get(kind="payment.captured").facts
    assert (captured["amount"], captured["currency"], captured["reference"]) == (800, "GBP", "p-1")
    routed = Event.objects.filter(kind="order.routed").earliest("id").facts["places"]
    assert [p["fulfillment_order"] for p in routed] == [
        str(FulfillmentOrder.objects.earliest("created_at").id)
    ]


def test_who_was_told_no_is_not_served_when_the_group_is_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sku, units in (("LAST", 1), ("GONE", 0)):
        world.sku(sku, {"leeds": units})
    original, calls, told = intake.write, [], []

    def lost_once(*how: Any) -> Any:
        calls.append(len(told))
        if len(calls) == 1:
            at_once([lambda: StockLevel.objects.filter(location__code="leeds").update(on_hand=9)])
            raise LostRace("somebody else")
        return original(*how)

    monkeypatch.setattr(intake, "write", lost_once)
    wanted = ({"LAST": 1}, {"LAST": 1}, {"GONE": 1}, {"GONE": 1, "LAST": 1})
    group = [
        prepare(order(str(n), lines, on_shortage="refuse"), actor=ALICE) for n, lines in enumerate(wanted)
    ]
    found = place_group(group, lambda place, error: told.append((place, type(error).__name__)))
    # The second was refused for a unit that the first was about to take: that is known once it has it.
    assert told == [(2, "OutOfStock")]
    assert calls == [1, 1]
    assert [type(one).__name__ for one in found] == ["Result", "Result", "OutOfStock", "Result"]
    assert Order.objects.count() == 3


def test_who_is_refused_or_decided_again_leaves_no_gap_in_the_numbers(world: World) -> None:
    world.sku("RARE", {"leeds": 1})
    for n in range(3):
        sent = [
            prepare(order(f"{n}-no", {"RARE": 5}, on_shortage="refuse"), actor=ALICE),
            prepare(order(f"{n}-wait", {"RARE": 5}, on_shortage="backorder"), actor=ALICE),
        ]
        assert [type(found) for found in place_group(sent)] == [OutOfStock, Result]
    numbers = list(Order.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(numbers[0], numbers[0] + 3))
