"""Where the table of a file is: under titles, in any sheet, behind any packing and line end."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import xlsxwriter

from trivet.lib.errors import Invalid
from trivet.partners.files import uci
from trivet.partners.files.readers import fitting, open_table, open_tables
from trivet.partners.files.verdicts import Mapped, gathered

FITS = fitting({"sku": ("sku",), "price": ("price", "unitprice")}, ("sku", "price"))
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def invoices(path: Path) -> dict[str, Mapped]:
    table = open_table(path, fits=uci.FITS)
    mapper = uci.Mapper(table, uci.survey(table), channel="web", currency="GBP")
    return {found.key: found for found in mapper.invoices()}


def written(tmp_path: Path, *lines: str, head: str = HEAD, end: str = "\n") -> Path:
    path = tmp_path / "file.csv"
    path.write_text(end.join([head, *lines]), encoding="utf-8", newline="")
    return path


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


@pytest.mark.parametrize(
    "above", ["Prices, autumn 2026\n\n", "sep=;\n", 'Title;;\n"a ""quoted"" line";;\n', "a,b,c,d\n\n\n"]
)
def test_headings_are_found_below_a_title(tmp_path: Path, above: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{above}Sku;Price\nTEE;2,55\n")
    table = open_table(path, fits=FITS)
    assert (table.header, table.delimiter) == (("Sku", "Price"), ";")
    assert [cells for _, cells in table.rows()] == [["TEE", "2,55"]]
    assert [number for number, _ in table.rows()] == [above.count("\n") + 2]


def test_without_the_headings_the_first_row_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Report\nArticle;Price\n")
    with pytest.raises(Invalid, match="lacks the column sku; it has Report"):
        open_table(path, fits=FITS).columns({"sku": ("sku",)}, ("sku",))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_and_none_at_the_last_line(tmp_path: Path, end: str) -> None:
    lines = [
        '1,22423,"two\nlines",1,2011-01-04 10:00,12.75,7,France',
        "",
        "2,22423,X,1,2011-01-04 10:00,12.75,7,France",
    ]
    found = invoices(written(tmp_path, *lines, end=end))
    assert found.keys() == {"1", "2"}
    assert found["1"].order is not None and found["1"].order.lines[0].title == "two\nlines"
    assert [m.verdicts[0].row for m in found.values()] == [2, 4]


def test_every_sheet_of_the_shape_is_read_and_numbered_on(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "book.xlsx",
        {
            "About": [["Retail data"], ["by year"]],
            "Year 2009": [["Sales"], [], ["SKU", "Price"], ["TEE", 1], ["CUP", 2]],
            "Year 2010": [["Price", "sku"], [3, "HAT"]],
            "Notes": [["nothing"]],
        },
    )
    first, second = open_tables(path, "", FITS)
    assert (first.sheet, second.sheet, first.sheets) == ("Year 2009", "Year 2010", ("About", "Notes"))
    assert list(first.rows()) == [(4, ["TEE", "1"]), (5, ["CUP", "2"])]
    assert list(second.rows()) == [(7, ["3", "HAT"])]
    assert list(second.rows()) == list(second.rows())
    assert open_table(path, fits=FITS).sheet == "Year 2009"
    assert [t.sheet for t in open_tables(path, "Year 2010", FITS)] == ["Year 2010"]
    with pytest.raises(Invalid, match="lacks the column sku"):
        open_tables(path, "About", FITS)[0].columns({"sku": ("sku",)}, ("sku",))


def test_numbers_as_text_dates_as_text_and_formulas_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD.split(","))
    for column, text in enumerate(
        ["536365", "85123A", "=cmd|'/c calc'!A0", "6", "1/13/2010 8:26", "2.55", "17850.0"]
    ):
        sheet.write_string(1, column, text)
    sheet.write_row(2, 0, ["536365", "X", "Y"])
    sheet.write_formula(2, 3, "=1+1", None, 2)
    sheet.write_row(2, 4, ["1/13/2010 8:26", 1.5])
    sheet.write_formula(2, 6, "=NA()", None, "#N/A")
    book.close()
    order = invoices(path)["536365"].order
    assert order is not None and order.customer is not None
    assert [(x.title, x.quantity, x.unit_price) for x in order.lines] == [
        ("=cmd|'/c calc'!A0", 6, 255),
        ("Y", 2, 150),
    ]
    assert order.customer.external_id == "17850"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (gzip.compress(gzip.compress(b"sku,price\nA,1\n", mtime=0), mtime=0), "packed twice"),
        (gzip.compress(b"sku,price\n" + b"A,1\n" * 9_999, mtime=0)[:-9], "unpacked"),
        ("sku,price\nA,1\n".encode("utf-16-le"), "NUL"), (b"sku,price\nA,\0\n", "NUL"),
    ],
)  # fmt: skip
def test_what_is_packed_or_written_strangely_says_so(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(Invalid, match=why):
        list(open_table(path, fits=FITS).rows())


def test_headings_in_the_middle_are_no_fault_and_no_product(tmp_path: Path) -> None:
    line = "{},22423,CAKESTAND,1,2011-01-04 10:00,12.75,7,France"
    path = written(tmp_path, line.format(1), HEAD, line.format(2), HEAD)
    found = invoices(path)
    assert [(v.row, v.reason) for v in found["InvoiceNo"].verdicts] == [(3, "headings"), (5, "headings")]
    assert not found["InvoiceNo"].refused
    table = open_table(path)
    assert [n.sku for n in uci.named(uci.survey(table), "GBP")] == ["22423"]


def test_rows_of_an_order_that_stand_far_apart_come_together(tmp_path: Path) -> None:
    rows = [(n, [str(n % 3), f"cell {n}", ""]) for n in range(2, 11)]
    counts = {str(k): 3 for k in range(3)}
    found = dict(gathered(iter(rows), 0, counts))
    assert {key: [n for n, _ in group] for key, group in found.items()} == {
        "2": [2, 5, 8], "0": [3, 6, 9], "1": [4, 7, 10],
    }  # fmt: skip
    assert found["1"] == [row for row in rows if row[0] in (4, 7, 10)]


@pytest.mark.parametrize("column", [0, 1, 2, 6, 7])
def test_a_text_longer_than_the_api_takes_turns_down_its_invoice_alone(tmp_path: Path, column: int) -> None:
    cells = ["1", "22423", "CAKESTAND", "1", "2011-01-04 10:00", "12.75", "7", "France"]
    cells[column] = "x" * 6_000
    good = "2,22423,CAKESTAND,1,2011-01-04 10:00,12.75,7,France"
    found = invoices(written(tmp_path, ",".join(cells), good))
    (bad,) = [m for key, m in found.items() if key != "2"]
    assert (bad.order, [v.reason for v in bad.verdicts]) == (None, ["too_long"])
    assert bad.verdicts[0].message.endswith(f"{HEAD.split(',')[column]}: may have 500 characters at most")
    assert len(bad.verdicts[0].key) <= 500
    assert found["2"].order is not None


def test_two_customers_or_another_currency_are_never_guessed_away(tmp_path: Path) -> None:
    head = f"{HEAD},Currency"
    line = "{},22423,CAKESTAND,1,2011-01-04 10:00,12.75,{},France,{}"
    found = invoices(
        written(
            tmp_path, line.format(1, 7, "GBP"), line.format(1, 8, "GBP"), line.format(2, 7, "EUR"), line.format(3, 7, "gbp"),
            line.format("C4", 7, ""), line.format("C4", 8, ""), head=head,
        )
    )  # fmt: skip
    assert [v.reason for v in found["1"].verdicts] == ["invoice_unreadable", "two_customers"]
    assert found["2"].verdicts[0].message == "row 4, Currency: says 'EUR', the channel sells in GBP"
    assert found["3"].order is not None
    assert found["C4"].kept


@pytest.mark.parametrize(
    ("quantity", "units"),
    [("1e3", 1_000), ("2.0", 2), ('"1,000"', 1_000), ("+5", 5), ("2.5", 0), ("٣", 0), ("1e-1", 0)],
)
def test_quantities_as_they_come(tmp_path: Path, quantity: str, units: int) -> None:
    (mapped,) = invoices(written(tmp_path, f"1,22423,X,{quantity},2011-01-04 10:00,1.25,7,France")).values()
    assert (mapped.order.lines[0].quantity if mapped.order else 0) == units


@pytest.mark.parametrize("closing", ['CAKE"', "CAKE"])
def test_a_stray_quotation_mark_loses_no_rows_in_silence(tmp_path: Path, closing: str) -> None:
    line = "{},22423,{},1,2011-01-04 10:00,12.75,7,France"
    lines = [
        line.format(1, "X"),
        line.format(2, '"CAKE'),
        line.format(3, "X"),
        line.format(4, closing),
        line.format(5, "X"),
    ]
    with pytest.raises(Invalid, match="row 3 has a quotation mark that takes in the rows below it"):
        invoices(written(tmp_path, *lines))
    with pytest.raises(Invalid, match="row 3"):
        invoices(written(tmp_path, lines[0], lines[1], lines[3]))


def test_a_text_of_several_lines_is_one(tmp_path: Path) -> None:
    text = '"a, b, c, d\ne, f, g, h, i, j\n\nk"'
    found = invoices(written(tmp_path, f"1,22423,{text},1,2011-01-04 10:00,12.75,7,France"))
    assert found["1"].order is not None and found["1"].order.lines[0].title == text.strip('"')
