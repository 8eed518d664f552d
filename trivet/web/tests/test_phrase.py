"""The language of filters on the list of orders: typed and clicked are one filter, in days of the reader."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from tests.world import World
from trivet.fulfillment.models import FulfillmentOrder
from trivet.fulfillment.queries.phrase import orders_of
from trivet.lib import clock
from trivet.orders.models import Hold, Order
from trivet.orders.queries.desk import count_orders, matching, order_list
from trivet.orders.rules.language import parse
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def _found(typed: str, zone: str = "UTC", now: datetime | None = None) -> list[int]:
    wanted = orders_of(parse(typed), now or clock.now(), ZoneInfo(zone))
    rows = [row.number for row in order_list(wanted, limit=200).rows]
    assert count_orders(wanted) == len(rows)
    return sorted(rows)


def _set(number: int, **values: object) -> None:
    assert Order.objects.filter(number=number).update(**values) == 1


def test_each_word_finds_its_orders_and_no_others(world: World) -> None:
    one, two, three, four = placed(4)
    now = clock.now()
    _set(one, tags=["vip", "two words"], country="DE")
    _set(two, tags=["vip"], placed_at=now - timedelta(days=30))
    Hold.objects.create(order=Order.objects.get(number=three), kind="fraud", placed_at=now, placed_by="Alice")
    work = FulfillmentOrder.objects.filter(order__number=four)
    work.update(dispatch_by=now - timedelta(hours=1))
    place = work.values_list("location__code", flat=True)[0]
    assert _found("tag:vip") == [one, two]
    assert _found('tag:vip tag:"two words"') == [one]
    assert _found("-tag:vip") == [three, four]
    assert _found("country:de") == [one]
    assert _found("placed>7d") == [two]
    assert _found("placed<7d -hold:any -country:DE") == [four]
    assert _found("hold:fraud,stock") == [three]
    assert _found("is:late") == _found(f"is:late place:{place}") == [four]
    assert _found("is:late place:nowhere") == []
    assert _found("status:living,cancelled") == [one, two, three, four]
    assert _found("is:backordered,unmapped") == []
    assert _found(f"tag:vip {two}") == [two]


def test_amounts_are_in_the_money_of_each_order(world: World) -> None:
    pounds, dong, dinar = placed(3)
    _set(pounds, total_minor=5_000, captured_minor=0, currency="GBP")
    _set(dong, total_minor=60, captured_minor=0, currency="VND")
    _set(dinar, total_minor=50_001, captured_minor=0, currency="KWD")
    assert _found("total>=50") == [pounds, dong, dinar]
    assert _found("total>50") == [dong, dinar]
    assert _found("total:50") == [pounds]
    assert _found("total>50 currency:KWD") == [dinar]
    assert _found("total:60.5") == []
    assert _found("units>=999999999") == []


def test_today_is_the_day_of_the_reader(world: World) -> None:
    early, late = placed(2)
    _set(early, placed_at=datetime(2026, 3, 1, 16, 30, tzinfo=UTC))
    _set(late, placed_at=datetime(2026, 3, 1, 17, 30, tzinfo=UTC))
    now = datetime(2026, 3, 1, 20, tzinfo=UTC)
    assert _found("placed:today", "UTC", now) == [early, late]
    assert _found("placed:today", "Asia/Ho_Chi_Minh", now) == [late]
    assert _found("placed:yesterday", "Asia/Ho_Chi_Minh", now) == [early]


def test_typed_and_clicked_are_the_same_filter(world: World, as_: As) -> None:
    numbers = placed(2)
    _set(numbers[0], tags=["vip"])
    page = as_("alice").get("/orders?view=all&q=tag:vip&payment=paid").content.decode()
    chips = re.findall(r"<code>([^<]+)</code>", page)
    assert chips == ["tag:vip", "payment:paid"]
    assert re.findall(r'<a href="/orders/(\d+)">', page) == [str(numbers[0])]
    assert 'href="?view=all&amp;q=payment%3Apaid"' in page


def test_a_slip_is_told_at_the_list_and_what_was_typed_stays(world: World, as_: As) -> None:
    page = as_("alice").get("/orders?q=statos:open").content.decode()
    assert "did you mean status?" in page
    assert 'value="statos:open"' in page


def test_ages_and_living_orders_walk_their_indexes(world: World) -> None:
    placed(1)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
    try:
        for typed, index in (("placed>7d", "order_newest"), ("tag:vip,gift", "order_tags"),
                             ("payment:pending", "order_unsettled"), ("is:owed", "order_owed")):  # fmt: skip
            found = matching(orders_of(parse(typed), clock.now(), UTC)).order_by("-placed_at", "-id")[:51]
            assert index in found.explain(), typed
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET enable_seqscan")
