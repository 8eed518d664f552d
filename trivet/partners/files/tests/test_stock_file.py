"""Counts from a file: one number a SKU and place."""

from __future__ import annotations

from pathlib import Path

from trivet.partners.files import stock
from trivet.partners.files.readers import open_table


def test_counts_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(
        "sku;place;on hand\nTEE;leeds;5\ntee;leeds;6\nTEE;london;7.0\n;leeds;1\nCUP;;1\nCUP;leeds;-1\nCUP;leeds;x\n;;;9\n"
    )
    table = open_table(path)
    found = list(stock.counts(table, stock.survey(table), "bristol"))
    assert [(c.sku, c.location, c.quantity) for c in found if not c.error] == [
        ("TEE", "leeds", 5), ("TEE", "london", 7), ("CUP", "bristol", 1),
    ]  # fmt: skip
    assert [c.error for c in found if c.error] == [
        "row 3, sku: 'tee' at 'leeds' was counted in row 2 already",
        "row 5, sku: is empty",
        "row 7, quantity: must be from 0 to 1000000000",
        "row 8, quantity: 'x' is not a whole number",
        "row 9: has more cells than there are columns",
    ]
