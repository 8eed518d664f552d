"""Lists: filters, search, cursors; the number on a tile is the length of the list behind it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from tests.world import World
from trivet.customers.queries import broad
from trivet.fulfillment.models import FulfillmentOrder
from trivet.lib import clock
from trivet.orders.models import Hold, Order
from trivet.orders.queries.desk import OrderFilter, count_orders, order_list
from trivet.orders.rules.value import Address, Person
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def _numbers(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'<a href="/orders/(\d+)">', page)]


def test_pages_follow_each_other_without_gap_or_repeat(world: World, as_: As) -> None:
    numbers = placed(120)
    client, seen, address = as_("alice"), [], "/orders?view=open"
    for _ in range(5):
        page = client.get(address).content.decode()
        seen += _numbers(page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        if not more:
            break
        address = "/orders" + more[1].replace("&amp;", "&")
    assert sorted(seen) == sorted(numbers)


def test_a_cursor_of_somewhere_else_is_refused_politely(world: World, as_: As) -> None:
    for cursor in ("x", "AAAA", "w6k"):
        assert as_("alice").get(f"/orders?cursor={cursor}").status_code == 400


def test_tiles_and_lists_agree(world: World, as_: As) -> None:
    numbers = placed(6)
    placed(2, start=7, paid=False)
    now = clock.now()
    FulfillmentOrder.objects.filter(order__number__in=numbers[:3]).update(
        dispatch_by=now - timedelta(hours=1)
    )
    with transaction.atomic():
        held = Order.objects.get(number=numbers[5])
        Hold.objects.create(order=held, kind="fraud", placed_at=now, placed_by="Alice")
        Order.objects.filter(id=held.id).update(holds_open=1)
        FulfillmentOrder.objects.filter(order=held).update(state="on_hold")
    client = as_("alice")
    page = client.get("/today").content.decode()
    tiles = re.findall(r'class="tile[^"]*" href="([^"]+)".*?<strong>([^<]+)</strong>', page, re.S)
    places = re.findall(r'class="num"><a[^>]* href="([^"]+)">([^<]+)</a>', page)
    assert {"/orders?view=late", "/orders?view=unpaid"} <= {url for url, _ in tiles}
    assert places
    for url, count in [*tiles, *places]:
        if url.startswith("/orders"):
            listed = _numbers(client.get(url.replace("&amp;", "&")).content.decode())
            assert len(listed) == int(count), url


def test_search_finds_by_number_channel_number_and_email(world: World, as_: As) -> None:
    [number, _] = placed(2)
    client = as_("carol")
    assert client.get(f"/search?q=%23{number}").url == f"/orders/{number}"
    assert _numbers(client.get("/orders?q=W-1").content.decode()) == [number]
    assert _numbers(client.get("/orders?q=w-1@EXAMPLE").content.decode()) == [number]
    assert _numbers(client.get("/orders?q=%25").content.decode()) == []
    assert _numbers(client.get("/orders?q=a%00b").content.decode()) == []
    results = client.get("/search/results?q=shirt").content.decode()
    assert "/stock/sku/SHIRT" in results


def _searched(client: Client, text: str) -> list[int]:
    return _numbers(client.get("/orders", {"q": text}).content.decode())


def test_orders_are_found_by_whatever_the_customer_says(world: World, as_: As) -> None:
    [first, second] = placed(2)
    who = Person(email="mai@example.com", name="Mai Trần Thị", phone="+44 20 7946 0018")
    home = Address(name="Mai", line1="2 Mill St", city="London", postal_code="E1 6AN", country="GB")
    [other] = placed(1, start=3, customer=who, ship_to=home, lines={"SHIRT": 1}, paid=False)
    [unknown] = placed(1, start=4, lines={"MYSTERY-9": 1}, paid=False)
    client = as_("carol")
    assert _searched(client, "w-3") == [other]
    assert _searched(client, f"#{first}") == [first]
    assert _searched(client, "Mai@example") == [other]
    for text in ("trần", "MAI TR", "020 7946 0018", "+442079460018", "e16an", "E1 6"):
        assert _searched(client, text) == [other], text
    assert sorted(_searched(client, "scarf")) == [first, second]
    assert sorted(_searched(client, "LS2 7EW")) == sorted([first, second, unknown])
    assert _searched(client, "mystery-9") == [unknown]
    for text in ("", " "):
        assert len(_searched(client, text)) == 4
    for text in ("zz", "%", "_", "7946", "0000000000", "'; --"):
        assert _searched(client, text) == [], text


@pytest.mark.parametrize("near", [0, 2, 5_000])
def test_the_newest_that_fit_come_first_wherever_they_lie(
    world: World, as_: As, monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    numbers = placed(5)
    for age, number in enumerate(reversed(numbers)):
        Order.objects.filter(number=number).update(placed_at=clock.now() - timedelta(days=age))
    Order.objects.filter(number__in=numbers[2:]).update(tags=["gift"])
    monkeypatch.setattr(broad, "NEAR", near)
    client = as_("carol")
    for text in ("lan ph", "la", "scarf", "SHIRT", "w-", "LS2"):
        assert _searched(client, text) == numbers[::-1], text
        first = order_list(OrderFilter(search=text), limit=2)
        second = order_list(OrderFilter(search=text), first.next_cursor, limit=2)
        last = order_list(OrderFilter(search=text), second.next_cursor, limit=2)
        assert [row.number for page in (first, second, last) for row in page.rows] == numbers[::-1], text
        assert last.next_cursor == ""
        assert count_orders(OrderFilter(search=text)) == 5
        assert count_orders(OrderFilter(search=text, tag="gift")) == 3
        assert [r.number for r in order_list(OrderFilter(search=text, tag="gift")).rows] == numbers[:1:-1]
    assert _searched(client, "w-3") == [numbers[2]]
    assert [r.number for r in order_list(OrderFilter(tag="gift"), limit=2).rows] == numbers[:2:-1]


def test_what_is_held_or_scheduled_is_not_late(world: World, as_: As) -> None:
    numbers = placed(4)
    long_ago = clock.now() - timedelta(days=2)
    FulfillmentOrder.objects.update(dispatch_by=long_ago)
    for number, state in zip(numbers, ("open", "on_hold", "scheduled", "in_progress"), strict=True):
        FulfillmentOrder.objects.filter(order__number=number).update(state=state)
    client = as_("alice")
    listed = _numbers(client.get("/orders?view=late").content.decode())
    assert sorted(listed) == [numbers[0], numbers[3]]
    page = client.get("/today").content.decode()
    assert re.search(r'href="/orders\?view=late".*?<strong>2</strong>', page, re.S)
    assert "should have left" in client.get(f"/orders/{numbers[0]}").content.decode()
    for number in numbers[1:3]:
        told = client.get(f"/orders/{number}").content.decode()
        assert "should have left" not in told
        assert "planned dispatch:" in told


@pytest.mark.parametrize(
    "address",
    ["/orders", "/stock", "/customers", "/orders/{number}/cancellation?units-1=1&version=1&reason=fraud"],
)
def test_a_part_of_the_page_is_the_part_of_the_page(world: World, as_: As, address: str) -> None:
    [number] = placed(1)
    address, client = address.format(number=number), as_("alice")
    whole = client.get(address).content.decode()
    part = client.get(address, headers={"HX-Request": "true", "HX-Request-Type": "partial"}).content.decode()
    assert "<html" not in part
    squeezed = re.sub(r"\s+", " ", part).strip()
    assert squeezed
    assert squeezed in re.sub(r"\s+", " ", whole)


def test_empty_lists_say_what_would_fill_them(transactional_db: None, as_: As) -> None:
    client = as_("alice")
    assert "Set up your shop" in client.get("/today").content.decode()
    assert "New orders come in" in client.get("/orders").content.decode()
    assert "There are no products yet" in client.get("/stock").content.decode()
    assert "They appear with their first order" in client.get("/customers").content.decode()
    assert client.get("/first-run").status_code == 200
