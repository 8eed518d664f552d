"""An unknown SKU gets a meaning: what waited for it is promised stock and goes on; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import world
from tests.world import ALICE, World
from trivet.api.tests.calls import Caller, key, new_order
from trivet.flows.doctor import examine
from trivet.flows.housekeeping import open_waiting
from trivet.flows.intake import place_group, prepare
from trivet.flows.mapping import map_sku, replay_known
from trivet.journal.models import Event, ExceptionItem
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.orders.models import LineComponent, Order, OrderLine
from trivet.routing.models import RoutingDecision

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> World:
    built = world.build()
    built.sku("TEE", {"leeds": 3})
    return built


def placed(external_id: str, *skus: tuple[str, int], **more: Any) -> Order:
    order = world.order(external_id, dict(skus), **more)
    place_group([prepare(order, actor=Actor("system"))])
    return Order.objects.get(external_id=external_id)


@pytest.fixture(autouse=True)
def nothing_contradicts_itself(shop: World) -> Iterator[None]:
    """After each test the doctor finds no error."""
    yield
    assert [f for f in examine(clock.now()) if f.severity == "error"] == []


def test_a_mapped_order_gets_its_stock_and_goes_on(shop: World) -> None:
    order = placed("1", ("abc-1", 2), ("TEE", 1))
    open_waiting([order.id], now=clock.now())
    assert order.fulfillment_status == "on_hold" and ExceptionItem.objects.filter(state="open").count() == 1
    assert map_sku("web", "ABC-1", "tee", by=ALICE, now=clock.now()) == 1
    order.refresh_from_db()
    assert (order.fulfillment_status, order.units_allocated, order.holds_open) == ("unfulfilled", 3, 0)
    assert set(OrderLine.objects.values_list("sku", flat=True)) == {"TEE"}
    assert not ExceptionItem.objects.filter(state="open").exists()
    assert shop.level("TEE", "leeds").available == 0
    assert Event.objects.filter(kind="order.mapped", subject_id=order.id).count() == 1
    # The next order needs nobody.
    assert map_sku("web", "abc-1", "TEE", by=ALICE, now=clock.now()) == 0


def test_it_waits_on_while_another_sku_is_unknown(shop: World) -> None:
    order = placed("1", ("a", 1), ("b", 1))
    map_sku("web", "a", "TEE", by=ALICE, now=clock.now())
    order.refresh_from_db()
    assert (order.fulfillment_status, order.units_allocated) == ("on_hold", 1)
    map_sku("web", "b", "TEE", by=ALICE, now=clock.now())
    order.refresh_from_db()
    assert (order.fulfillment_status, order.units_allocated) == ("unfulfilled", 2)


def test_what_stock_does_not_cover_is_backordered_or_held(shop: World) -> None:
    late = placed("1", ("a", 4), on_shortage="backorder")
    kept = placed("2", ("a", 4), on_shortage="accept")
    map_sku("web", "a", "TEE", by=ALICE, now=clock.now())
    late.refresh_from_db()
    kept.refresh_from_db()
    assert late.units_allocated + late.units_backordered == 4 and late.units_backordered
    assert (late.holds_open, kept.units_backordered, kept.holds_open) == (0, 0, 1)


def test_a_bundle_is_pinned_when_it_is_mapped(shop: World) -> None:
    shop.sku("CUP", {"leeds": 5})
    shop.bundle("SET", {"TEE": 1, "CUP": 2})
    order = placed("1", ("x", 1))
    map_sku("web", "x", "SET", by=ALICE, now=clock.now())
    order.refresh_from_db()
    assert order.units_allocated == 1 and LineComponent.objects.count() == 2
    assert (shop.level("TEE", "leeds").allocated, shop.level("CUP", "leeds").allocated) == (1, 2)


def test_a_product_added_later_is_found_by_the_clock(shop: World) -> None:
    order = placed("1", ("NEW", 1))
    assert replay_known(now=clock.now()) == 0
    shop.sku("NEW", {"london": 1})
    assert replay_known(now=clock.now()) == 1
    order.refresh_from_db()
    assert order.units_allocated == 1


def test_at_the_api(shop: World) -> None:
    caller = Caller(key())
    lines = [{"sku": "zz", "quantity": 1, "unit_price": 5}]
    _, order = caller.post("/orders", new_order("1", lines=lines))
    assert caller.get("/exceptions/unmapped")[1]["rows"][0]["sku"] == "zz"
    status, done = caller.post("/exceptions/mappings", {"channel": "web", "external_sku": "zz", "sku": "TEE"})
    assert status == 201 and done == {"orders": 1}
    assert caller.get(f"/orders/{order['id']}")[1]["lines"][0]["allocated"] == 1
    assert caller.get("/catalog/listings?channel=web")[1]["rows"][0]["external_sku"] == "zz"


def test_where_a_mapped_line_ships_from_is_told(shop: World) -> None:
    order = placed("1", ("abc-1", 2))
    assert map_sku("web", "ABC-1", "TEE", by=ALICE, now=clock.now()) == 1
    decision = RoutingDecision.objects.get(order=order)
    assert decision.cause == "mapped"
    assert [(p["place"], p["units"]) for p in decision.explanation["parcels"]] == [("leeds", 2)]
    assert len(decision.explanation["candidates"]) > 1
