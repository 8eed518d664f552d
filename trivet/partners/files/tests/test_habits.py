"""Dates, numbers and missing values are read as the whole file writes them, and what stays open is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from trivet.lib.errors import Invalid
from trivet.partners.files import catalog, orders_csv, stock, uci
from trivet.partners.files.blanks import Blanks
from trivet.partners.files.habits import Habits
from trivet.partners.files.numbers import Numbers
from trivet.partners.files.readers import Table, open_table
from trivet.partners.files.verdicts import Mapped

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
LINE = "{},22423,CAKESTAND,1,{},12.75,7,France"


def made(table: Table, **told: str) -> tuple[dict[str, Mapped], Habits]:
    habits = Habits.of(table, **told)
    mapper = uci.Mapper(table, uci.survey(table, habits), channel="web", currency="GBP")
    return {found.key: found for found in mapper.invoices()}, habits


def rows(tmp_path: Path, *lines: str, head: str = HEAD, **told: str) -> tuple[dict[str, Mapped], Habits]:
    path = tmp_path / "file.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return made(open_table(path, fits=uci.FITS), **told)


def days(found: dict[str, Mapped]) -> list[tuple[int, int]]:
    return [(m.order.placed_at.month, m.order.placed_at.day) for m in found.values() if m.order]


@pytest.mark.parametrize("word", ["NA", "nan", "NULL", "None", "#N/A", "NaN", "<NA>", "N/A", "-"])
def test_guests_of_an_r_or_pandas_file_stay_guests_and_what_was_found_stays_stock(
    tmp_path: Path, word: str
) -> None:
    found, _ = rows(
        tmp_path, f"1,22423,CAKESTAND,1,2011-01-04 10:00,12.75,{word},France",
        f"2,22423,{word},5,2011-01-04 10:00,0,{word},{word}", f"{word},22423,CAKESTAND,1,2011-01-04 10:00,1,7,France",
    )  # fmt: skip
    assert found["1"].order is not None and found["1"].order.customer is None
    assert (found["2"].order, [m.reason for m in found["2"].movements]) == (None, ["found"])
    assert found["2"].movements[0].note == ""
    assert [v.reason for v in found[word].verdicts] == ["no_invoice"]


def test_namibia_and_a_sku_called_na_are_values_unless_the_file_says_na_for_nothing(tmp_path: Path) -> None:
    line = "1,NA,Null,1,2011-01-04 10:00,12.75,{},NA"
    found, _ = rows(tmp_path, line.format("7"))
    order = found["1"].order
    assert order is not None and order.ship_to is not None
    assert (order.lines[0].sku, order.lines[0].title, order.ship_to.country) == ("NA", "Null", "NA")
    found, habits = rows(tmp_path, line.format("NA"))
    order = found["1"].order
    assert order is not None
    assert (order.lines[0].sku, order.lines[0].title, order.ship_to) == ("", "Null", None)
    assert habits.blanks.used == {"NA"}


def test_what_can_never_be_a_value_is_missing_everywhere() -> None:
    assert [Blanks().word(text) for text in ("#N/A", "#REF!", "<NA>", "\\N", "NA", "Null")] == [
        "", "", "", "", "NA", "Null",
    ]  # fmt: skip


def test_orders_in_our_own_columns_know_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "order_id,placed_at,customer_id,email,name,country,sku,quantity,unit_price,discount,paid\n"
        "1,2026-01-02,NA,NA,Null,NA,TEE,1,5.50,NA,NA\n"
    )
    table = open_table(path)
    mapper = orders_csv.Mapper(
        table, orders_csv.survey(table), channel="web", currency="USD", zone=uci.ZONE
    )  # fmt: skip
    (mapped,) = mapper.orders()
    assert mapped.order is not None and mapped.order.customer is not None and mapped.order.ship_to is not None
    assert (mapped.order.customer.external_id, mapped.order.customer.email) == ("", "")
    assert (mapped.order.customer.name, mapped.order.ship_to.name, mapped.order.ship_to.country) == (
        "Null",
        "Null",
        "",
    )
    assert mapped.order.payments == ()


def test_products_and_counts_know_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_text("sku,product,price,barcode\nA,NA,1.50,nan\nB,NA,NULL,\n")
    table = open_table(path)
    a, b = catalog.products(table, catalog.survey(table), "GBP")
    assert a.facts is not None and b.facts is not None
    assert (a.facts.handle, a.facts.variants[0].price_minor, a.facts.variants[0].barcodes) == ("A", 150, None)
    assert (b.facts.handle, b.facts.variants[0].price_minor) == ("B", None)
    path.write_text("sku,location,quantity\nA,NA,5\nNA,,NA\n")
    table = open_table(path)
    first, second = stock.counts(table, stock.survey(table), "leeds")
    assert (first.sku, first.location, first.quantity) == ("A", "leeds", 5)
    assert "quantity" in second.error


@pytest.mark.parametrize(
    ("shown", "text", "plain"),
    [
        (["12,75"], "12,75", "12.75"), (["12,75"], "1.234", "1234"), (["12,75"], "1.234,50", "1234.50"),
        (["12,75"], "1 234,50", "1234.50"), (["1.234.567"], "1,234", "1.234"), (["0,001"], "-0,001", "-0.001"),
        (["12.75"], "1,234", "1234"), (["12.75"], "1,234.50", "1234.50"), (["12.75"], "1'234.50", "1234.50"),
        (["12.75"], "1.234", "1.234"), (["1,234,567"], "1,234", "1234"), (["0.125"], "1.234", "1.234"), ([], "1234", "1234"),
        ([], "1 234", "1234"), (["12,75", "9,5", "1.5"], "9,5", "9.5"), (["12.75"], "0,125", "0,125"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_the_others_of_the_file(shown: list[str], text: str, plain: str) -> None:
    numbers = Numbers()
    for one in shown:
        numbers.see(one)
    assert numbers.plain(text) == plain


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (["1,234", "7"], "1,234"), (["1.234"], "1.234"), (["12,75"], "12.75"), (["12,75", "9,5", "1.5"], "1.234"),
        (["12.75", "9.5", "1,5"], "1,234"),
    ],
)  # fmt: skip
def test_what_would_be_a_guess_is_refused(shown: list[str], text: str) -> None:
    numbers = Numbers()
    for one in shown:
        numbers.see(one)
    with pytest.raises(ValueError, match=r"two ways|has a point"):
        numbers.plain(text)
    assert Numbers(",").plain("1.234") == "1234"
    assert Numbers(".").plain("1,234") == "1234"


def test_number_cells_of_a_workbook_are_never_taken_for_thousands() -> None:
    numbers = Numbers(mixed=True)
    numbers.see("12,75")
    with pytest.raises(ValueError, match="two ways"):
        numbers.plain("1.234")


def test_three_decimals_need_no_proof_where_the_currency_has_three() -> None:
    numbers = Numbers()
    numbers.see("1.234")
    assert numbers.plain("1.234", 3) == "1.234"
    with pytest.raises(ValueError, match="two ways"):
        numbers.plain("1,234", 3)


def test_a_german_file_with_semicolons_costs_what_it_says(tmp_path: Path) -> None:
    head = HEAD.replace(",", ";")
    found, habits = rows(
        tmp_path, "1;22423;CAKESTAND;1.000;04.01.2011 10:00;12,75;7;France", "1;22424;X;2;04.01.2011 10:00;1.234,50;7;France",
        "2;22424;X;2,5;14.01.2011 10:00;1;7;France", head=head,
    )  # fmt: skip
    order = found["1"].order
    assert order is not None
    assert [(x.quantity, x.unit_price) for x in order.lines] == [(1_000, 1_275), (2, 123_450)]
    assert [v.reason for v in found["2"].verdicts] == ["bad_quantity"]
    assert habits.notes() == []


def test_dong_in_thousands_are_told_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("order_id;placed_at;sku;quantity;unit_price\n1;2026-01-02;TEE;1;199.000\n")
    table = open_table(path)

    def read(decimal: str = "") -> tuple[Mapped, Habits]:
        habits = Habits.of(table, decimal=decimal)
        found = orders_csv.survey(table, habits)
        (mapped,) = orders_csv.Mapper(table, found, channel="web", currency="VND", zone=uci.ZONE).orders()
        return mapped, habits

    mapped, habits = read()
    assert mapped.order is None
    assert "'199.000' can be read two ways" in mapped.verdicts[0].message
    assert any("'199.000'" in note for note in habits.notes())
    mapped, habits = read("comma")
    assert mapped.order is not None and mapped.order.lines[0].unit_price == 199_000
    assert habits.notes() == []


def test_prices_of_products_follow_the_file(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_text("sku;price;weight_kg\nA;1.234,50;0,25\nB;1.234;1,5\n")
    table = open_table(path)
    a, b = catalog.products(table, catalog.survey(table), "EUR")
    assert a.facts is not None and b.facts is not None
    assert [p.facts.variants[0].price_minor for p in (a, b) if p.facts] == [123_450, 123_400]
    assert a.facts.variants[0].weight_g == 250
    path.write_text("sku;quantity\nA;1.000\nB;2\n")
    table = open_table(path)
    assert "two ways" in next(stock.counts(table, stock.survey(table), "leeds")).error
    told = stock.survey(table, Habits.of(table, decimal="comma"))
    assert [c.quantity for c in stock.counts(table, told, "leeds")] == [1_000, 2]


def test_the_first_days_of_an_american_december_are_not_spread_over_the_year(tmp_path: Path) -> None:
    lines = [LINE.format(536365 + n, f"12/{n}/2010 8:26") for n in range(1, 10)]
    found, habits = rows(tmp_path, *lines)
    assert days(found) == [(12, n) for n in range(1, 10)]
    assert "'12/1/2010 8:26' can be read two ways and were read month first" in habits.notes()[0]
    found, habits = rows(tmp_path, *lines, dates="day-first")
    assert days(found) == [(n, 12) for n in range(1, 10)]
    assert habits.notes() == []


def test_dates_rise_with_the_numbers_of_the_invoices_wherever_the_rows_stand(tmp_path: Path) -> None:
    months = [(m, d) for m in (1, 2, 3) for d in (2, 5, 9)]
    lines = [LINE.format(500 + n, f"{m}/{d}/2011 9:00") for n, (m, d) in enumerate(months)]
    shuffled = lines[::2] + lines[1::2]
    found, habits = rows(tmp_path, *shuffled)
    assert sorted(days(found)) == months
    assert "month first" in habits.notes()[0]
    found, _ = rows(
        tmp_path, *[LINE.format(500 + n, f"{d}/{m}/2011 9:00") for n, (m, d) in enumerate(months)]
    )
    assert sorted(days(found)) == months


def test_orders_without_numbers_are_dated_by_their_rows(tmp_path: Path) -> None:
    months = [(m, d) for m in (1, 2, 3) for d in (2, 5, 9)]
    lines = [LINE.format(f"web-{chr(97 + n)}", f"{m}/{d}/2011 9:00") for n, (m, d) in enumerate(months)]
    found, _ = rows(tmp_path, *lines)
    assert sorted(days(found)) == months


def test_a_day_above_twelve_at_the_end_settles_the_beginning(tmp_path: Path) -> None:
    found, habits = rows(tmp_path, LINE.format(1, "12/1/2010 8:26"), LINE.format(2, "12/13/2010 8:26"))
    assert days(found) == [(12, 1), (12, 13)]
    assert habits.notes() == []


@pytest.mark.parametrize(
    "none", ["31/31/2010", "32/13/2010", "0/13/2010", "30/2/2010", "13/1/1066", "13/1/2010 25:00", "13/1/2010 at noon"]
)  # fmt: skip
def test_what_is_no_date_in_any_order_says_nothing_of_the_others(tmp_path: Path, none: str) -> None:
    others = ["12/1/2010", "12/13/2010", "12/14/2010"]
    found, habits = rows(tmp_path, *[LINE.format(n, at) for n, at in enumerate([*others, none], 1)])
    assert days(found) == [(12, 1), (12, 13), (12, 14)]
    assert [v.reason for v in found["4"].verdicts] == ["bad_at"]
    assert habits.notes() == []


def test_what_is_no_date_does_not_keep_the_rows_from_telling(tmp_path: Path) -> None:
    ats = [*[f"12/{n}/2010" for n in range(1, 10)], "13/13/2010"]
    found, habits = rows(tmp_path, *[LINE.format(536365 + n, at) for n, at in enumerate(ats)])
    assert days(found) == [(12, n) for n in range(1, 10)]
    assert "'12/1/2010' can be read two ways and were read month first" in habits.notes()[0]


def test_in_a_file_of_both_kinds_a_date_that_can_be_read_two_ways_is_refused(tmp_path: Path) -> None:
    ats = ["12/1/2010", "12/13/2010 9:00", "12/14/2010 9:00", "15/12/2010", "5/5/2011", "2010-12-16"]
    lines = [LINE.format(n, at) for n, at in enumerate(ats, 1)]
    found, habits = rows(tmp_path, *lines)
    assert days(found) == [(12, 13), (12, 14), (12, 15), (5, 4), (12, 16)]  # midnight of summer in London
    (verdict,) = found["1"].verdicts
    assert (found["1"].order, verdict.reason) == (None, "date_two_ways")
    assert verdict.message == (
        "row 2, InvoiceDate: '12/1/2010' can be read two ways, and the file has dates of both kinds: say which it is "
        "(--dates)"
    )
    assert habits.notes() == [
        "some dates have the day first (1 such as '15/12/2010' in row 5), others the month (2 such as "
        "'12/13/2010 9:00' in row 3): those that can be read two ways were turned down; mend what is wrong, or say "
        "which is meant (--dates)"
    ]
    for mapped in found.values():
        assert mapped.raw is not None and uci.remap(mapped.raw) == mapped.order
    found, habits = rows(tmp_path, *lines, dates="month-first")
    assert days(found)[0] == (12, 1)
    assert [v.reason for v in found["4"].verdicts] == ["bad_at"]
    assert habits.notes() == []


def test_one_slip_among_a_thousand_is_named_and_nothing_is_guessed(tmp_path: Path) -> None:
    ats = [f"{m}/{d}/2010" for m in range(1, 13) for d in range(13, 28)]
    lines = [LINE.format(n, at) for n, at in enumerate([*ats, "14/12/2010", "3/4/2010"], 1)]
    found, habits = rows(tmp_path, *lines)
    assert sum(m.order is not None for m in found.values()) == len(ats) + 1
    assert [v.reason for v in found[str(len(lines))].verdicts] == ["date_two_ways"]
    assert (
        f"(1 such as '14/12/2010' in row {len(ats) + 2}), others the month ({len(ats)} such as"
        in habits.notes()[0]
    )


def test_orders_in_our_own_columns_do_not_guess_a_date_either(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "order_id,placed_at,sku,quantity,unit_price\n1,3/4/2026,TEE,1,5\n1,,CUP,1,5\n2,3/14/2026,TEE,1,5\n"
        "3,15/3/2026,TEE,1,5\n"
    )
    table = open_table(path)
    mapper = orders_csv.Mapper(
        table, orders_csv.survey(table), channel="web", currency="USD", zone=uci.ZONE
    )  # fmt: skip
    found = {m.key: m for m in mapper.orders()}
    assert [v.reason for v in found["1"].verdicts] == ["date_two_ways", "order_refused"]
    assert "row 2, placed_at: '3/4/2026' can be read two ways" in found["1"].verdicts[0].message
    assert days(found) == [(3, 14), (3, 15)]
    for mapped in found.values():
        assert mapped.raw is not None and orders_csv.remap(mapped.raw) == mapped.order


def test_one_date_that_says_nothing_is_told(tmp_path: Path) -> None:
    found, habits = rows(tmp_path, LINE.format(1, "3/4/2011"))
    assert days(found) == [(4, 2)]  # midnight of summer in London
    assert "day first" in habits.notes()[0]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("12/13/2010 8:26:00 PM", datetime(2010, 12, 13, 20, 26, tzinfo=UTC)),
        ("12/13/2010 12:05 am", datetime(2010, 12, 13, 0, 5, tzinfo=UTC)),
        ("2010/12/01 08:26", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("13-12-10 08:26:59.5", datetime(2010, 12, 13, 8, 26, 59, tzinfo=UTC)),
    ],
)
def test_dates_as_others_write_them(tmp_path: Path, text: str, at: datetime) -> None:
    found, _ = rows(tmp_path, LINE.format(1, text))
    assert found["1"].order is not None and found["1"].order.placed_at == at


@pytest.mark.parametrize("text", ["12/13/2010 13:05 PM", "0001-01-01", "2010", "31/31/2010", "9999-12-31"])
def test_dates_that_are_none(tmp_path: Path, text: str) -> None:
    found, _ = rows(tmp_path, LINE.format(1, text))
    assert [v.reason for v in found["1"].verdicts] == ["bad_at"]


def test_only_known_ways_can_be_told() -> None:
    with pytest.raises(Invalid, match="day-first"):
        Habits.of(Table.of_header(()), dates="iso")
    with pytest.raises(Invalid, match="comma"):
        Habits.of(Table.of_header(()), decimal=",")


def test_what_is_kept_of_the_habits_reads_the_rows_again(tmp_path: Path) -> None:
    found, _ = rows(
        tmp_path, "1;NA;CAKESTAND;1.000;12/13/2010 10:00;12,75;NA;France", "2;X;Y;1;12/1/2010 10:00;1;NA;France",
        head=HEAD.replace(",", ";"),
    )  # fmt: skip
    for mapped in found.values():
        assert mapped.raw is not None and mapped.order is not None
        assert uci.remap(mapped.raw) == mapped.order


def test_an_edition_and_a_packing_do_not_change_what_is_kept(tmp_path: Path) -> None:
    found, _ = rows(tmp_path, "C5,22423,CAKESTAND ,-1,12/13/2010 10:00,12.7500,17850.0,France")
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(
        0, 0, ["Country", "Customer ID", "Invoice", "StockCode", "Description", "Quantity", "Price"]
    )
    sheet.write_row(1, 0, ["France", 17850, "C5", 22423, "CAKESTAND", -1, 12.75])
    sheet.write(0, 7, "InvoiceDate")
    sheet.write_datetime(1, 7, datetime(2010, 12, 13, 10), book.add_format({"num_format": "dd/mm/yyyy"}))
    book.close()
    other, _ = made(open_table(path))
    (one,), (two,) = found["C5"].kept, other["C5"].kept
    assert one.content == two.content
    assert one.payload != two.payload
