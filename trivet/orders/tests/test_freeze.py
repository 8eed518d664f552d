"""Golden cases of the refund arithmetic, and the laws behind them for any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.lib.errors import Invalid
from trivet.lib.money import half_even, split, units_share
from trivet.orders.rules.freeze import freeze
from trivet.orders.rules.value import (
    Address,
    NewDiscount,
    NewLine,
    NewOrder,
    NewPayment,
    NewShipping,
    NewTaxLine,
    Person,
)

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


def order(*lines: NewLine, currency: str = "GBP", **more: object) -> NewOrder:
    return NewOrder(channel="web", external_id="1", placed_at=AT, currency=currency, lines=lines, **more)  # type: ignore[arg-type]


def line(quantity: int, unit_price: int, n: int = 1, **more: object) -> NewLine:
    return NewLine(str(n), f"SKU-{n}", "", quantity, unit_price, **more)  # type: ignore[arg-type]


def shares(o: NewOrder, i: int = 0) -> list[int]:
    frozen = freeze(o).lines[i]
    return [frozen.share(k, 1)[0] for k in range(frozen.quantity)]


def test_g1_ten_units_with_a_coupon_add_up_to_the_penny() -> None:
    found = shares(order(line(10, 2390), discounts=(NewDiscount("C25", 5975),)))
    assert sorted(found) == [1792] * 5 + [1793] * 5
    assert sum(found) == 17925


def test_g2_voucher_is_split_by_value() -> None:
    frozen = freeze(order(line(1, 15000, 1), line(1, 6000, 2), discounts=(NewDiscount("V", 4200),)))
    assert [f.paid for f in frozen.lines] == [12000, 4800]


def test_g3_dong_have_no_minor_unit() -> None:
    lines = (line(1, 199_000, 1), line(1, 149_000, 2), line(1, 99_000, 3))
    frozen = freeze(order(*lines, currency="VND", discounts=(NewDiscount("TET", 100_000),)))
    assert [f.order_discount for f in frozen.lines] == [44_519, 33_333, 22_148]
    assert [f.paid for f in frozen.lines] == [154_481, 115_667, 76_852]
    assert frozen.total == 347_000


def test_g4_included_tax_is_shared_by_unit() -> None:
    frozen = freeze(order(line(3, 1100, tax=285), currency="JPY", discounts=(NewDiscount("C5", 165),))).lines[
        0
    ]
    assert [frozen.share(k, 1) for k in range(3)] == [(1045, 95)] * 3


def test_g5_added_tax_is_paid_and_shared() -> None:
    frozen = freeze(order(line(3, 1000, tax=266, tax_included=False), currency="USD")).lines[0]
    assert [frozen.share(k, 1) for k in range(3)] == [(1089, 89), (1088, 88), (1089, 89)]


def test_g6_three_decimals() -> None:
    found = shares(order(line(3, 10_000), currency="KWD", discounts=(NewDiscount("C", 1),)))
    assert found == [10_000, 9_999, 10_000]


def test_g11_a_hundred_over_three() -> None:
    assert [units_share(10_000, 3, k, 1) for k in range(3)] == [3333, 3334, 3333]


def test_the_order_of_the_design_adds_up() -> None:
    frozen = freeze(
        order(
            line(2, 199_000), currency="VND", shipping=NewShipping("standard", 30_000),
            discounts=(NewDiscount("TET", 50_000),),
            payments=(NewPayment("capture", "card", "manual", "pay-1", 378_000),),
        )
    )  # fmt: skip
    assert frozen.total == 378_000


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_split_adds_up_and_stays_within_one_of_the_exact_share(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part * whole - total * w) < whole for part, w in zip(parts, weights, strict=True))


@given(st.integers(0, 10**10), st.integers(1, 60), st.data())
def test_any_partition_of_the_units_adds_up(paid: int, units: int, data: st.DataObject) -> None:
    start, total = 0, 0
    while start < units:
        count = data.draw(st.integers(1, units - start))
        total += units_share(paid, units, start, count)
        start += count
    assert total == paid


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_half_even_agrees_with_decimal(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    if numerator % denominator and (2 * numerator) % denominator:
        assert half_even(numerator, denominator) == round(exact)
    elif (2 * numerator) % denominator == 0 and numerator % denominator:
        assert half_even(numerator, denominator) % 2 == 0


amounts = st.integers(0, 100_000)


@st.composite
def orders(draw: st.DrawFn) -> NewOrder:
    lines = []
    for n in range(draw(st.integers(1, 5))):
        price, quantity = draw(amounts), draw(st.integers(1, 20))
        lines.append(line(quantity, price, n, discount=draw(st.integers(0, price * quantity))))
    room = sum(x.gross - x.discount for x in lines)
    discounts = []
    for n in range(draw(st.integers(0, 3))):
        amount = draw(st.integers(0, room))
        room -= amount
        discounts.append(NewDiscount(f"D{n}", amount))
    return order(*lines, discounts=tuple(discounts))


@given(orders())
def test_shares_of_discounts_add_up_per_code_and_never_exceed_a_line(o: NewOrder) -> None:
    frozen = freeze(o)
    assert all(f.net_of_discounts >= 0 for f in frozen.lines)
    for n, found in enumerate(o.discounts):
        assert sum(f.shares[n][1] for f in frozen.lines) == found.amount
    assert frozen.total == sum(x.gross - x.discount for x in o.lines) - sum(d.amount for d in o.discounts)


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("currency", order(line(1, 1), currency="XYZ")),
        ("lines", order()),
        ("lines[0].quantity", order(line(0, 1))),
        ("lines[0].quantity", order(line(-3, 1))),
        ("lines[0].unit_price", order(line(1, -1))),
        ("lines[0].discount", order(line(1, 5, discount=6))),
        ("lines[0].tax", order(line(1, 5, tax=6))),
        ("lines[0].tax_lines[0].rate", order(line(1, 5, tax_lines=(NewTaxLine("VAT", Decimal("1E-9"), 0),)))),
        ("lines[0].tax_lines", order(line(1, 5, tax=1, tax_lines=(NewTaxLine("VAT", Decimal("0.1"), 2),)))),
        ("lines[1].external_id", order(line(1, 1), line(1, 1))),
        ("discounts[0].amount", order(line(1, 5), discounts=(NewDiscount("X", 6),))),
        ("payments", order(line(1, 5), payments=(NewPayment("capture", "card", "manual", "", 6),))),
        ("payments[0].amount", order(line(1, 5), payments=(NewPayment("capture", "card", "manual", "", 0),))),
        ("external_id", replace(order(line(1, 5)), external_id=" ")),
        ("placed_at", replace(order(line(1, 5)), placed_at=datetime(2026, 1, 1))),
        ("customer.name", order(line(1, 5), customer=Person(name="a\x00b"))),
        ("ship_to.city", order(line(1, 5), ship_to=Address(city="\ud800"))),
        ("note", order(line(1, 5), note="\x00")),
        ("tags[1]", order(line(1, 5), tags=("ok", "\x00"))),
        ("gift_message", order(line(1, 5), gift_message="for whom?")),
        ("gift_message", order(line(1, 5), gift=True, gift_message="x" * 501)),
        ("gift_message", order(line(1, 5), gift=True, gift_message="\x00")),
    ],
)
def test_what_cannot_be_an_order_names_its_field(field: str, broken: NewOrder) -> None:
    with pytest.raises(Invalid) as caught:
        freeze(broken)
    assert caught.value.field == field


def test_tags_and_note_do_not_make_another_order() -> None:
    one = order(line(1, 5))
    assert one.sameness() == replace(one, tags=("x",), note="y").sameness()
    assert one.sameness() != replace(one, currency="EUR").sameness()
    assert one.sameness() != replace(one, lines=(line(2, 5),)).sameness()


def test_a_gift_is_another_order_and_what_is_none_keeps_its_hash() -> None:
    tee = NewLine("1", "TEE", "Tee", 2, 1999)
    one = order(tee, ship_to=Address(name="Lan", country="GB"))
    # As it was before orders could be gifts: stored orders must stay the same.
    assert one.sameness() == "c1b9da57b1550958737037895e5b2942d7cfcc72498fa0d5e5262c4ec883193a"
    gift = replace(one, gift=True)
    told = replace(gift, gift_message="Happy birthday")
    assert len({one.sameness(), gift.sameness(), told.sameness()}) == 3
    assert freeze(told) == freeze(one)
