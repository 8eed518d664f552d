"""Words that people stumbled over: holds in lists, parcels, methods, who asked and who approved."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from tests.world import ALICE, World
from trivet.flows import cancel, hold, stock
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import AdjustmentRequest
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.staff.models import User
from trivet.web.shell.badges import held
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def _read(client: Client, address: str) -> str:
    return html.unescape(client.get(address).content.decode())


def test_a_hold_in_a_list_says_that_it_is_one(world: World, as_: As) -> None:
    [number] = placed(1)
    hold.place(Order.objects.get().id, "payment", by=ALICE, now=clock.now())
    client = as_("alice")
    for address in ("/orders", f"/orders/{number}", "/today"):
        assert "On hold: payment" in _read(client, address), address
    assert str(held("mapping").word) == "On hold: SKU unknown"
    User.objects.update(language="vi")
    for address in ("/orders", f"/orders/{number}", "/today"):
        assert "Đang giữ: thanh toán" in _read(client, address), address


def test_the_ledger_names_who_asked_and_who_approved(world: World, as_: As) -> None:
    bob, dan = Actor("user", "bob", "Bob"), Actor("user", "dan", "Dan")
    told: Any = {"by": bob, "now": clock.now()}
    stock.adjust("SHIRT", "leeds", -400, "lost", **told)
    stock.approve_adjustment(AdjustmentRequest.objects.get().id, by=dan, now=clock.now())
    client = as_("alice")
    for address in ("/stock/why/leeds/SHIRT", "/stock/sku/SHIRT"):
        assert "asked by Bob, approved by Dan" in _read(client, address), address
    User.objects.update(language="vi")
    assert "Bob đề nghị, Dan duyệt" in _read(client, "/stock/sku/SHIRT")


def test_a_cancelled_order_has_nothing_left_to_ship(world: World, as_: As) -> None:
    [number] = placed(1)
    client = as_("alice")
    page = _read(client, f"/orders/{number}")
    assert "Not shipped" in page and "No parcel under way" in page and "must leave" in page
    assert "· Standard ·" in page
    cancel.cancel(Order.objects.get().id, None, reason="customer", by=ALICE, now=clock.now())
    page = _read(client, f"/orders/{number}")
    assert "Not shipped" not in page and "under way" not in page
    assert "Nothing is shipped from here any more." in page and "0 units" not in page
    User.objects.update(language="vi")
    assert "Tiêu chuẩn" in _read(client, f"/orders/{placed(1, start=2)[0]}")
    assert FulfillmentOrder.objects.count()


def test_only_while_nobody_is_there_the_log_in_says_how_to_make_someone(
    transactional_db: None, as_: As
) -> None:
    page = _read(Client(), "/login")
    assert "Nobody can log in yet." in page and "trivet user add NAME --role owner" in page
    client = Client(headers={"accept-language": "vi"})
    assert "Chưa ai đăng nhập được." in _read(client, "/login")
    as_("alice")
    assert "trivet user add" not in _read(Client(), "/login")
