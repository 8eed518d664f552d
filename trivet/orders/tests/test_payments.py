"""Which authorisation a capture is of, and what payments may come to; the money of the shop beside the order's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.lib.errors import Invalid
from trivet.orders.rules.freeze import freeze
from trivet.orders.rules.payments import freeze_payments
from trivet.orders.rules.value import NewLine, NewOrder, NewPayment, ShopMoney

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


def auth(amount: int, reference: str = "", gateway: str = "stripe", method: str = "card") -> NewPayment:
    return NewPayment("authorize", method, gateway, reference, amount)  # type: ignore[arg-type]


def capture(
    amount: int, reference: str = "", gateway: str = "stripe", method: str = "card", parent: str = ""
) -> NewPayment:
    return NewPayment("capture", method, gateway, reference, amount, parent)  # type: ignore[arg-type]


def test_a_capture_is_of_the_authorisation_that_it_names_wherever_that_stands() -> None:
    found = freeze_payments([capture(300, "c", parent="b"), auth(300, "a"), auth(400, "b")], 1000)
    assert (found.parents, found.used) == ((2, None, None), (0, 0, 300))
    assert (found.authorized, found.captured) == (700, 300)


def test_the_same_reference_of_a_gateway_is_the_same_payment() -> None:
    found = freeze_payments([auth(500, "p"), capture(500, "p")], 500)
    assert (found.parents, found.used) == ((None, 0), (500, 0))
    other = freeze_payments([auth(500, "p"), capture(300, "p", "paypal")], 800)
    assert other.parents == (None, None)


def test_payments_that_cannot_be_separate_are_of_one_another() -> None:
    assert freeze_payments([auth(500, "a"), capture(500, "c")], 500).parents == (None, 0)
    assert freeze_payments([auth(500, "a"), capture(300, "c")], 800).parents == (None, None)
    parts = freeze_payments([auth(500), capture(200, "c1"), capture(300, "c2")], 500)
    assert (parts.parents, parts.used) == ((None, 0, 0), (500, 0, 0))


def test_what_fits_exactly_is_taken_first() -> None:
    found = freeze_payments([auth(500, "a"), auth(300, "b"), capture(300, "c"), capture(500, "d")], 800)
    assert found.parents == (None, None, 1, 0)


def test_the_largest_finds_its_authorisation_before_the_small_ones() -> None:
    found = freeze_payments([auth(100, "a"), auth(50, "b"), capture(30), capture(100), capture(20)], 150)
    assert (found.parents, found.used) == ((None, None, 1, 0, 1), (100, 50, 0, 0, 0))


def test_another_means_of_payment_is_another_payment() -> None:
    gift = capture(300, "g", "gifts", "gift_card")
    found = freeze_payments([auth(500, "a"), gift, capture(500, "c")], 800)
    assert found.parents == (None, None, 0)
    with pytest.raises(Invalid) as caught:
        freeze_payments([auth(500, "a"), capture(301, "g", method="gift_card")], 800)
    assert (caught.value.field, caught.value.facts) == ("payments", {"paid": 801, "total": 800})


@pytest.mark.parametrize(
    ("field", "payments"),
    [
        ("payments[1].parent", [auth(500, "a"), capture(300, parent="b")]),
        ("payments[1].parent", [auth(500, "a"), capture(300, gateway="paypal", parent="a")]),
        ("payments[1].parent", [auth(500, "a"), capture(501, parent="a")]),
        ("payments[2].parent", [auth(500, "a"), capture(300, parent="a"), capture(201, parent="a")]),
        ("payments[1].parent", [capture(300, "a"), capture(300, "c", parent="a")]),
        ("payments[0].parent", [replace(auth(500, "a"), parent="a")]),
        ("payments[1].reference", [auth(500, "a"), capture(501, "a")]),
        ("payments[1].reference", [capture(1, "a"), capture(1, "a")]),
        ("payments[0].expires_at", [replace(capture(1), expires_at=AT)]),
        ("payments[0].amount", [auth(0)]),
        ("payments", [auth(500, "a"), auth(501, "b")]),
        ("payments", [auth(500, "a"), capture(300, parent="a"), capture(501, "c")]),
    ],
)
def test_payments_that_cannot_be_name_their_field(field: str, payments: list[NewPayment]) -> None:
    with pytest.raises(Invalid) as caught:
        freeze_payments(payments, 1000)
    assert caught.value.field == field


some = st.builds(
    NewPayment, st.sampled_from(["authorize", "capture"]), st.sampled_from(["card", "wallet"]),
    st.sampled_from(["stripe", "paypal"]), st.sampled_from(["", "a", "b"]), st.integers(1, 9),
)  # fmt: skip


@given(st.lists(some, max_size=6), st.integers(1, 40))
def test_no_authorisation_is_captured_beyond_itself_nor_the_order_beyond_its_total(
    payments: list[NewPayment], total: int
) -> None:
    try:
        found = freeze_payments(payments, total)
    except Invalid:
        return
    of: dict[int, int] = {}
    for payment, parent in zip(payments, found.parents, strict=True):
        if parent is not None:
            assert (payment.kind, payments[parent].kind) == ("capture", "authorize")
            assert payment.gateway == payments[parent].gateway
            of[parent] = of.get(parent, 0) + payment.amount
    assert found.used == tuple(of.get(n, 0) for n in range(len(payments)))
    assert all(used <= payment.amount for used, payment in zip(found.used, payments, strict=True))
    assert found.captured + found.authorized - sum(found.used) <= total


ORDER = NewOrder(
    channel="web", external_id="1", placed_at=AT, currency="GBP", lines=(NewLine("1", "SKU-1", "", 1, 500),),
    payments=(auth(300, "a"), capture(200, gateway="manual")),
    shop_money=ShopMoney("EUR", Decimal("1.10"), AT, "USD", Decimal("1.2")),
)  # fmt: skip


def test_an_order_that_says_nothing_new_hashes_as_it_did_before() -> None:
    assert ORDER.sameness() == "f440184bc1ad9103644b877b7c92e861f44d0a4dafeaa01aa6dda3c87615a519"


def test_what_is_said_of_payments_and_rates_counts_for_sameness() -> None:
    assert ORDER.shop_money is not None
    said = [
        ORDER,
        replace(ORDER, payments=(auth(300, "a"), capture(200, gateway="manual", parent="a"))),
        replace(ORDER, payments=(replace(auth(300, "a"), expires_at=AT), capture(200, gateway="manual"))),
        replace(ORDER, payments=(auth(300, ',"parent":""'), capture(200, gateway="manual"))),
        replace(ORDER, shop_money=replace(ORDER.shop_money, settlement_rated_at=AT)),
    ]
    assert len({order.sameness() for order in said}) == len(said)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("currency", {"currency": "XXX"}),
        ("currency", {"currency": "DEM"}),
        ("rate", {"rate": Decimal(0)}),
        ("rate", {"rate": Decimal("NaN")}),
        ("rate", {"rate": Decimal("Infinity")}),
        ("rate", {"rate": Decimal(10**9)}),
        ("settlement_currency", {"settlement_currency": "not money"}),
        ("settlement_currency", {"settlement_currency": "XAU"}),
        ("settlement_currency", {"settlement_currency": ""}),
        ("settlement_rate", {"settlement_rate": Decimal(-3)}),
        ("settlement_rate", {"settlement_rate": Decimal("-Infinity")}),
        ("settlement_rate", {"settlement_rate": None, "settlement_rated_at": AT}),
    ],
)
def test_money_of_the_shop_that_cannot_be_names_its_field(field: str, change: dict[str, object]) -> None:
    assert ORDER.shop_money is not None
    freeze(ORDER)
    with pytest.raises(Invalid) as caught:
        freeze(replace(ORDER, shop_money=replace(ORDER.shop_money, **change)))  # type: ignore[arg-type]
    assert caught.value.field == f"shop_money.{field}"
