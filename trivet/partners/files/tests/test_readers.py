"""A file is what its first bytes say, in whatever encoding, and broken ones say why."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from trivet.lib.errors import Invalid
from trivet.partners.files.readers import cell_text, open_table

ROWS = "Sku;Title;Price\nTEE;Café “crème” – ½;2.55\n\nCUP;plain;3\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_encoding_and_packing_are_found(tmp_path: Path, encoding: str, packed: bool) -> None:
    file = tmp_path / "names.do.not.matter"
    data = ROWS.encode(encoding)
    file.write_bytes(gzip.compress(data) if packed else data)
    table = open_table(file)
    assert (table.header, table.delimiter) == (("Sku", "Title", "Price"), ";")
    assert list(table.rows()) == [(2, ["TEE", "Café “crème” – ½", "2.55"]), (4, ["CUP", "plain", "3"])]


def test_latin_1_where_windows_1252_has_holes(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"a,b\n\x81,caf\xe9\n")
    table = open_table(file)
    assert table.encoding == "latin-1"
    assert list(table.rows()) == [(2, ["\x81", "café"])]


def test_a_late_wrong_byte_still_decides_the_encoding(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"a,b\n" + b"1,plain\n" * 100_000 + b"2,\xa340\n")
    table = open_table(file)
    assert table.encoding == "cp1252"
    *_, last = table.rows()
    assert last == (100_002, ["2", "£40"])


def test_workbook_cells_become_the_text_that_excel_shows(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    book = xlsxwriter.Workbook(str(file))
    sheet, _other = book.add_worksheet("Year 2009-2010"), book.add_worksheet("Year 2010-2011")
    sheet.write_row(0, 0, ["Invoice", "StockCode", "Price", "InvoiceDate"])
    sheet.write_row(2, 0, [536365, "85123A", 2.55])
    sheet.write_datetime(
        2, 3, datetime(2010, 12, 1, 8, 26), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    )
    book.close()
    table = open_table(file)
    assert (table.sheet, table.sheets) == ("Year 2009-2010", ("Year 2010-2011",))
    assert list(table.rows()) == [(3, ["536365", "85123A", "2.55", "2010-12-01 08:26:00"])]
    with pytest.raises(Invalid, match="no sheet"):
        open_table(file, "Year 1999")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (17850.0, "17850"),
        (0.1 + 0.2, "0.3"),
        (0.001, "0.001"),
        (1e-7, "0.0000001"),
        (True, "true"),
        (None, ""),
    ],
)
def test_numbers_are_read_as_shown(cell: object, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"), (b"\n\n  \n", "empty"), (b"PK\x03\x04 broken", "workbook"), (b"\xd0\xcf\x11\xe0 old", "xls"),
        (gzip.compress(ROWS.encode() * 999)[:-20], "unpacked"), (b"a" * 1_000_001, "line of more"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(tmp_path: Path, data: bytes, why: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(data)
    with pytest.raises(Invalid, match=why) as caught:
        open_table(file)
    assert caught.value.field == "file"


def test_a_missing_file_and_missing_columns(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        open_table(tmp_path / "none")
    file = tmp_path / "a.csv"
    file.write_text("Customer ID,price \n1,2\n")
    table = open_table(file)
    assert table.columns({"customer": ("customerid",), "price": ("unitprice", "price")}, ["price"]) == {
        "customer": 0, "price": 1,
    }  # fmt: skip
    with pytest.raises(Invalid, match="lacks the column sku; it has Customer ID, price"):
        table.columns({"sku": ("sku",)}, ["sku"])
