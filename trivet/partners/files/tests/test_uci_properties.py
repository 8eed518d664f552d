"""Whatever a file of this shape holds: no row is lost, and every invoice adds up."""

from __future__ import annotations

import csv
import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.lib.errors import Invalid
from trivet.orders.rules.freeze import freeze
from trivet.partners.files import uci
from trivet.partners.files.readers import open_table

HEAD = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
CODES = ["85123A", "85123a", "22423", "POST", "DOT", "C2", "M", "D", "BANK CHARGES", "TEST001", "", "PADS"]

row = st.tuples(
    st.sampled_from(["1", "2", "3", "C4", "A5", ""]),
    st.sampled_from(CODES),
    st.sampled_from(["", "HEART", "found", "Café, “½”"]),
    st.one_of(st.integers(-50, 100).map(str), st.sampled_from(["6.0", "x", ""])),
    st.sampled_from(
        ["2011-01-04 10:00:00", "2011-10-30 01:30:00", "4/1/2011 9:05", "12/30/2011 9:05", "NA", "?"]
    ),
    st.one_of(
        st.decimals(-20, 90, places=3, allow_nan=False).map(str),
        st.sampled_from(["0.0", "2.55", "0.001", "-11062.06"]),
    ),
    st.sampled_from(["17850.0", "", "12347", "NA", "nan"]),
    st.sampled_from(["United Kingdom", "EIRE", "Unspecified", "NA", ""]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(row, max_size=25))
def test_every_row_is_accounted_for(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEAD, *rows])
        table = open_table(path)
        survey = uci.survey(table)
        found = list(uci.Mapper(table, survey, channel="web", currency="GBP").invoices())
    assert survey.rows == len(rows)
    assert sorted(v.row for m in found for v in m.verdicts) == list(range(2, len(rows) + 2))
    for mapped in found:
        total = 0
        if mapped.order is not None:
            try:
                total = freeze(mapped.order).total
            except Invalid as error:
                raise AssertionError(f"the mapper made an order that is none: {error.field}") from error
        total += sum(k.value for k in mapped.kept)
        total += sum(v.value for v in mapped.verdicts if v.verdict == "skipped")
        assert total == sum(v.value for v in mapped.verdicts)
        own = [rows[v.row - 2] for v in mapped.verdicts]
        if not any(v.reason.startswith(("bad_", "no_invoice")) for v in mapped.verdicts):
            exact = sum((Decimal(r[5]) * int(r[3].removesuffix(".0")) for r in own), Decimal(0))
            assert exact * 100 == total + Decimal(mapped.rounding) / 10**6
