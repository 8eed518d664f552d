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
from trivet.orders.rules.value import NewPayment
from trivet.payments.actions.ledger import Told
from trivet.payments.models import Payment
from trivet.payments.queries.desk import payments_of

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
    line = cancel.preview(row.id, None, now=clock.now()).plan.cuts[0].line
    done = cancel.cancel(row.id, {line: 1}, reason="customer", **me())
    assert (done.voided, status(row.id)) == (500, "authorized")


def test_an_authorisation_ends_when_its_time_comes_not_when_it_is_swept(row: Order) -> None:
    now = clock.now()
    ends = now + timedelta(hours=2)
    auth = money.authorize(row.id, 1300, told=told("a"), expires_at=ends, **me())
    late: dict[str, Any] = {"by": ALICE, "now": ends}
    for wish in (
        lambda: money.capture(row.id, 1300, told=told("c"), authorization=auth.id, **late),
        lambda: money.capture(row.id, 1300, told=told("a"), **late),
        lambda: money.void(row.id, auth.id, **late),
        lambda: money.void(row.id, auth.id, amount=300, **late),
    ):
        with pytest.raises(WrongState) as error:
            wish()
        assert error.value.facts == {"left": 0, "expired": True}
    assert cancel.preview(row.id, None, now=ends).void == 0
    assert [p.expired for p in payments_of(row.id, ends)] == [True]
    assert [p.expired for p in payments_of(row.id, now)] == [False]
    money.capture(
        row.id, 300, told=told("c"), authorization=auth.id, by=ALICE, now=ends - timedelta(seconds=1)
    )
    assert money.expire_authorizations(ends) == 1
    row.refresh_from_db()
    assert (row.expired_minor, row.captured_minor, row.payment_status) == (1000, 300, "partially_paid")


def test_an_authorisation_that_is_used_up_does_not_expire(row: Order) -> None:
    now = clock.now()
    auth = money.authorize(row.id, 1300, told=told("a"), expires_at=now + timedelta(hours=2), **me())
    money.capture(row.id, 1300, authorization=auth.id, **me())
    assert money.expire_authorizations(now + timedelta(days=1)) == 0
    auth.refresh_from_db()
    assert not auth.expired
    assert not Event.objects.filter(kind="payment.expired").exists()


def test_an_authorisation_told_again_after_its_end_is_the_same(row: Order) -> None:
    ends = clock.now() + timedelta(hours=2)
    first = money.authorize(row.id, 1300, told=told("a"), expires_at=ends, **me())
    later = ends + timedelta(hours=1)
    assert money.authorize(row.id, 1300, told=told("a"), expires_at=ends, by=ALICE, now=later).id == first.id


def test_a_void_told_twice_is_one(row: Order) -> None:
    auth = money.authorize(row.id, 1300, told=Told("card", "stripe", "a"), **me())
    other = money.authorize(row.id, 300, told=Told("card", "stripe", "b"), **me())
    made = money.void(row.id, auth.id, amount=200, reference="v-1", **me())
    assert (made.gateway, made.method, made.reference) == ("stripe", "card", "v-1")
    assert money.void(row.id, auth.id, amount=200, reference="v-1", **me()).id == made.id
    with pytest.raises(Conflict):
        money.void(row.id, auth.id, amount=300, reference="v-1", **me())
    with pytest.raises(Conflict):
        money.void(row.id, other.id, amount=200, reference="v-1", **me())
    rest = money.void(row.id, auth.id, reference="v-2", **me())
    assert (rest.amount_minor, money.void(row.id, auth.id, reference="v-2", **me()).id) == (1100, rest.id)
    row.refresh_from_db()
    assert row.voided_minor == 1300
    assert Event.objects.filter(kind="payment.voided").count() == 2


def test_a_reference_of_another_authorisation_is_no_repeat(row: Order) -> None:
    one, other = (money.authorize(row.id, 600, told=told(name), **me()) for name in ("a", "b"))
    made = money.capture(row.id, 500, told=told("c"), authorization=one.id, **me())
    assert money.capture(row.id, 500, told=told("c"), **me()).id == made.id
    with pytest.raises(Conflict):
        money.capture(row.id, 500, told=told("c"), authorization=other.id, **me())


def test_each_means_of_payment_uses_its_own_authorisation(row: Order) -> None:
    card = money.authorize(row.id, 1000, told=Told("card", "stripe", "a"), **me())
    gift = money.capture(row.id, 300, told=Told("gift_card", "gifts", "g"), **me())
    paid = money.capture(row.id, 1000, told=Told("card", "stripe", "c"), **me())
    assert (gift.parent_id, paid.parent_id) == (None, card.id)
    assert status(row.id) == "paid"
    back = money.refund(row.id, 300, told=Told("card", "stripe", "r1"), **me())
    again = money.refund(row.id, 300, told=Told("gift_card", "gifts", "r2"), **me())
    last = money.refund(row.id, 700, told=Told("bank_transfer", "manual", "r3"), **me())
    assert (back.parent_id, again.parent_id, last.parent_id) == (paid.id, gift.id, paid.id)
    assert status(row.id) == "refunded"


def test_a_capture_with_the_reference_of_an_authorisation_is_of_it_and_within_it(row: Order) -> None:
    money.authorize(row.id, 900, told=told("a"), **me())
    auth = money.authorize(row.id, 300, told=told("b"), **me())
    with pytest.raises(WrongState):
        money.capture(row.id, 400, told=told("b"), **me())
    assert money.capture(row.id, 200, told=told("b"), **me()).parent_id == auth.id


def test_dong_are_captured_to_the_last_one(row: Order) -> None:
    new = order(
        "vn", {"SHIRT": 1}, currency="VND", payments=(NewPayment("authorize", "cod", "ghn", "a", 800),)
    )
    sold = placed(new)
    for n, amount in enumerate((799, 1)):
        made = money.capture(sold.id, amount, told=Told("cod", "ghn", f"c{n}"), **me())
        assert (made.currency, made.parent_id is not None) == ("VND", True)
    assert status(sold.id) == "paid"
