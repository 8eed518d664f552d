"""What people do at the desks: pay back what is owed, settle cases with a word, count, and get about by the palette."""

from __future__ import annotations

import re

import pytest

from tests.world import ALICE, World, order
from trivet.catalog.models import Variant
from trivet.flows import cancel, money, stock
from trivet.flows.intake import place_group, prepare
from trivet.inventory.models import StockEntry
from trivet.journal.models import Event, ExceptionItem
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.orders.rules.value import Person
from trivet.payments.models import Payment
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def test_money_that_is_owed_after_a_cancellation_waits_for_somebody(world: World, as_: As) -> None:
    [number] = placed(1)
    row = Order.objects.get(number=number)
    cancel.cancel(row.id, None, reason="customer", by=ALICE, now=clock.now())
    page = as_("carol").get(f"/orders/{number}").content.decode()
    assert re.search(r"To pay back £18\.00", page)
    assert "Operations or the owner records the refund." in page
    for address in ("/today", "/orders?view=owed"):
        shown = as_("dan").get(address).content.decode()
        assert "To pay back" in shown
    assert f"#{number}" in as_("dan").get("/orders?view=owed").content.decode()
    capture = Payment.objects.get(order=row, kind="capture")
    money.refund(row.id, 1800, captured=capture.id, by=ALICE, now=clock.now())
    assert f"#{number}" not in as_("dan").get("/orders?view=owed").content.decode()
    assert "To pay back" not in as_("carol").get(f"/orders/{number}").content.decode()


def test_a_case_is_settled_with_a_word_and_can_be_put_back(world: World, as_: As) -> None:
    stock.set_count("SHIRT", "leeds", 10, by=ALICE, now=clock.now())
    item = ExceptionItem.objects.get(kind="write_off")
    dan = as_("dan")
    dan.post(f"/exceptions/{item.id}/resolution", {"resolution": "  "})
    item.refresh_from_db()
    assert item.state == "open"
    dan.post(f"/exceptions/{item.id}/resolution", {"resolution": "a pallet fell"})
    page = dan.get("/exceptions/settled").content.decode()
    assert "a pallet fell" in page and "Dan" in page
    assert as_("ana").post(f"/exceptions/{item.id}/reopening").status_code == 403
    dan.post(f"/exceptions/{item.id}/reopening")
    item.refresh_from_db()
    assert (item.state, item.resolution) == ("open", "")
    assert Event.objects.filter(kind="exception.reopened").count() == 1
    assert dan.post(f"/exceptions/{item.id}/reopening").status_code == 409


def test_a_case_is_not_put_back_beside_a_newer_one(world: World, as_: As) -> None:
    stock.set_count("SHIRT", "leeds", 10, by=ALICE, now=clock.now())
    old = ExceptionItem.objects.get(kind="write_off")
    dan = as_("dan")
    dan.post(f"/exceptions/{old.id}/resolution", {"resolution": "seen"})
    stock.set_count("SHIRT", "leeds", 0, by=ALICE, now=clock.now())
    assert ExceptionItem.objects.filter(kind="write_off", state="open").count() == 1
    assert dan.post(f"/exceptions/{old.id}/reopening").status_code == 409


def test_a_count_is_typed_as_it_was_counted(world: World, as_: As) -> None:
    bob = as_("bob")
    page = bob.get("/stock/sku/SHIRT").content.decode()
    assert page.index('action="/stock/count/SHIRT"') < page.index("How much is where?")
    assert "Choose a place" in page
    assert bob.post("/stock/count/SHIRT", {"place": "", "on_hand": "5"}).status_code == 400
    answer = bob.post("/stock/count/SHIRT", {"place": "leeds", "on_hand": "495"}, follow=True)
    assert "Counted: on hand is now 495 (−5)." in answer.content.decode()
    assert StockEntry.objects.filter(kind="count").get().on_hand == -5
    assert as_("carol").post("/stock/count/SHIRT", {"place": "leeds", "on_hand": "1"}).status_code == 403


def test_the_palette_goes_to_what_each_may_open(world: World, as_: As) -> None:
    def goes(name: str) -> set[str]:
        page = as_(name).get("/today").content.decode()
        inside = page.split('id="palette-list"')[1].split("</ul>")[0]
        found = set(re.findall(r'href="([^"]+)"', inside))
        assert all(as_(name).get(address).status_code == 200 for address in found if address != "/settings")
        return found

    assert {"/exceptions", "/orders?view=late", "/settings/people/new"} <= goes("alice")
    assert "/settings/people/new" not in goes("dan")
    assert not any(address.startswith("/settings") for address in goes("bob"))


def test_a_person_is_found_by_a_number_as_written_at_home(world: World, as_: As) -> None:
    lan = Person(external_id="", email="", phone="+447700900102", name="Phương Lan", locale="vi")
    place_group([prepare(order("p", {"SHIRT": 1}, customer=lan), actor=ALICE)])
    for typed in ("07700 900102", "+447700900102", "+44 7700 900102"):
        assert "Phương Lan" in as_("carol").get("/customers", {"q": typed}).content.decode()


@pytest.mark.parametrize(
    "typed", ["phuong lan", "LAN phuong", "ngo phuong", "Phương Lan", "đào", "dao", "ngô"]
)
def test_a_name_is_found_however_its_accents_are_typed(world: World, as_: As, typed: str) -> None:
    lan = Person(email="lan@example.com", name="Ngô Phương Lan Đào", locale="vi")
    muller = Person(email="m@example.com", name="Jürgen Müller", locale="de")
    for n, person in enumerate((lan, muller)):
        place_group([prepare(order(f"n{n}", {"SHIRT": 1}, customer=person), actor=ALICE)])
    carol = as_("carol")
    page = carol.get("/customers", {"q": typed}).content.decode()
    assert "Ngô Phương Lan Đào" in page and "Müller" not in page
    assert "w-" not in page
    orders = carol.get("/orders", {"view": "all", "q": typed}).content.decode()
    assert ">n0<" in orders and ">n1<" not in orders
    assert "Müller" in carol.get("/customers", {"q": "muller jurgen"}).content.decode()
    assert "Müller" in carol.get("/customers", {"q": "ju"}).content.decode()


def test_goods_are_found_by_words_of_their_title_in_any_order(world: World, as_: As) -> None:
    world.sku("22423", {"leeds": 1})
    Variant.objects.filter(sku="22423").update(title="Pink Paper Parasol")
    bob = as_("bob")
    for typed in ("pink paraso", "parasol PINK"):
        page = bob.get("/stock", {"q": typed}).content.decode()
        assert "Pink Paper Parasol" in page and ">SCARF<" not in page
