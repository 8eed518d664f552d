"""The money ledger: nothing is captured twice, beyond the authorisation or beyond the order (row B6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order
from trivet.flows import cancel, expiry, money
from trivet.journal.models import Event, ExceptionItem
from trivet.lib import clock
from trivet.lib.errors import Conflict, Invalid, NotFound, WrongState
from trivet.lib.ids import new_id
from trivet.orders.models import Order
from trivet.payments.actions.ledger import Told
from trivet.payments.models import Payment

pytestmark = pytest.mark.django_db(transaction=True)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


def told(reference: str) -> Told:
    return Told("card", "manual", reference)


@pytest.fixture
def row(transactional_db: None) -> Iterator[Order]:
    world: World = build()
    world.sku("SHIRT", {"london": 5})
    yield placed(order("1", {"SHIRT": 2}))
    nothing_is_wrong()


def status(order: UUID) -> str:
    return str(Order.objects.values_list("payment_status", flat=True).get(id=order))


def test_authorise_capture_in_parts_refund(row: Order) -> None:
    auth = money.authorize(row.id, 1300, told=told("a"), **me())
    assert status(row.id) == "authorized"
    first = money.capture(row.id, 800, told=told("c1"), authorization=auth.id, **me())
    assert status(row.id) == "partially_paid"
    money.capture(row.id, 500, told=told("c2"), **me())
    assert status(row.id) == "paid"
    auth.refresh_from_db()
    assert auth.used_minor == 1300
    money.refund(row.id, 300, told=told("r1"), captured=first.id, **me())
    assert status(row.id) == "partially_refunded"
    money.refund(row.id, 500, told=told("r2"), **me())
    money.refund(row.id, 500, told=told("r3"), **me())
    assert status(row.id) == "refunded"
    with pytest.raises(WrongState):
        money.refund(row.id, 1, told=told("r4"), **me())


def test_nothing_is_captured_beyond_the_authorisation_or_the_order(row: Order) -> None:
    auth = money.authorize(row.id, 1000, told=told("a"), **me())
    with pytest.raises(WrongState) as error:
        money.capture(row.id, 1001, authorization=auth.id, **me())
    assert error.value.facts["left"] == 1000
    with pytest.raises(WrongState):
        money.capture(row.id, 1301, **me())
    assert not Payment.objects.filter(kind="capture").exists()
    money.capture(row.id, 1300, told=Told("bank_transfer"), **me())
    with pytest.raises(WrongState):
        money.capture(row.id, 1, **me())


def test_the_same_reference_is_the_same_movement(row: Order) -> None:
    first = money.capture(row.id, 500, told=told("c"), **me())
    assert money.capture(row.id, 500, told=told("c"), **me()).id == first.id
    with pytest.raises(Conflict):
        money.capture(row.id, 600, told=told("c"), **me())
    row.refresh_from_db()
    assert row.captured_minor == 500
    refund = money.refund(row.id, 500, told=told("r"), **me())
    assert money.refund(row.id, 500, told=told("r"), **me()).id == refund.id
    assert Event.objects.filter(kind__startswith="payment.").count() == 2


def test_void_gives_up_what_is_left(row: Order) -> None:
    auth = money.authorize(row.id, 1300, told=told("a"), **me())
    money.capture(row.id, 300, authorization=auth.id, **me())
    assert money.void(row.id, auth.id, **me()).amount_minor == 1000
    with pytest.raises(WrongState):
        money.void(row.id, auth.id, **me())
    with pytest.raises(WrongState):
        money.capture(row.id, 1, authorization=auth.id, **me())
    with pytest.raises(NotFound):
        money.void(row.id, new_id(), **me())


def test_wrong_movements_name_their_field(row: Order) -> None:
    wishes: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("amount", lambda: money.capture(row.id, 0, **me())),
        ("method", lambda: money.capture(row.id, 1, told=Told("shells"), **me())),
        ("gateway", lambda: money.authorize(row.id, 1, told=Told("card", ""), **me())),
        ("expires_at", lambda: money.authorize(row.id, 1, expires_at=clock.now() - timedelta(1), **me())),
    )
    for field, wish in wishes:
        with pytest.raises(Invalid) as error:
            wish()
        assert error.value.field == field


def test_an_authorisation_about_to_end_waits_for_a_person_then_expires(row: Order) -> None:
    now = clock.now()
    auth = money.authorize(row.id, 1300, told=told("a"), expires_at=now + timedelta(days=3), **me())
    expiry.let_time_pass(now=now)
    assert not ExceptionItem.objects.exists()
    expiry.let_time_pass(now=now + timedelta(days=2, hours=1))
    item = ExceptionItem.objects.get()
    assert (item.kind, item.facts["left"], item.state) == ("authorization_expiring", 1300, "open")
    expiry.let_time_pass(now=now + timedelta(days=3, hours=1))
    item.refresh_from_db()
    assert (item.state, status(row.id)) == ("resolved", "expired")
    with pytest.raises(WrongState):
        money.capture(row.id, 1, authorization=auth.id, **me())


def test_a_capture_settles_the_alarm(row: Order) -> None:
    now = clock.now()
    money.authorize(row.id, 1300, told=told("a"), expires_at=now + timedelta(hours=3), **me())
    expiry.let_time_pass(now=now)
    money.capture(row.id, 1300, told=told("c"), **me())
    assert ExceptionItem.objects.get().state == "resolved"


def test_a_cancellation_voids_only_what_nobody_needs(row: Order) -> None:
    money.authorize(row.id, 800, told=told("a1"), **me())
    money.authorize(row.id, 500, told=told("a2"), by=ALICE, now=clock.now() + timedelta(seconds=1))
    line = cancel.preview(row.id, None).plan.cuts[0].line
    done = cancel.cancel(row.id, {line: 1}, reason="customer", **me())
    assert (done.voided, status(row.id)) == (500, "authorized")
