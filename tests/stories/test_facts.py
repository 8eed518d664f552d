"""Facts are told to who may know what they are about: in timelines, as orders came in, in the change feed."""

from __future__ import annotations

from typing import Any

import pytest

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.journal.actions.sequence import sequence
from trivet.orders.models import Order
from trivet.web.tests.conftest import As, as_

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["as_"]

PAYMENT = {"kind": "capture", "method": "card", "gateway": "manual", "reference": "card-4711", "amount": 500}


@pytest.fixture
def order() -> str:
    """A paid order."""
    world.build().sku("TEE", {"leeds": 3})
    status, placed = Caller(key()).post(
        "/orders",
        new_order("1", lines=[{"sku": "TEE", "quantity": 2, "unit_price": 500}], payments=[PAYMENT]),
    )
    assert status == 201
    more = {"kind": "capture", "method": "card", "amount": 400}
    assert Caller(key()).post(f"/orders/{placed['id']}/payments", more)[0] == 201
    sequence()
    return str(placed["id"])


def kinds(told: list[dict[str, Any]]) -> set[str]:
    return {event["kind"] for event in told}


def test_payments_are_not_told_by_the_timeline_or_the_payload_to_who_may_not_see_them(order: str) -> None:
    viewer, cashier = Caller(key("order.view")), Caller(key("order.view", "payment.view"))
    told = viewer.get(f"/orders/{order}/timeline")[1]["rows"]
    assert "order.placed" in kinds(told) and "payment.captured" not in kinds(told)
    assert viewer.get(f"/orders/{order}/received")[0] == 403
    assert "payment.captured" in kinds(cashier.get(f"/orders/{order}/timeline")[1]["rows"])
    assert cashier.get(f"/orders/{order}/received")[1]["payload"]["payments"] == [PAYMENT]
    assert Caller(key("payment.view")).get(f"/orders/{order}/received")[0] == 403


def test_the_feed_tells_what_the_key_may_see_and_goes_on_behind_it(order: str) -> None:
    told = Caller(key("event.read", "order.view")).get("/events")[1]
    assert {kind.split(".")[0] for kind in kinds(told["events"])} == {"order"}
    assert told["next"] == told["head"] > len(told["events"])
    payments = Caller(key("event.read", "payment.view")).get("/events?limit=1")[1]
    assert kinds(payments["events"]) == {"payment.captured"}
    nothing = Caller(key("event.read")).get("/events")[1]
    assert nothing["events"] == [] and nothing["next"] == told["head"]
    everything = Caller(key("*", "staff.edit")).get("/events?limit=200")[1]["events"]
    assert [event["position"] for event in everything] == list(range(1, told["head"] + 1))


def test_the_desk_tells_roles_what_they_may_see(order: str, as_: As) -> None:
    number = Order.objects.get().number
    pages = {name: as_(name).get(f"/orders/{number}").content.decode() for name in ("alice", "bob")}
    assert "£4.00 received" in pages["alice"]
    assert "£4.00 received" not in pages["bob"] and "Placed for" in pages["bob"]


def test_a_long_timeline_goes_on(order: str, as_: As) -> None:
    caller = Caller(key())
    for _ in range(3):
        hold = caller.post(f"/orders/{order}/holds", {"kind": "manual"})[1]["id"]
        caller.call("DELETE", f"/orders/{order}/holds/{hold}")
    path = f"/orders/{order}/timeline?limit=4"
    first = caller.get(path)[1]
    second = caller.get(f"{path}&cursor={first['next_cursor']}")[1]
    whole = caller.get(f"/orders/{order}/timeline")[1]["rows"]
    assert first["rows"] + second["rows"] == whole[:8] and len(whole) >= 8
    assert caller.get(f"{path}&cursor=bm9uc2Vuc2U")[1]["field"] == "cursor"
