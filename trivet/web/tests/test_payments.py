"""Money recorded by hand at the desk: looked at before it is done, never twice, only by those who may."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.world import World
from trivet.flows import money
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.payments.models import Payment
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)

DAN = Actor("user", "dan", "Dan")


@pytest.fixture
def number(world: World) -> int:
    [found] = placed(1, paid=False)
    return found


def _post(client: Any, address: str, step: str = "record", **more: str) -> Any:
    typed = {"amount": "18", "method": "bank_transfer", "seen": "0", **more}
    return client.post(address, {**typed, "step": step})


def test_a_payment_is_looked_at_then_recorded(as_: As, number: int) -> None:
    client, address = as_("dan"), f"/orders/{number}/payments/capture"
    page = client.get(f"/orders/{number}").content.decode()
    assert address in page
    assert 'value="18.00"' in client.get(address).content.decode()
    look = _post(client, address, "look", amount="10.50", reference="B-77")
    assert "£10.50 is noted as received." in look.content.decode()
    assert "Then £7.50 is still open." in look.content.decode()
    assert Payment.objects.count() == 0
    assert "id_amount" in _post(client, address, "change", amount="10.50").content.decode()
    assert _post(client, address, amount="10.50", reference="B-77").url == f"/orders/{number}"
    row = Order.objects.get(number=number)
    assert (row.captured_minor, row.payment_status) == (1050, "partially_paid")
    made = Payment.objects.get()
    assert (made.gateway, made.method, made.reference, made.actor_label) == (
        "manual",
        "bank_transfer",
        "B-77",
        "Dan",
    )
    page = client.get(f"/orders/{number}").content.decode()
    assert "by hand" in page
    assert "£10.50 received" in page


def test_an_authorisation_is_captured_in_part_and_the_rest_given_up(as_: As, number: int) -> None:
    client = as_("alice")
    _post(client, f"/orders/{number}/payments/authorize", expires_at="2099-01-01T10:00")
    made = Payment.objects.get(kind="authorize")
    _post(client, f"/orders/{number}/payments/capture/{made.id}", amount="8", seen="1")
    page = client.get(f"/orders/{number}").content.decode()
    assert "£10.00 of it is left" in page
    void = f"/orders/{number}/payments/void/{made.id}"
    assert void in page
    assert (
        "£10.00 of the authorisation is given up; £0.00 of it stays."
        in _post(client, void, "look", amount="10", seen="2").content.decode()
    )
    _post(client, void, amount="10", seen="2")
    row = Order.objects.get(number=number)
    assert (row.captured_minor, row.voided_minor) == (800, 1000)


def test_what_came_in_is_paid_back(as_: As, number: int) -> None:
    client = as_("dan")
    _post(client, f"/orders/{number}/payments/capture")
    made = Payment.objects.get()
    back = f"/orders/{number}/payments/refund/{made.id}"
    assert back in client.get(f"/orders/{number}").content.decode()
    _post(client, back, amount="5", seen="1")
    assert Order.objects.get(number=number).refunded_minor == 500
    assert _post(client, back, amount="13.01", seen="2").status_code == 400


def test_who_was_second_is_told_and_nothing_is_recorded_twice(as_: As, number: int) -> None:
    client, address = as_("dan"), f"/orders/{number}/payments/capture"
    order = Order.objects.get(number=number)
    money.capture(order.id, 500, by=DAN, now=clock.now())
    answer = _post(client, address, amount="5")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "someone recorded money meanwhile" in page
    assert "£5.00 is received, £13.00 is open" in page
    assert re.search(r'name="seen" value="1"', page)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "above zero"),
        ("-3", "greater than or equal"),
        ("1.005", "Finer than"),
        ("18.01", "£18.00 at most"),
        ("x", "number"),
    ],
)
def test_amounts_that_cannot_be_are_said_at_the_field(as_: As, number: int, amount: str, said: str) -> None:
    answer = _post(as_("dan"), f"/orders/{number}/payments/capture", amount=amount)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("name", ["bob", "carol", "ana", "eve"])
@pytest.mark.parametrize("verb", ["capture", "authorize", "refund", "void"])
def test_who_may_not_record_money_gets_nowhere(as_: As, number: int, name: str, verb: str) -> None:
    order = Order.objects.get(number=number)
    made = money.authorize(order.id, 1800, by=DAN, now=clock.now())
    if verb == "refund":
        made = money.capture(order.id, 1800, by=DAN, now=clock.now())
    before = Payment.objects.count()
    address = f"/orders/{number}/payments/{verb}" + (
        "" if verb in {"capture", "authorize"} else f"/{made.id}"
    )
    client = as_(name)
    refused = 302 if name == "eve" else 403
    assert client.get(address).status_code == refused
    assert _post(client, address, seen=str(before)).status_code == refused
    assert Payment.objects.count() == before
    if name != "eve":
        assert f"/orders/{number}/payments/" not in client.get(f"/orders/{number}").content.decode()


def test_addresses_that_mean_nothing_are_not_found(as_: As, number: int) -> None:
    client = as_("dan")
    order = Order.objects.get(number=number)
    made = money.authorize(order.id, 1800, by=DAN, now=clock.now())
    for tail in ("steal", "void", "refund", f"refund/{made.id}"):
        assert client.get(f"/orders/{number}/payments/{tail}").status_code == 404
