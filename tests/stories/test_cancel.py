"""Cancelling before picking: stock comes free, money is voided or to be refunded, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order, totals
from trivet.flows import cancel, hold, stock
from trivet.flows.intake import place_group, prepare
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import BackorderLimit
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import Invalid, NotFound, WrongState
from trivet.lib.ids import new_id
from trivet.orders.models import Order, OrderChange, OrderLine
from trivet.orders.rules.value import NewOrder, NewPayment
from trivet.payments.models import Payment

pytestmark = pytest.mark.django_db(transaction=True)


def me(**more: Any) -> Any:
    return {"by": ALICE, "now": clock.now(), "reason": "customer", **more}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def placed(new: NewOrder) -> Order:
    found = place_group([prepare(new, actor=ALICE)])[0]
    if isinstance(found, Exception):
        raise found
    return Order.objects.get(id=found.id)


def lines(row: Order) -> list[UUID]:
    return list(OrderLine.objects.filter(order=row).order_by("position").values_list("id", flat=True))


def pay(kind: str, amount: int, reference: str = "p-1") -> NewPayment:
    return NewPayment(kind, "card", "manual", reference, amount)  # type: ignore[arg-type]


def test_a_whole_cancellation_undoes_everything(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}, payments=(pay("authorize", 1300),)))
    seen = cancel.preview(row.id, None, now=clock.now())
    assert (seen.plan.whole, seen.plan.value, seen.void, seen.refund) == (True, 1300, 1300, 0)
    done = cancel.cancel(row.id, None, expected_version=seen.version, **me())
    assert (done.voided, done.refund_due, done.version) == (1300, 0, 2)
    row.refresh_from_db()
    assert (row.lifecycle, row.payment_status, row.cancelled_minor) == ("cancelled", "voided", 1300)
    assert totals(shirt.id) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}
    assert FulfillmentOrder.objects.get().state == "cancelled"
    assert OrderChange.objects.get().version == 2
    event = Event.objects.get(kind="order.cancelled")
    assert (event.facts["value"], event.facts["refund_due"]) == (1300, 0)
    with pytest.raises(WrongState):
        cancel.cancel(row.id, None, **me())


def test_captured_money_stays_and_is_named(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}, payments=(pay("capture", 1300),)))
    assert cancel.cancel(row.id, {lines(row)[0]: 1}, **me()).refund_due == 500
    done = cancel.cancel(row.id, None, **me())
    assert (done.plan.value, done.refund_due) == (800, 1300)
    assert Payment.objects.count() == 1


def test_a_part_is_cancelled_and_the_rest_goes_on(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    world.sku("SCARF", {"leeds": 5})
    row = placed(order("1", {"SHIRT": 2, "SCARF": 1}, payments=(pay("authorize", 1800),)))
    assert FulfillmentOrder.objects.count() == 2
    done = cancel.cancel(row.id, {lines(row)[1]: 1}, **me(note="wrong colour"))
    row.refresh_from_db()
    assert (done.voided, row.lifecycle, row.payment_status) == (0, "open", "authorized")
    assert (row.units_cancelled, row.units_allocated) == (1, 2)
    assert sorted(FulfillmentOrder.objects.values_list("units", "state")) == [(0, "cancelled"), (2, "open")]
    assert OrderChange.objects.get().kind == "lines_cancelled"


def test_a_bundle_gives_back_all_its_parts(world: World) -> None:
    cup = world.sku("CUP", {"london": 10})
    saucer = world.sku("SAUCER", {"london": 10})
    world.bundle("SET", {"CUP": 2, "SAUCER": 1})
    row = placed(order("1", {"SET": 3, "CUP": 1}))
    cancel.cancel(row.id, {lines(row)[0]: 2}, **me())
    assert (totals(cup.id)["allocated"], totals(saucer.id)["allocated"]) == (3, 1)


def test_backordered_units_go_before_promised_ones_and_leave_the_cap(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 1})
    BackorderLimit.objects.create(variant=shirt, limit=5)
    row = placed(order("1", {"SHIRT": 4}, on_shortage="backorder", never_split_lines=False))
    cancel.cancel(row.id, {lines(row)[0]: 2}, **me())
    line = OrderLine.objects.get()
    assert (line.cancelled, line.allocated, line.backordered) == (2, 1, 1)
    assert BackorderLimit.objects.get().taken == 1


def test_cancelling_what_is_short_lifts_the_stock_hold(world: World) -> None:
    world.sku("SHIRT", {"london": 1})
    world.sku("SCARF", {"london": 1})
    row = placed(order("1", {"SHIRT": 3, "SCARF": 1}, on_shortage="accept"))
    assert row.fulfillment_status == "on_hold"
    short = lines(row)[0]
    cancel.cancel(row.id, {short: 2}, **me())
    row.refresh_from_db()
    assert row.fulfillment_status == "unfulfilled"
    assert set(FulfillmentOrder.objects.values_list("state", flat=True)) == {"open"}


def test_whoever_comes_second_is_told(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}))
    cancel.cancel(row.id, {lines(row)[0]: 1}, **me(expected_version=1))
    with pytest.raises(WrongState):
        cancel.cancel(row.id, None, **me(expected_version=1))
    with pytest.raises(WrongState):
        cancel.cancel(row.id, {lines(row)[0]: 2}, **me())


def test_what_is_being_picked_cannot_be_cancelled(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}))
    FulfillmentOrder.objects.update(state="in_progress")
    with pytest.raises(WrongState):
        cancel.cancel(row.id, None, **me())
    assert totals(world.variants["SHIRT"].id)["allocated"] == 2


def test_wrong_wishes(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}))
    with pytest.raises(Invalid):
        cancel.cancel(row.id, None, **me(reason="because"))
    with pytest.raises(Invalid):
        cancel.cancel(row.id, {new_id(): 1}, **me())
    with pytest.raises(NotFound):
        cancel.cancel(new_id(), None, **me())
    with pytest.raises(NotFound):
        cancel.preview(new_id(), None, now=clock.now())


def test_a_cancelled_order_takes_its_holds_along_and_the_shortfall(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 3}))
    hold.place(row.id, "fraud", by=ALICE, now=clock.now())
    stock.set_count("SHIRT", "london", 1, by=ALICE, now=clock.now())
    cancel.cancel(row.id, None, **me())
    row.refresh_from_db()
    assert row.holds_open == 0
    assert world.level("SHIRT", "london").shortfall == 0
    assert Event.objects.filter(kind="exception.resolved").count() == 1
