"""What is late: most late first, how late and why, in the list and on the order's page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection

from tests.world import World
from trivet.fulfillment.models import FulfillmentOrder
from trivet.fulfillment.queries.desk import late
from trivet.fulfillment.queries.late import late_list
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.orders.queries.desk import OrderFilter
from trivet.staff.models import User
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def _late(number: int, hours: int, state: str = "open") -> None:
    FulfillmentOrder.objects.filter(order__number=number).update(
        dispatch_by=clock.now() - timedelta(hours=hours, minutes=1), state=state
    )


def test_the_most_late_comes_first_and_says_how_late(world: World, as_: As) -> None:
    numbers = placed(4)
    for number, hours in zip(numbers, (2, 20, 5, 9), strict=True):
        _late(number, hours)
    _late(numbers[3], 9, "in_progress")
    client = as_("alice")
    page = client.get("/orders?view=late").content.decode()
    listed = [int(n) for n in re.findall(r'<a href="/orders/(\d+)">', page)]
    assert listed == [numbers[1], numbers[3], numbers[2], numbers[0]]
    assert "20 hours late · waits to be picked" in page and "9 hours late · being picked" in page
    assert re.search(r'class="badge bg-red-lt state late" title="[^"]+ UTC"', page)
    assert "20 hours late" in client.get(f"/orders/{numbers[1]}").content.decode()
    assert "20 hours late" in client.get("/orders").content.decode()
    assert "20 hours late" in client.get("/customers/" + _customer(numbers[1])).content.decode()
    User.objects.update(language="vi")
    assert "Trễ 20 giờ · chờ lấy hàng" in client.get("/orders?view=late").content.decode()


def _customer(number: int) -> str:
    return str(Order.objects.get(number=number).customer_id)


def test_a_late_order_comes_once_and_pages_follow_each_other(world: World, as_: As) -> None:
    numbers = placed(7)
    for hours, number in enumerate(numbers, 1):
        _late(number, hours)
    now = clock.now()
    first = FulfillmentOrder.objects.filter(order__number=numbers[2]).order_by("sequence")[0]
    FulfillmentOrder.objects.create(
        order=first.order, location=world.places["london"], sequence=9, units=1, created_at=now, state="open",
        dispatch_by=now - timedelta(days=3),
    )  # fmt: skip
    seen: list[int] = []
    cursor = ""
    while True:
        page = late_list(OrderFilter(lifecycle="living"), now, "", cursor, 2)
        seen += [row.number for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    rest = [n for n in reversed(numbers) if n != numbers[2]]
    assert seen == [numbers[2], *rest]
    assert [r.number for r in late_list(OrderFilter(lifecycle="living"), now, "london", "", 9).rows] == [
        numbers[2]
    ]
    found = late_list(OrderFilter(lifecycle="living", search="w-3"), now)
    assert [row.number for row in found.rows] == [numbers[2]]
    assert as_("alice").get("/orders?view=late&cursor=x").status_code == 400


def test_the_list_of_what_is_late_walks_its_index(world: World) -> None:
    placed(1)
    found = FulfillmentOrder.objects.filter(late(clock.now()).q()).order_by("dispatch_by", "order")[:51]
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_bitmapscan = off")
    try:
        assert "fulfillmentorder_late" in found.explain()
        assert "Sort" not in found.explain()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET enable_seqscan")
            cursor.execute("RESET enable_bitmapscan")
