"""Payments that come with an order make the same ledger as the same movements told afterwards."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order
from trivet.api.tests.calls import Caller, key, new_order
from trivet.flows import expiry, money
from trivet.journal.models import ExceptionItem
from trivet.lib import clock
from trivet.lib.errors import Invalid, WrongState
from trivet.orders.models import Order
from trivet.orders.rules.value import NewPayment
from trivet.payments.actions.ledger import Told
from trivet.payments.models import Payment

pytestmark = pytest.mark.django_db(transaction=True)

TOTAL = 1300
"""Of an order of two shirts in the world of the tests, with its shipping."""


@pytest.fixture
def world(transactional_db: None) -> World:
    found = build()
    found.sku("SHIRT", {"london": 10_000})
    return found


def auth(amount: int, reference: str = "a", **more: Any) -> NewPayment:
    return NewPayment("authorize", "card", "stripe", reference, amount, **more)


def capture(amount: int, reference: str = "c", **more: Any) -> NewPayment:
    return NewPayment("capture", "card", "stripe", reference, amount, **more)


def sold(external_id: str, *payments: NewPayment) -> Order:
    return placed(order(external_id, {"SHIRT": 2}, payments=payments))


def ledger(row: Order) -> list[tuple[Any, ...]]:
    """The movements of an order without what differs by nature: keys and times."""
    found = list(Payment.objects.filter(order=row).order_by("id"))
    names = {p.id: (p.kind, p.gateway, p.reference, p.amount_minor) for p in found}
    return sorted(
        (p.kind, p.method, p.gateway, p.reference, p.amount_minor, p.used_minor, p.currency, p.expired,
         str(p.expires_at), str(names.get(p.parent_id)))
        for p in found
    )  # fmt: skip


def summary(row: Order) -> tuple[Any, ...]:
    row.refresh_from_db()
    return (
        row.authorized_minor, row.captured_minor, row.voided_minor, row.expired_minor, row.refunded_minor,
        row.payment_status, row.lifecycle,
    )  # fmt: skip


def told_afterwards(row: Order, like: Order, payments: list[NewPayment]) -> None:
    """The movements that came with ``like``, one after another: authorisations, what names one, the rest."""
    now = clock.now()
    stored = list(Payment.objects.filter(order=like).order_by("id"))
    index = {p.id: n for n, p in enumerate(stored)}
    made: dict[int, Payment] = {}
    references = {p.reference for p in payments if p.kind == "authorize"} - {""}

    def turn(n: int) -> tuple[int, int]:
        p = payments[n]
        return (0 if p.kind == "authorize" else 1 if p.parent or p.reference in references else 2), n

    for n in sorted(range(len(payments)), key=turn):
        p = payments[n]
        told = Told(p.method, p.gateway, p.reference)
        if p.kind == "authorize":
            made[n] = money.authorize(row.id, p.amount, by=ALICE, now=now, told=told, expires_at=p.expires_at)
            continue
        # The verb finds by itself what has the same reference, and what stands alone.
        parent = stored[n].parent_id
        found = parent and p.reference and stored[index[parent]].reference == p.reference
        named = made[index[parent]].id if parent and not found else None
        made[n] = money.capture(row.id, p.amount, by=ALICE, now=now, told=told, authorization=named)


END = clock.now() + timedelta(days=7)


def some_payments(rng: random.Random) -> list[NewPayment]:
    """A few payments of three tenders, some of which cannot be."""
    found: list[NewPayment] = []
    for n in range(rng.randint(1, 5)):
        kind = rng.choice(["authorize", "capture", "capture"]) if n else "authorize"
        gateway, method = rng.choice([("stripe", "card")] * 3 + [("stripe", "wallet"), ("till", "card")])
        reference = rng.choice(["", f"own-{n}", "shared"])
        known = [p.reference for p in found if p.kind == "authorize" and p.gateway == gateway and p.reference]
        parent = rng.choice(["", *known]) if kind == "capture" else ""
        ends = rng.choice([None, END]) if kind == "authorize" else None
        amount = rng.choice([50, 100, 300, 500] if n else [500, 800, TOTAL])
        found.append(NewPayment(kind, method, gateway, reference, amount, parent, ends))  # type: ignore[arg-type]
    return found


def test_an_order_with_its_payments_is_the_order_and_then_its_payments(world: World) -> None:
    rng = random.Random(11)
    met = Counter[str]()
    for n in range(200):
        wanted = some_payments(rng)
        try:
            at_once = sold(f"at-once-{n}", *wanted)
        except Invalid:
            met["refused"] += 1
            continue
        afterwards = sold(f"afterwards-{n}")
        told_afterwards(afterwards, at_once, wanted)
        assert summary(at_once) == summary(afterwards), wanted
        assert ledger(at_once) == ledger(afterwards), wanted
        linked = Payment.objects.filter(order=at_once, parent__isnull=False).exists()
        met["linked" if linked else "apart"] += 1
    assert min(met["refused"], met["linked"], met["apart"]) > 20, met
    nothing_is_wrong()


def test_a_paid_order_may_tell_its_authorisation_and_its_capture(world: World) -> None:
    row = sold("1", auth(TOTAL), capture(TOTAL, parent="a"))
    assert summary(row)[:2] == (TOTAL, TOTAL) and row.payment_status == "paid"
    assert sold("2", auth(TOTAL, "pi_1"), capture(TOTAL, "pi_1")).payment_status == "paid"
    assert sold("3", auth(TOTAL), capture(TOTAL)).payment_status == "paid"
    assert Payment.objects.filter(kind="authorize", used_minor=TOTAL).count() == 3
    nothing_is_wrong()


def test_an_authorisation_that_came_captured_in_part_has_only_the_rest_left(world: World) -> None:
    row = sold("1", auth(500), capture(300, parent="a"))
    held = Payment.objects.get(kind="authorize")
    with pytest.raises(WrongState) as caught:
        money.capture(row.id, 500, by=ALICE, now=clock.now(), authorization=held.id)
    assert caught.value.facts["left"] == 200
    money.capture(row.id, 200, by=ALICE, now=clock.now(), authorization=held.id)
    assert (
        money.void(sold("2", auth(500), capture(300, "a")).id, second_authorization(), **me()).amount_minor
        == 200
    )
    nothing_is_wrong()


def second_authorization() -> Any:
    return Payment.objects.filter(kind="authorize").order_by("id")[1].id


def me() -> dict[str, Any]:
    return {"by": ALICE, "now": clock.now()}


def test_an_authorisation_that_came_with_the_order_ends_and_says_so_before(world: World) -> None:
    now = clock.now()
    row = sold("1", auth(TOTAL, expires_at=now + timedelta(days=3)))
    expiry.let_time_pass(now=now)
    assert not ExceptionItem.objects.exists()
    expiry.let_time_pass(now=now + timedelta(days=2, hours=1))
    assert ExceptionItem.objects.get().facts["left"] == TOTAL
    expiry.let_time_pass(now=now + timedelta(days=3))
    assert summary(row)[3:6] == (TOTAL, 0, "expired")
    nothing_is_wrong()


def test_over_the_wire(world: World) -> None:
    shop = Caller(key())
    lines = [{"sku": "SHIRT", "quantity": 1, "unit_price": 800}]
    first = {"kind": "authorize", "method": "card", "gateway": "stripe", "reference": "a", "amount": 500}
    then = {"kind": "capture", "method": "card", "gateway": "stripe", "reference": "c", "amount": 300}
    ends = {"expires_at": "2099-01-01T00:00:00Z"}

    def post(name: str, *payments: dict[str, Any]) -> tuple[int, Any]:
        return shop.post("/orders", new_order(name, lines=lines, payments=list(payments)))

    status, made = post("w1", {**first, **ends}, {**then, "parent": "a"})
    assert (status, made["status"]["payment"]) == (201, "partially_paid")
    held, taken = shop.get(f"/orders/{made['id']}/payments")[1]
    assert (held["used"], held["expires_at"][:10], taken["parent"]) == (300, "2099-01-01", held["id"])
    again = {"kind": "capture", "amount": 500, "parent": held["id"], "method": "card", "gateway": "stripe"}
    assert shop.post(f"/orders/{made['id']}/payments", again)[0] == 409
    assert post("w1", {**first, **ends}, {**then, "parent": "a"})[0] == 200
    assert post("w1", {**first, **ends}, then)[0] == 409
    for field, payment in (
        ("payments[1].parent", {**then, "parent": "z"}), ("payments[1].parent", {**then, "parent": 7}),
        ("payments[1].parent", {**then, "parent": "a", "gateway": "till"}),
        ("payments[1].expires_at", {**then, **ends}), ("payments[1].expires_at", {**then, "expires_at": "soon"}),
        ("payments[1].parent", {**then, "parent": "a", "amount": 501}),
    ):  # fmt: skip
        status, told = post("w2", first, payment)
        assert (status, told["field"]) == (422, field)
    assert post("w2", first, {**then, "parent": None, "expires_at": None})[0] == 201
