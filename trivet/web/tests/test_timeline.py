"""The timeline of an order tells who did what, when and why, in order, in both languages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from tests.world import World, order
from trivet.flows import cancel, hold, mapping, money, stock
from trivet.flows.intake import place_group, prepare
from trivet.flows.jobs import react
from trivet.journal.queries import timeline
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.orders.models import Order, OrderLine
from trivet.payments.actions.ledger import Told as Money
from trivet.staff.models import User
from trivet.staff.rules import FACT_VERBS
from trivet.web.shell.story import names, tell
from trivet.web.tests.conftest import As

pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHOP = Actor("api_key", "k", "Web shop's key")
BOB, CAROL, DAN = (Actor("user", name.lower(), name) for name in ("Bob", "Carol", "Dan"))


@pytest.fixture
def at(world: World) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEGIN, tick=False) as traveller:
        yield traveller


def told(row: Order, language: str) -> list[tuple[int, str, str]]:
    """(minute, who, what) of an order's timeline as its page shows it, oldest first."""
    with translation.override(language):
        shown = tell(timeline([row.id], FACT_VERBS).rows, names())
    return [((one.at - BEGIN) // timedelta(minutes=1), one.actor, one.text) for one in reversed(shown)]


def lived(at: time_machine.Coordinates, world: World) -> Order:
    """An order that was held, paid, cut, and served late, one thing a minute."""
    cup = world.sku("CUP", {"leeds": 3, "london": 0})
    new = order("1", {"CUP": 6}, on_shortage="backorder", never_split_lines=False)
    place_group([prepare(new, actor=SHOP)])
    row = Order.objects.get()
    line = OrderLine.objects.get()
    at.shift(60)
    kept = hold.place(row.id, "fraud", reason="odd address", by=CAROL, now=clock.now())
    at.shift(60)
    hold.release(row.id, kept, by=DAN, now=clock.now())
    at.shift(60)
    money.capture(row.id, 1_000, told=Money("card", "manual", "p-1"), by=DAN, now=clock.now())
    at.shift(60)
    cancel.cancel(row.id, {line.id: 1}, reason="customer", note="five will do", by=CAROL, now=clock.now())
    at.shift(60)
    stock.receive(cup.sku, "london", 2, by=BOB, now=clock.now())
    return row


ENGLISH = [
    (0, "Web shop's key", "Placed for £33.00 through Web shop"),
    (0, "Web shop's key", "Routed to Leeds (3); 3 units without stock"),
    (1, "Carol", "On hold: Fraud check – odd address"),
    (2, "Dan", "Hold released: Fraud check"),
    (3, "Dan", "£10.00 received"),
    (4, "Carol", "1 unit cancelled, worth £5.00: Customer changed their mind – five will do"),
    (5, "Bob", "Parcel F2 planned"),
    (5, "Bob", "Backordered goods are there: 2 × CUP (London)"),
]
VIETNAMESE = [
    "Đặt hàng 33,00\xa0£ qua Web shop",
    "Điều phối đến Leeds (3); 3 sản phẩm chưa có hàng",
    "Đang giữ: Kiểm tra gian lận – odd address",
    "Đã gỡ giữ: Kiểm tra gian lận",
    "Đã nhận 10,00\xa0£",
    "Đã hủy 1 sản phẩm, trị giá 5,00\xa0£: Khách đổi ý – five will do",
    "Đã lên kế hoạch kiện F2",
    "Hàng chờ đã về: 2 × CUP (London)",
]


def test_an_order_tells_its_life_in_order(at: time_machine.Coordinates, world: World) -> None:
    row = lived(at, world)
    assert told(row, "en") == ENGLISH
    vietnamese = told(row, "vi")
    assert [one[:2] for one in vietnamese] == [one[:2] for one in ENGLISH]
    assert [one[2] for one in vietnamese] == VIETNAMESE


def test_the_page_shows_the_same_newest_first(at: time_machine.Coordinates, world: World, as_: As) -> None:
    row = lived(at, world)
    client = as_("alice")
    for language, texts in (("en", [one[2] for one in ENGLISH]), ("vi", VIETNAMESE)):
        User.objects.filter(username="alice").update(language=language)
        page = html.unescape(client.get(f"/orders/{row.number}").content.decode())
        [shown] = re.findall(r'<ol class="timeline-list">(.*?)</ol>', page, re.DOTALL)
        assert re.findall(r"<p>(.*?)</p>", shown) == texts[::-1]


def test_what_waited_for_a_person_tells_why_it_waited_and_went_on(
    at: time_machine.Coordinates, world: World
) -> None:
    place_group([prepare(order("1", {"??": 600}, on_shortage="accept"), actor=SHOP)])
    row = Order.objects.get()
    react.func([str(row.id)])
    at.shift(60)
    mapping.map_sku("web", "??", "SCARF", by=DAN, now=clock.now())
    at.shift(60)
    stock.receive("SCARF", "leeds", 100, by=BOB, now=clock.now())
    assert told(row, "en") == [
        (0, "Web shop's key", "Placed for £3,003.00 through Web shop"),
        (0, "Web shop's key", "On hold: SKU unknown – a SKU of the order is not known yet"),
        (0, "Trivet", "Waits for a person – Unknown SKU"),
        (1, "Dan", "?? is SCARF"),
        (1, "Dan", "Parcel F1 planned"),
        (1, "Dan", "Backordered goods are there: 500 × SCARF (Leeds)"),
        (1, "Trivet", "On hold: Stock – not enough stock for the whole order"),
        (1, "Dan", "Hold released: SKU unknown – every SKU is known"),
        (1, "Dan", "Settled on the exception desk – every SKU is known"),
        (1, "Trivet", "Waits for a person – Not enough stock for an order"),
        (2, "Bob", "Hold released: Stock – stock came in"),
        (2, "Bob", "Backordered goods are there: 100 × SCARF (Leeds)"),
    ]
    both = zip(told(row, "en"), told(row, "vi"), strict=True)
    untold = [one[2] for one, two in both if one[2] == two[2]]
    assert untold == [], "every fact has words in Vietnamese"


def test_a_gift_is_shown_with_its_words(world: World, as_: As) -> None:
    new = order("1", {"SCARF": 1}, gift=True, gift_message="For <Lan>")
    place_group([prepare(new, actor=SHOP)])
    page = as_("alice").get(f"/orders/{Order.objects.get().number}").content.decode()
    assert "This is a gift." in page and "For &lt;Lan&gt;" in page
