"""Holds: several at once, the same twice is one, work goes on with the last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order
from trivet.flows import cancel, expiry, hold
from trivet.fulfillment.models import FulfillmentOrder
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import Invalid, NotFound, WrongState
from trivet.lib.ids import new_id
from trivet.orders.models import Hold, Order

pytestmark = pytest.mark.django_db(transaction=True)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


@pytest.fixture
def row(world: World) -> Order:
    world.sku("SHIRT", {"london": 5})
    return placed(order("1", {"SHIRT": 1}))


def state() -> str:
    return FulfillmentOrder.objects.get().state


def test_work_stops_with_the_first_and_goes_on_with_the_last(row: Order) -> None:
    fraud = hold.place(row.id, "fraud", reason="odd address", owner="Eve", **me())
    address = hold.place(row.id, "address", **me())
    row.refresh_from_db()
    assert (state(), row.holds_open, row.fulfillment_status) == ("on_hold", 2, "on_hold")
    hold.release(row.id, fraud, **me())
    assert state() == "on_hold"
    hold.release(row.id, address, **me())
    row.refresh_from_db()
    assert (state(), row.holds_open) == ("open", 0)
    kinds = list(
        Event.objects.filter(kind__startswith="order.h").order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["order.held", "order.held", "order.hold_released", "order.hold_released"]


def test_the_same_kind_and_handle_is_the_same_hold(row: Order) -> None:
    first = hold.place(row.id, "manual", handle="ticket-7", **me())
    assert hold.place(row.id, "manual", handle="ticket-7", **me()) == first
    assert hold.place(row.id, "manual", handle="ticket-8", **me()) != first
    assert Hold.objects.count() == 2
    hold.release(row.id, first, **me())
    with pytest.raises(WrongState):
        hold.release(row.id, first, **me())
    assert hold.place(row.id, "manual", handle="ticket-7", **me()) != first


def test_a_hold_ends_by_itself(row: Order) -> None:
    hold.place(row.id, "payment", expires_at=clock.now() + timedelta(hours=1), **me())
    expiry.let_time_pass(now=clock.now())
    assert state() == "on_hold"
    expiry.let_time_pass(now=clock.now() + timedelta(hours=2))
    assert state() == "open"
    assert Event.objects.get(kind="order.hold_released").facts["why"] == "expired"


def test_what_people_may_not_do(row: Order) -> None:
    for kind in ("stock", "mapping", "nonsense"):
        with pytest.raises(Invalid):
            hold.place(row.id, kind, **me())
    with pytest.raises(Invalid):
        hold.place(row.id, "manual", expires_at=clock.now() - timedelta(hours=1), **me())
    with pytest.raises(NotFound):
        hold.release(row.id, new_id(), **me())
    cancel.cancel(row.id, None, reason="staff", **me())
    with pytest.raises(WrongState):
        hold.place(row.id, "manual", **me())


def test_a_scheduled_order_comes_due_and_returns_to_its_day_after_a_hold(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 1}, fulfill_at=clock.now() + timedelta(days=2)))
    assert state() == "scheduled"
    hold.release(row.id, hold.place(row.id, "fraud", **me()), **me())
    assert state() == "scheduled"
    expiry.let_time_pass(now=clock.now())
    assert state() == "scheduled"
    expiry.let_time_pass(now=clock.now() + timedelta(days=3))
    row.refresh_from_db()
    assert (state(), row.scheduled, row.fulfillment_status) == ("open", False, "unfulfilled")
