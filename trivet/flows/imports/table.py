"""Verdicts of rows as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trivet.partners.files.verdicts import Verdict

HEAD = ("row", "verdict", "reason", "key", "value_minor", "message")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def verdict_row(verdict: Verdict) -> list[Any]:
    """A verdict in the order of :data:`HEAD`."""
    return [verdict.row, verdict.verdict, verdict.reason, verdict.key, verdict.value, verdict.message]


def csv_head() -> str:
    """The heading as a CSV line."""
    return csv_line(HEAD)


def csv_line(row: Sequence[Any]) -> str:
    """A row in the order of :data:`HEAD` as a CSV line; text that a spreadsheet would run is disarmed."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(
        [f"'{c}" if isinstance(c, str) and c.startswith(_FORMULA) else c for c in row]
    )
    return buffer.getvalue()


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A whole CSV file, line by line."""
    yield csv_head()
    for row in rows:
        yield csv_line(row)
