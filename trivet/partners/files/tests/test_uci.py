"""Invoices of the UCI shape: every quirk of the real file has one verdict, and the money adds up."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from trivet.orders.rules.freeze import freeze
from trivet.orders.rules.value import Address, NewOrder
from trivet.partners.files import uci
from trivet.partners.files.naming import Named
from trivet.partners.files.readers import open_table
from trivet.partners.files.verdicts import Mapped

SAMPLE = Path(__file__).parent / "data" / "uci_sample.csv"
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
HEAD_2009 = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"


def read(path: Path) -> dict[str, Mapped]:
    table = open_table(path)
    mapper = uci.Mapper(table, uci.survey(table), channel="web", currency="GBP")
    return {found.key: found for found in mapper.invoices()}


def rows(tmp_path: Path, *lines: str, head: str = HEAD) -> dict[str, Mapped]:
    path = tmp_path / "file.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return read(path)


def only(tmp_path: Path, *lines: str) -> tuple[Mapped, NewOrder]:
    (mapped,) = rows(tmp_path, *lines).values()
    assert mapped.order is not None
    return mapped, mapped.order


def told(mapped: Mapped) -> list[tuple[str, str]]:
    return [(v.verdict, v.reason) for v in mapped.verdicts]


def test_golden_sample() -> None:
    """Fails when the mapping changes: raise ``uci.VERSION`` and these numbers together."""
    found = read(SAMPLE)
    verdicts = Counter(v.verdict for m in found.values() for v in m.verdicts)
    assert verdicts == {
        "order_line": 358, "cancellation": 9, "stock_adjustment": 4, "shipping": 7, "fee": 7, "bad_debt": 2,
    }  # fmt: skip
    orders = {key: m.order for key, m in found.items() if m.order}
    assert len(orders) == 15
    assert sum(freeze(order).total for order in orders.values()) == 17_681_527
    assert sum(k.value for m in found.values() for k in m.kept) == -15_472_925
    assert Counter(k.kind for m in found.values() for k in m.kept) == {
        "uci.charge": 5, "uci.stock_adjustment": 4, "uci.cancellation": 3, "uci.bad_debt": 2,
    }  # fmt: skip
    assert len(orders["536365"].lines) == 7


def test_no_row_is_lost_and_each_has_one_verdict() -> None:
    found = read(SAMPLE)
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        raw = list(csv.reader(file))[1:]
    numbers = sorted(v.row for m in found.values() for v in m.verdicts)
    assert numbers == list(range(2, len(raw) + 2))


def test_each_invoice_adds_up_to_the_penny() -> None:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        raw = list(csv.DictReader(file))
    for key, mapped in read(SAMPLE).items():
        exact = sum(Decimal(r["UnitPrice"]) * int(r["Quantity"]) for r in raw if r["InvoiceNo"] == key) * 100
        made = (freeze(mapped.order).total if mapped.order else 0) + sum(k.value for k in mapped.kept)
        assert Decimal(made) + Decimal(mapped.rounding) / 10**6 == exact, key


def test_an_order_says_only_what_the_file_says(tmp_path: Path) -> None:
    mapped, order = only(
        tmp_path,
        "536365,85123a,WHITE HANGING HEART T-LIGHT HOLDER ,6,2011-07-01 08:26:00,2.55,17850.0,EIRE",
        "536365,POST,POSTAGE,2,2011-07-01 08:25:00,18.0,17850.0,EIRE",
        "536365,M,Manual,1,2011-07-01 08:26:00,1.25,17850.0,EIRE",
    )
    assert told(mapped) == [("order_line", ""), ("shipping", ""), ("fee", "manual")]
    assert (order.external_id, order.currency, order.payments) == ("536365", "GBP", ())
    assert order.placed_at == datetime(2011, 7, 1, 7, 25, tzinfo=UTC)
    assert order.lines[0].sku == "85123A"
    assert order.lines[0].title == "WHITE HANGING HEART T-LIGHT HOLDER"
    assert order.customer is not None
    assert (order.customer.external_id, order.customer.email, order.customer.name) == ("17850", "", "")
    assert order.ship_to == Address(country="IE")
    assert order.shipping.price == 3_725
    assert order.note == "Charged with the shipping: Manual 1.25"
    assert freeze(order).total == 6 * 255 + 3_725


def test_a_guest_has_no_customer_and_unknown_countries_stay_words(tmp_path: Path) -> None:
    line = ",22423,CAKESTAND,1,2011-01-04 10:00:00,12.75,,"
    found = rows(tmp_path, f"1{line}Unspecified", f"2{line}Channel Islands", f"3{line}RSA", f"4{line}")
    places = [m.order.ship_to for m in found.values() if m.order]
    assert places == [None, Address(region="Channel Islands"), Address(country="ZA"), None]
    assert all(m.order and m.order.customer is None for m in found.values())


def test_repeated_rows_are_lines_of_their_own(tmp_path: Path) -> None:
    line = "7,22423,CAKESTAND,1,2011-01-04 10:00:00,12.75,1,France"
    _, order = only(tmp_path, line, line)
    assert [(x.external_id, x.quantity) for x in order.lines] == [("1", 1), ("2", 1)]


def test_cancellations_are_kept_raw(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom",
        "C536379,22423,CAKESTAND,-2,2010-12-01 09:41:00,12.75,14527.0,United Kingdom",
        "CARD-7,22423,CAKESTAND,2,2010-12-01 09:41:00,12.75,14527.0,United Kingdom",
    )
    mapped = found["C536379"]
    assert told(mapped) == [("cancellation", "discount"), ("cancellation", "")]
    (kept,) = mapped.kept
    assert (kept.kind, kept.value, mapped.order) == ("uci.cancellation", -5_300, None)
    assert kept.payload["columns"] == HEAD.split(",")
    assert kept.payload["rows"][1][1] == "22423"
    assert found["CARD-7"].order is not None


def test_bad_debts_are_kept_apart(tmp_path: Path) -> None:
    found = rows(tmp_path, "A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom")
    (kept,) = found["A563186"].kept
    assert (told(found["A563186"]), kept.kind, kept.value) == (
        [("bad_debt", "bad_debt")], "uci.bad_debt", -1_106_206,
    )  # fmt: skip


def test_stock_rows_without_a_sale_move_stock_only(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom",
        "536941,22734,found,20,2010-12-03 12:08:00,0.0,,United Kingdom",
    )
    assert [m.order for m in found.values()] == [None, None]
    moves = [m.movements[0] for m in found.values()]
    assert [(x.sku, x.quantity, x.reason, x.note) for x in moves] == [
        ("21777", -10, "write_off", ""), ("22734", 20, "found", "found"),
    ]  # fmt: skip


def test_a_gift_in_an_order_is_a_line_at_zero(tmp_path: Path) -> None:
    mapped, order = only(
        tmp_path, "540372,22090,PAPER BUNTING,24,2011-01-06 16:41:00,0.0,13081.0,United Kingdom",
        "540372,22553,PLASTERS,24,2011-01-06 16:41:00,1.65,13081.0,United Kingdom",
    )  # fmt: skip
    assert told(mapped) == [("order_line", "free"), ("order_line", "")]
    assert [line.unit_price for line in order.lines] == [0, 165]


def test_charges_without_goods_are_no_order(tmp_path: Path) -> None:
    found = rows(tmp_path, "537632,AMAZONFEE,AMAZON FEE,1,2010-12-07 15:08:00,13541.33,,United Kingdom")
    mapped = found["537632"]
    assert (mapped.order, told(mapped)) == (None, [("fee", "marketplace_fee")])
    assert [(k.kind, k.value) for k in mapped.kept] == [("uci.charge", 1_354_133)]


def test_a_discount_row_is_a_discount_on_the_order(tmp_path: Path) -> None:
    goods = "9,22423,CAKESTAND,2,2011-01-04 10:00:00,12.75,1,France"
    mapped, order = only(tmp_path, goods, "9,D,Discount,-1,2011-01-04 10:00:00,5.00,1,France")
    assert [(d.code, d.amount) for d in order.discounts] == [("D", 500)]
    assert freeze(order).total == 2_050
    mapped, order = only(tmp_path, goods, "9,D,Discount,-1,2011-01-04 10:00:00,50.00,1,France")
    assert (order.discounts, freeze(order).total) == ((), 2_550)
    assert [(k.kind, k.value) for k in mapped.kept] == [("uci.credit", -5_000)]


def test_a_price_finer_than_the_currency_is_exact_for_the_line(tmp_path: Path) -> None:
    _, order = only(tmp_path, "8,PADS,PADS,3,2011-01-04 10:00:00,0.333,1,France")
    assert [(x.unit_price, x.discount) for x in order.lines] == [(34, 2)]
    mapped, order = only(tmp_path, "8,PADS,PADS,1,2011-01-04 10:00:00,0.001,1,France")
    assert (freeze(order).total, mapped.rounding, told(mapped)) == (0, 100_000, [("order_line", "rounded")])


@pytest.mark.parametrize(
    ("row", "reason", "names"),
    [
        ("8,22423,X,two,2011-01-04 10:00,1,1,France", "bad_quantity", "row 3, Quantity"),
        ("8,22423,X,2,yesterday,1,1,France", "bad_at", "row 3, InvoiceDate"),
        ("8,22423,X,2,2011-01-04 10:00,1.2.3,1,France", "bad_price", "row 3, UnitPrice"),
        ("8,22423,X,2,2011-01-04 10:00,1,1,France,more", "bad_row", "more cells"),
        ("8,22423", "bad_quantity", "row 3, Quantity"),
    ],
)
def test_one_unreadable_row_holds_its_invoice_back(tmp_path: Path, row: str, reason: str, names: str) -> None:
    (mapped,) = rows(tmp_path, "8,22424,Y,1,2011-01-04 10:00,1,1,France", row).values()
    assert mapped.order is None
    assert told(mapped) == [("skipped", "invoice_unreadable"), ("skipped", reason)]
    assert names in mapped.verdicts[1].message


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["1/12/2010 8:26", "13/12/2010 9:00"], datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        (["12/1/2010 8:26", "12/13/2010 9:00"], datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        (["1/12/2010 8:26", "2/12/2010 9:00"], datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        (["40513.351389", "40514"], datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        (["2010-12-01T08:26:00+01:00"], datetime(2010, 12, 1, 7, 26, tzinfo=UTC)),
        (["2011-10-30 01:30:00"], datetime(2011, 10, 30, 0, 30, tzinfo=UTC)),
        (["2011-03-27 01:30:00"], datetime(2011, 3, 27, 1, 30, tzinfo=UTC)),
    ],
)
def test_dates_as_they_come(tmp_path: Path, dates: list[str], first: datetime) -> None:
    found = rows(tmp_path, *(f"{n},22423,X,1,{date},1,1,France" for n, date in enumerate(dates, 10)))
    order = found["10"].order
    assert order is not None
    assert order.placed_at == first


def test_the_2009_sheet_as_a_workbook_maps_to_the_same(tmp_path: Path) -> None:
    file = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD_2009.split(","))
    sheet.write_row(1, 0, [489434, 85048, "LIGHTS", 12])
    sheet.write_datetime(
        1, 4, datetime(2009, 12, 1, 7, 45), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    )
    sheet.write_row(1, 5, [6.95, 13085, "United Kingdom"])
    book.close()
    text = rows(
        tmp_path, "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom", head=HEAD_2009
    )
    assert read(file)["489434"].order == text["489434"].order


def test_what_a_sku_is_called_most_often(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(
        f"{HEAD}\n1,22423a,CAKESTAND,1,2011-01-04 10:00,12.75,1,France\n"
        "2,22423A,CAKESTAND ,1,2011-01-04 10:00,12.75,1,France\n3,22423A,stand,1,2011-01-04 10:00,10.95,1,France\n"
        "4,POST,POSTAGE,1,2011-01-04 10:00,18,1,France\nC5,90000,X,-1,2011-01-04 10:00,18,1,France\n"
    )
    assert list(uci.named(uci.survey(open_table(path)), "GBP")) == [
        Named("22423A", "CAKESTAND", 1_275), Named("90000", "X", None),
    ]  # fmt: skip
