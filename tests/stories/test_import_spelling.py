"""The same orders however a file spells, packs and dates them; what a file leaves open is told, never guessed away."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.world import World, build
from trivet.api.tests.calls import Caller, key
from trivet.customers.models import Customer
from trivet.flows.imports import Report, import_orders
from trivet.lib.errors import Invalid
from trivet.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = Path(__file__).parents[2] / "trivet/partners/files/tests/data/uci_sample.csv"
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
HEAD_2009 = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    return build()


def uci(path: Path = SAMPLE, **more: Any) -> Report:
    return import_orders(path, channel="web", form="uci", **more)


def written(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def workbook(path: Path, sheets: dict[str, list[list[str]]], head: list[str]) -> Path:
    """A workbook as people keep such data: numbers and dates as such, not as text."""
    book = xlsxwriter.Workbook(str(path))
    dated = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, head)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if column == 4:
                    sheet.write_datetime(number, column, datetime.fromisoformat(cell), dated)
                elif column == 2:
                    sheet.write_string(number, column, cell)
                elif cell:
                    sheet.write(
                        number, column, float(cell) if cell.replace(".", "").lstrip("-").isdigit() else cell
                    )
    book.close()
    return path


def test_the_same_data_in_another_packing_and_edition_is_found_unchanged(
    world: World, tmp_path: Path
) -> None:
    uci()
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(SAMPLE.read_bytes().replace(b"\n", b"\r\n").decode().encode("utf-16")))
    book = workbook(tmp_path / "book.xlsx", {"Year 2010-2011": rows}, HEAD_2009.split(","))
    by_r = tmp_path / "by_r.csv"
    with by_r.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(
            [
                head,
                *[
                    [cell.replace(".", ",") if n == 5 else cell or "NA" for n, cell in enumerate(r)]
                    for r in rows
                ],
            ]
        )
    for path in (packed, book, by_r):
        report = uci(path)
        assert report.as_dict()["orders"] == {"created": 0, "unchanged": 15, "conflict": 0, "refused": 0}, (
            path
        )
        assert (report.kept, report.failed, report.rows) == ({"unchanged": 14}, False, 387), path


def test_two_sheets_that_overlap_are_like_two_files_after_each_other(world: World, tmp_path: Path) -> None:
    world.sku("21777", {"london": 50})
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    found = ["536590", "21777", "found", "3", "2010-12-01 16:51:00", "0", "", "United Kingdom"]
    sheets = {"2009": [*rows[:200], found], "2010": [found, *rows]}
    path = workbook(tmp_path / "book.xlsx", sheets, HEAD_2009.split(","))
    dry = uci(path, dry_run=True)
    real = uci(path, stock="force")
    for part in ("verdicts", "orders", "kept", "money", "notes"):
        assert dry.as_dict()[part] == real.as_dict()[part], part
    assert real.rows == 201 + 388
    assert real.orders["unchanged"] > 0
    assert real.money["GBP"].difference == 0
    assert world.level("21777", "london").on_hand == 50 - 10 + 3
    assert real.notes == ["row 1 of the sheet '2010' is told as row 203"]
    assert uci(path).as_dict()["orders"]["created"] == 0


def test_guests_written_as_na_join_no_profile(world: World, tmp_path: Path) -> None:
    line = "{},22423,CAKESTAND,1,2011-01-04 10:00,12.75,{},France"
    uci(written(tmp_path, line.format(1, "NA"), line.format(2, "NA"), line.format(3, "nan")))
    assert (Order.objects.filter(customer=None).count(), Customer.objects.count()) == (3, 0)


def test_what_the_dates_may_mean_is_told_in_a_dry_run_too(world: World, tmp_path: Path) -> None:
    lines = [f"{536365 + n},22423,CAKESTAND,1,12/{n}/2010 8:26,12.75,7,France" for n in range(1, 10)]
    path = written(tmp_path, *lines)
    dry = uci(path, dry_run=True)
    assert "'12/1/2010 8:26' can be read two ways and were read month first" in dry.as_text()
    uci(path)
    assert {order.placed_at.month for order in Order.objects.all()} == {12}
    assert uci(path, dates="month-first").notes == []
    assert uci(path, dates="day-first").orders["conflict"] == 9
    with pytest.raises(Invalid, match="day-first"):
        uci(path, dates="maybe")


def test_texts_of_any_length_abort_nothing(world: World, tmp_path: Path) -> None:
    long, good = "x" * 6_000, "1,22423,CAKESTAND,1,2011-01-04 10:00,12.75,7,France"
    lines = [
        good,
        *[",".join(long if n == at else c for n, c in enumerate(good.split(","))) for at in (0, 1, 2, 6, 7)],
    ]
    lines[2:] = [line.replace("1,", f"{n},", 1) for n, line in enumerate(lines[2:], 2)]
    report = uci(written(tmp_path, *lines))
    assert (report.orders["created"], report.reasons) == (1, {"skipped:too_long": 5})
    own = "order_id,placed_at,email,note,sku,quantity,unit_price"
    rows = [
        f"{long},2026-11-01,,,TEE,1,1.50",
        f"2,2026-11-01,{long},,TEE,1,1.50",
        f"3,2026-11-01,,{long},TEE,1,1.50",
    ]
    report = import_orders(
        written(tmp_path, *rows, f"4,2026-11-01,,{long * 2},TEE,1,1.50", head=own), channel="web", form="csv"
    )
    assert (report.orders["created"], report.reasons) == (1, {"skipped:too_long": 3})
    assert "row 5, note: may have 10000 characters at most" in report.as_text()
    assert len(Order.objects.get(external_id="3").note) == 6_000


def test_programs_say_how_a_file_writes_dates_and_decimals(world: World) -> None:
    caller = Caller(key())
    body = b"order_id;placed_at;sku;quantity;unit_price\n1;3/4/2026;TEE;1;1.234\n"
    address = "/imports/orders?channel=web&form=csv"
    refused = caller.send("POST", address, raw=body, content_type="application/octet-stream").json()
    assert refused["orders"]["refused"] == 1
    assert len(refused["notes"]) == 2
    told = caller.send(
        "POST",
        f"{address}&dates=month-first&decimal=comma",
        raw=body,
        content_type="application/octet-stream",
    ).json()
    assert (told["orders"]["created"], told["notes"]) == (1, [])
    order = Order.objects.get()
    assert (order.placed_at.month, order.total_minor) == (3, 123_400)
    wrong = caller.send("POST", f"{address}&decimal=dot", raw=body, content_type="application/octet-stream")
    assert wrong.status_code == 422
