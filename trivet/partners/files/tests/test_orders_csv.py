"""Orders in our own columns: exact money, whole orders or none, errors that name row and column."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.orders.rules.freeze import freeze
from trivet.orders.rules.value import Address, NewDiscount, NewPayment, NewShipping, Person
from trivet.partners.files import orders_csv
from trivet.partners.files.readers import open_table
from trivet.partners.files.verdicts import Mapped

HEAD = (
    "order_id,placed_at,currency,email,phone,name,line1,city,postal_code,country,sku,title,quantity,unit_price,"
    "discount,tax,tax_included,shipping,order_discount,discount_code,paid,payment_method,tags,note"
)


def read(tmp_path: Path, *lines: str, head: str = HEAD, currency: str = "USD") -> list[Mapped]:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    table = open_table(path)
    found = orders_csv.survey(table)
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    return list(orders_csv.Mapper(table, found, channel="web", currency=currency, zone=zone).orders())


def test_a_whole_order(tmp_path: Path) -> None:
    (mapped,) = read(
        tmp_path,
        "1001,2026-11-23T08:15:00Z,VND,lan@example.com,+84901234567,Lan Pham,12 Hang Bai,Hanoi,100000,Vietnam,"
        "TEE,Tee,2,199000,1000,10000,no,30000,50000,TET,100000,wallet,vip|gift,ring twice",
        "1001,,,,,,,,,,CUP,,1,50000,,,,,,,,,,",
    )
    order = mapped.order
    assert order is not None
    assert order.placed_at == datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
    assert order.customer == Person("", "lan@example.com", "+84901234567", "Lan Pham")
    assert order.ship_to == Address(
        name="Lan Pham",
        line1="12 Hang Bai",
        city="Hanoi",
        postal_code="100000",
        country="VN",
        phone="+84901234567",
    )
    assert [(x.sku, x.quantity, x.unit_price, x.discount, x.tax) for x in order.lines] == [
        ("TEE", 2, 199_000, 1_000, 10_000), ("CUP", 1, 50_000, 0, 0),
    ]  # fmt: skip
    assert order.shipping == NewShipping("standard", 30_000)
    assert order.discounts == (NewDiscount("TET", 50_000),)
    assert order.payments == (NewPayment("capture", "wallet", "manual", "", 100_000),)
    assert (order.tags, order.note) == (("vip", "gift"), "ring twice")
    assert sum(v.value for v in mapped.verdicts) == freeze(order).total == 437_000


@pytest.mark.parametrize(
    ("currency", "price", "minor"),
    [("KWD", "1.234", 1_234), ("JPY", "1200", 1_200), ("USD", "0.1", 10), ("USD", "19.9900", 1_999)],
)
def test_money_follows_the_currency_exactly(tmp_path: Path, currency: str, price: str, minor: int) -> None:
    (mapped,) = read(
        tmp_path,
        f"1,2026-01-02,{currency},TEE,1,{price}",
        head="order_id,placed_at,currency,sku,quantity,price",
    )
    assert mapped.order is not None
    assert mapped.order.lines[0].unit_price == minor


def test_times_without_a_zone_are_the_channels(tmp_path: Path) -> None:
    (mapped,) = read(tmp_path, "1,23/11/2026 15:15,TEE,1,5", head="order_id,placed_at,sku,quantity,price")
    assert mapped.order is not None
    assert mapped.order.placed_at == datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2,2026-01-02,USD,TEE,0,5,", "row 3, quantity: must be at least 1"),
        ("2,2026-01-02,USD,TEE,-1,5,", "row 3, quantity: must be at least 1"),
        ("2,2026-01-02,USD,TEE,1,5.0011,", "row 3, unit_price: '5.0011' has more decimals"),
        ("2,2026-01-02,USD,TEE,1,\"1,000\",", "row 3, unit_price: '1,000' can be read two ways"),
        ("2,2026-01-02,USD,TEE,1,-5,", "row 3, unit_price: must not be negative"),
        ("2,2026-01-02,ZZZ,TEE,1,5,", "row 3, currency: 'ZZZ' is not an ISO 4217 currency"),
        ("2,soon,USD,TEE,1,5,", "row 3, placed_at: 'soon' is not a date"),
        ("2,,USD,TEE,1,5,", "row 3, placed_at: is empty"),
        ("2,2026-01-02,USD,,1,5,", "row 3, sku: and title are both empty"),
        ("2,2026-01-02,USD,TEE,1,5,9", "payments: payments of 900 exceed the total of 500"),
        (",2026-01-02,USD,TEE,1,5,", "row 3, order_id: is empty"),
        ("2,2026-01-02,USD,TEE,1,5,,x", "row 3, row: has more cells than there are columns"),
        ("2,2026-01-02,USD,TEE,1", "row 3, unit_price: is empty"),
    ],
)  # fmt: skip
def test_errors_name_row_and_column_and_spare_the_neighbours(tmp_path: Path, row: str, message: str) -> None:
    head = "order_id,placed_at,currency,sku,quantity,unit_price,paid"
    good, bad = read(tmp_path, "1,2026-01-02,USD,TEE,1,5,5", row, head=head)
    assert good.order is not None
    assert bad.order is None
    (verdict,) = bad.verdicts
    assert verdict.verdict == "skipped"
    assert verdict.message.startswith(message)


def test_a_bad_row_turns_down_its_whole_order(tmp_path: Path) -> None:
    head = "order_id,placed_at,sku,quantity,unit_price,email"
    (mapped,) = read(tmp_path, "1,2026-01-02,TEE,1,5,a@b.example", "1,,CUP,x,5,", head=head)
    assert mapped.order is None
    assert [(v.verdict, v.reason) for v in mapped.verdicts] == [
        ("skipped", "order_refused"),
        ("skipped", "bad_value"),
    ]
    (mapped,) = read(tmp_path, "1,2026-01-02,TEE,1,5,a@b.example", "1,,CUP,1,5,c@d.example", head=head)
    assert mapped.verdicts[1].message == "row 3, email: says 'c@d.example', row 2 of the order another thing"


def test_a_gift_and_what_is_said_with_it(tmp_path: Path) -> None:
    head = "order_id,placed_at,sku,quantity,unit_price,gift,gift_message"
    day = "2026-11-23T08:15:00Z"
    found = read(
        tmp_path, f"1,{day},TEE,1,5,yes,Happy birthday", f"1,{day},CUP,1,5,,", f"2,{day},TEE,1,5,no,",
        f"3,{day},TEE,1,5,,", f"4,{day},TEE,1,5,no,For whom?", f"5,{day},TEE,1,5,perhaps,", head=head,
    )  # fmt: skip
    told = [(m.order.gift, m.order.gift_message) if m.order else None for m in found]
    assert told == [(True, "Happy birthday"), (False, ""), (False, ""), None, None]
    assert found[3].verdicts[0].message == "gift_message: belongs to a gift"
    assert "neither yes nor no" in found[4].verdicts[0].message


amount = st.sampled_from(["", "0", "0.01", "1.99", "3.00", "12.50"])
own_row = st.tuples(
    st.sampled_from(["1", "2", ""]),
    st.sampled_from(["1", "3", "1.0", "x", "-2"]),
    st.sampled_from(["5.00", "19.99", "0.335", "", "-1"]),
    amount, amount, st.sampled_from(["", "yes", "no", "?"]), amount, amount, amount, st.sampled_from(["", "no"]), amount,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(own_row, min_size=1, max_size=6))
def test_what_the_cells_say_is_what_an_order_comes_to(rows: list[tuple[str, ...]]) -> None:
    head = "placed_at,sku,order_id,quantity,unit_price,discount,tax,tax_included,shipping,shipping_discount,shipping_tax"
    with tempfile.TemporaryDirectory() as folder:
        lines = [",".join(("2026-01-02", "TEE", *row)) for row in rows]
        found = read(Path(folder), *lines, head=f"{head},shipping_tax_included,order_discount")
    for mapped in found:
        value = sum(worth.value for worth in mapped.worth.values())
        assert value == sum(v.value for v in mapped.verdicts)
        if mapped.order is not None:
            assert freeze(mapped.order).total == value
            assert [worth.unreadable for worth in mapped.worth.values()] == [0]
