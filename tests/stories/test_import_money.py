"""The money of an import is proven: what the cells say, by themselves, is found again wherever the rows went."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.world import World, build
from trivet.flows.imports import Report, import_orders, past_imports
from trivet.orders.models import Order
from trivet.orders.rules.value import NewOrder
from trivet.partners.files import orders_csv, uci

pytestmark = pytest.mark.django_db(transaction=True)

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
OWN = "order_id,placed_at,currency,sku,quantity,unit_price,discount,tax,tax_included,shipping,order_discount"
DAY = "2026-11-01 10:00"


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    return build()


@pytest.fixture
def bring(world: World, tmp_path: Path) -> Callable[..., Report]:
    def run(*lines: str, form: str = "uci", **more: Any) -> Report:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join([UCI if form == "uci" else OWN, *lines]) + "\n", encoding="utf-8")
        return import_orders(path, channel="web", form=form, **more)

    return run


def money(report: Report, currency: str = "GBP") -> dict[str, Any]:
    told: dict[str, Any] = report.as_dict()["money"][currency]
    return {name: n for name, n in told.items() if n and n != "0"}


def line(invoice: object, *, units: str = "1", at: str = "2011-01-04 10:00", price: str = "2.55") -> str:
    return f"{invoice},22423,CAKESTAND,{units},{at},{price},7,France"


def test_a_row_without_a_date_has_its_money_all_the_same(bring: Callable[..., Report]) -> None:
    report = bring(*[line(n) for n in range(1, 19)], line(19, at="31/31/2010"))
    assert money(report) == {"file": 4_845, "orders": 4_590, "skipped": 255, "refused": 255}
    assert report.failed
    assert (
        "file 48.45, orders 45.90, kept 0.00, skipped 2.55 (of it refused 2.55); unexplained 0.00"
        in report.as_text()
    )


def test_rows_beside_the_one_that_cannot_be_read_keep_their_worth(bring: Callable[..., Report]) -> None:
    report = bring(line(1), line(1, units="x"), line("C2", units="-1"), line("C2", units="-1", at="never"))
    assert money(report) == {"file": -255, "skipped": -255, "refused": 255, "unreadable": 1}
    assert "rows that say no amount: 1" in report.as_text()


@pytest.mark.parametrize("fault", ["x", "", "1;1", "1e30"])
def test_money_that_cannot_be_read_is_counted(bring: Callable[..., Report], fault: str) -> None:
    report = bring(line(1), line(2, price=fault))
    assert money(report) == {"file": 255, "orders": 255, "unreadable": 1}
    assert report.failed
    report = bring(line(3) + ",too,much", line(4) + ",too,much")
    assert money(report) == {"unreadable": 2}


def test_refused_orders_of_our_own_columns_have_what_they_would_have_come_to(
    bring: Callable[..., Report],
) -> None:
    rows = (
        "1,{},,TEE,2,9.99,1.00,2.00,no,3.00,0.50", "1,,,CUP,1,5.00,,1.00,yes,3.00,",
        f"2,{DAY},,TEE,1,4.00,,,,,",
    )  # fmt: skip
    whole = bring(rows[0].format(DAY), *rows[1:], form="csv", dry_run=True)
    assert money(whole) == {"file": 3_248, "orders": 3_248}
    refused = bring(rows[0].format("soon"), *rows[1:], form="csv")
    assert money(refused) == {"file": 3_248, "orders": 400, "skipped": 2_848, "refused": 2_848}
    assert [row[4] for row in refused.rows_told()] == [1_998 - 100 + 200 + 300 - 50, 500, 400]


def test_amounts_that_no_order_may_have_are_money_too(bring: Callable[..., Report]) -> None:
    report = bring(
        f"1,{DAY},,TEE,-1,5.00,,,,,", f"2,{DAY},,TEE,1,1.999,,,,,", f"3,{DAY},USD,TEE,1,7.00,9.00,,,,",
        f"4,{DAY},QQQ,TEE,1,7.00,,,,,", f"5,{DAY},,TEE,1,,,,,,", f"6,{DAY},,TEE,1,1.00,,5.00,perhaps,,", form="csv",
    )  # fmt: skip
    assert money(report) == {
        "file": -300, "skipped": -300, "refused": -300, "unreadable": 3, "rounding": "-0.1",
    }  # fmt: skip
    assert money(report, "USD") == {"file": -200, "skipped": -200, "refused": -200}


def test_rows_without_an_order_do_not_share_their_delivery(bring: Callable[..., Report]) -> None:
    report = bring(*[f",{DAY},,TEE,1,5.00,,,,3.00," for _ in range(2)], form="csv")
    assert money(report) == {"file": 1_600, "skipped": 1_600, "refused": 1_600}


def test_orders_that_are_not_stored_are_not_counted_as_orders(bring: Callable[..., Report]) -> None:
    first = bring(line(1), line("C9", units="-1"))
    assert money(first) == {"orders": 255, "kept": -255}
    again = bring(line(1), line("C9", units="-2"), line(3, price="1"))
    assert money(again) == {
        "file": 255 - 510 + 100, "orders": 355, "unchanged": 255, "skipped": -510, "conflict": -510,
    }  # fmt: skip
    for dry in (True, False):
        other = bring(line(1, units="3"), line(4, at="never"), dry_run=dry)
        assert money(other) == {"file": 1_020, "skipped": 1_020, "refused": 255, "conflict": 765}
    assert sum(Order.objects.values_list("total_minor", flat=True)) == 355


def test_what_stock_does_not_cover_is_told_as_refused(world: World, bring: Callable[..., Report]) -> None:
    world.sku("22423", {"leeds": 1})
    report = bring(line(1), line(2), stock="update")
    assert money(report) == {"file": 510, "orders": 255, "skipped": 255, "refused": 255}


def test_rows_in_another_currency_are_added_up_in_theirs(world: World, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"{line(n)},{code}" for n, code in enumerate(("GBP", "KWD", "QQQ", ""), 1)]
    path.write_text("\n".join([f"{UCI},Currency", *rows]) + "\n")
    report = import_orders(path, channel="web", form="uci")
    assert money(report) == {"file": 510, "orders": 510, "unreadable": 1}
    assert money(report, "KWD") == {"file": 2_550, "skipped": 2_550, "refused": 2_550}


def test_a_mapper_that_loses_a_line_is_found_out(
    bring: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = uci.classify

    def loses(row: uci.Parsed, *, sold: bool) -> str:
        group = real(row, sold=sold)
        return "" if row.quantity == 3 else group

    monkeypatch.setattr(uci, "classify", loses)
    report = bring(line(1), line(1, units="3"), line(2))
    assert money(report) == {"file": 1_275, "orders": 510, "difference": 765}
    assert (report.failed, report.unbalanced) == (True, ["1"])
    assert past_imports().rows[0].report["money"]["GBP"]["difference"] == 765


def test_a_mapper_of_our_own_columns_that_loses_a_line_is_found_out(
    bring: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = orders_csv.Mapper._order

    def loses(self: orders_csv.Mapper, key: str, cells: Any) -> NewOrder:
        order = real(self, key, cells)
        return replace(order, lines=order.lines[:1])

    monkeypatch.setattr(orders_csv.Mapper, "_order", loses)
    report = bring(f"1,{DAY},,TEE,1,5.00,,,,,", "1,,,CUP,1,2.00,,,,,", form="csv")
    assert money(report) == {"file": 700, "orders": 500, "difference": 200}
    assert (report.failed, report.unbalanced) == (True, ["1"])


def test_a_mapper_that_loses_what_is_kept_or_a_whole_row_is_found_out(
    bring: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(uci.Mapper, "_keep", lambda *args: None)
        report = bring(line(1), line("C2", units="-1"), dry_run=True)
        assert money(report) == {"orders": 255, "difference": -255}
    real = uci.gathered
    monkeypatch.setattr(uci, "gathered", lambda *args: list(real(*args))[:-1])
    report = bring(line(1), line(2))
    assert (report.rows_lost, report.failed) == (1, True)
    assert report.as_dict()["rows_lost"] == 1
    assert "rows without a verdict: 1" in report.as_text()
