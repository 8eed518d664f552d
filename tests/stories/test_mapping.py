"""An unknown SKU gets a meaning: what waited for it is promised stock and goes on; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests import world
from tests.world import ALICE, World
from trivet.api.tests.calls import Caller, key, new_order
from trivet.flows.cancel import cancel
from trivet.flows.doctor import examine
from trivet.flows.housekeeping import open_waiting, settle_desk
from trivet.flows.intake import place_group, prepare
from trivet.flows.mapping import map_sku, replay_known
from trivet.journal.actions.exceptions import resolve_exception
from trivet.journal.models import Event, ExceptionItem
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.orders.models import LineComponent, Order, OrderLine
from trivet.orders.queries.desk import OrderFilter, order_list
from trivet.orders.queries.unmapped import unmapped
from trivet.orders.rules.value import NewLine
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
    desk = ExceptionItem.objects.filter(state="open").values_list("kind", "subject_id")
    assert list(desk) == [("stock", kept.id)]


def test_an_item_comes_back_while_its_hold_binds(shop: World) -> None:
    order = placed("1", ("a", 9), on_shortage="accept")
    open_waiting([order.id], now=clock.now())
    items = ExceptionItem.objects.filter(subject_id=order.id)
    for kind in ("mapping", "stock"):
        item = items.get(state="open")
        assert item.kind == kind
        resolve_exception(item.id, by=ALICE, at=clock.now(), resolution="done, I think")
        settle_desk(now=clock.now())
        again = items.get(state="open")
        assert (again.kind, again.subject_id, again.facts["number"]) == (kind, order.id, order.number)
        settle_desk(now=clock.now())
        assert items.filter(kind=kind).count() == 2
        map_sku("web", "a", "TEE", by=ALICE, now=clock.now())
    cancel(order.id, None, reason="customer", by=ALICE, now=clock.now())
    settle_desk(now=clock.now())
    assert not items.filter(state="open").exists()


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


def test_an_order_for_a_sharp_s_gets_a_sharp_s(shop: World) -> None:
    shop.sku("STRASSE-1", {"leeds": 5})
    order = placed("1", ("Straße-1", 2))
    assert order.fulfillment_status == "on_hold"
    shop.sku("STRAßE-1", {"leeds": 5})
    assert replay_known(now=clock.now()) == 1
    placed("2", ("straße-1", 1))
    assert (shop.level("STRAßE-1", "leeds").allocated, shop.level("STRASSE-1", "leeds").allocated) == (3, 0)
    for text in ("straße-1", "STRAßE-1"):
        assert {row.external_id for row in order_list(OrderFilter(search=text)).rows} == {"1", "2"}
    assert not order_list(OrderFilter(search="STRASSE-1")).rows


def test_an_accent_typed_in_two_ways_is_one_sku(shop: World) -> None:
    order = placed("1", ("cafe\u0301", 1))
    assert OrderLine.objects.get(order=order).sku == "caf\u00e9"
    assert map_sku("web", "CAF\u00c9", "TEE", by=ALICE, now=clock.now()) == 1


def titled(external_id: str, title: str) -> Order:
    order = replace(world.order(external_id, {}), lines=(NewLine("1", "", title, 1, 500),))
    place_group([prepare(order, actor=Actor("system"))])
    return Order.objects.get(external_id=external_id)


def test_a_line_with_a_title_alone_is_mapped_by_it_and_replayed(shop: World) -> None:
    first, other = titled("1", "Gift wrap"), titled("2", "Gift card")
    [card, wrap] = sorted(unmapped(), key=lambda row: row.title)
    assert (wrap.sku, wrap.title, card.title) == ("", "Gift wrap", "Gift card")
    assert map_sku("web", "", "tee", title=" gift  WRAP", by=ALICE, now=clock.now()) == 1
    first.refresh_from_db()
    other.refresh_from_db()
    assert (first.units_allocated, first.holds_open, other.holds_open) == (1, 0, 1)
    line = OrderLine.objects.get(order=first)
    assert (line.sku, line.title, line.waits_for) == ("TEE", "Gift wrap", None)
    # The next order needs nobody, and neither does an older one that the clock finds.
    assert titled("3", "GIFT WRAP").holds_open == 0
    assert replay_known(now=clock.now()) == 0
    # A SKU that reads like the title is another thing.
    assert placed("4", ("gift wrap", 1)).holds_open == 1


def test_a_title_is_mapped_at_the_api_and_forgotten(shop: World) -> None:
    caller = Caller(key())
    lines = [{"title": "Gift wrap", "quantity": 1, "unit_price": 5}]
    _, order = caller.post("/orders", new_order("1", lines=lines))
    waiting = caller.get("/exceptions/unmapped")[1]["rows"][0]
    assert (waiting["sku"], waiting["title"]) == ("", "Gift wrap")
    assert caller.post("/exceptions/mappings", {"channel": "web", "sku": "TEE"})[0] == 422
    meant = {"channel": "web", "title": "Gift wrap", "sku": "TEE"}
    assert caller.post("/exceptions/mappings", meant) == (201, {"orders": 1})
    assert caller.get(f"/orders/{order['id']}")[1]["lines"][0]["allocated"] == 1
    assert caller.get("/catalog/listings?channel=web")[1]["rows"][0]["title"] == "Gift wrap"
    assert caller.send("DELETE", "/catalog/listings/web?title=gift%20wrap").status_code == 204
    assert caller.get("/catalog/listings?channel=web")[1]["rows"] == []


def test_whatever_an_order_may_call_a_line_can_be_mapped(shop: World) -> None:
    for n, code in enumerate(("TEE\u00a0BLACK", "tee\tblack", "x" * 500)):
        order = placed(str(n), (code, 1))
        assert map_sku("web", code, "TEE", by=ALICE, now=clock.now()) == 1
        order.refresh_from_db()
        assert order.holds_open == 0


def test_more_unknown_skus_than_a_page_shows_do_not_hide_a_known_one(shop: World) -> None:
    unknown = {f"U{n}": 1 for n in range(201)}
    place_group([prepare(world.order("old", unknown), actor=Actor("system"))])
    order = placed("new", ("LATER", 1))
    shop.sku("LATER", {"leeds": 1})
    assert replay_known(now=clock.now()) == 1
    order.refresh_from_db()
    assert order.units_allocated == 1
