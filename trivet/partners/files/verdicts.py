"""What became of each row of a file, and the groups that rows of one order or invoice make.

Every row gets exactly one verdict. ``value`` is what the row's own cells say it is worth in minor units, rounded half
to even, whatever becomes of it: :class:`Worth` adds that up before anything is made of the rows, so that what is made
of them can be compared with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trivet.lib.money import half_even
from trivet.orders.rules.value import LONGEST, NewOrder
from trivet.partners.files.parse import FINE, identifier
from trivet.partners.files.readers import Row

ORDER_VERDICTS = (
    "order_line", "shipping", "fee", "cancellation", "stock_adjustment", "bad_debt", "skipped",
)  # fmt: skip


_NUL = "\0"


@dataclass(slots=True)
class Verdict:
    """One row's fate. ``reason`` is a stable code, ``message`` is for people, ``key`` the order or invoice.

    ``currency`` is that of ``value``; empty for the one that counts where the file names none.
    """

    row: int
    verdict: str
    key: str
    value: int = 0
    reason: str = ""
    message: str = ""
    currency: str = ""

    def skip(self, reason: str, message: str) -> None:
        """Turn the row down after all; its value stays, so that totals still add up."""
        self.verdict, self.reason, self.message = "skipped", reason, message


@dataclass(slots=True)
class Worth:
    """What cells say in one currency, in minor units, each row rounded half to even.

    ``rounding`` is what that left over, in millionths; ``unreadable`` counts the rows whose cells say no amount.
    """

    value: int = 0
    rounding: int = 0
    unreadable: int = 0

    def add(self, exact: int) -> int:
        """Count a row of ``exact`` millionths of a minor unit; answers its rounded worth."""
        value, over = divmod(exact, FINE)
        if over:
            value = half_even(exact, FINE)
            self.rounding += exact - value * FINE
        self.value += value
        return value


@dataclass(frozen=True, slots=True)
class Kept:
    """Raw rows that are kept for a later room to replay: ``kind`` as a receipt, ``value`` in minor units.

    ``content`` is what the rows say once read: the same in every edition, packing and spelling of the file.
    """

    kind: str
    key: str
    payload: dict[str, Any]
    value: int
    content: list[Any]


@dataclass(frozen=True, slots=True)
class Movement:
    """A stock fact without an order: signed units of a SKU, ``reason`` ``write_off`` or ``found``."""

    key: str
    sku: str
    quantity: int
    reason: str
    note: str
    at: datetime


@dataclass(slots=True)
class Mapped:
    """All that was made of the rows of one key.

    ``worth`` is what its rows say by themselves, by currency; ``refused`` that an order was meant and turned down.
    ``raw`` is all that the order was, or was not, made of, to be mapped again without the file; ``mapper`` by what.
    """

    key: str
    verdicts: list[Verdict]
    order: NewOrder | None = None
    kept: list[Kept] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    worth: dict[str, Worth] = field(default_factory=dict)
    refused: bool = False
    raw: dict[str, Any] | None = None
    mapper: str = ""

    @property
    def rounding(self) -> int:
        """What rounding its rows left over, in millionths of a minor unit."""
        return sum(worth.rounding for worth in self.worth.values())

    def refuse(self, reason: str, message: str) -> None:
        """Turn the order down: its rows are skipped, the other rows of the key stay as they are."""
        self.order = None
        self.refused = True
        for verdict in self.verdicts:
            if verdict.verdict in ("order_line", "shipping", "fee"):
                verdict.skip(reason, message)


def headings(key: str, header: Sequence[str], rows: Sequence[Row]) -> Mapped | None:
    """What becomes of rows that hold the headings once more, where files were put together; None of any others."""
    if key not in header or any(
        tuple(c.strip() for c in cells[: len(header)]) != header for _, cells in rows
    ):
        return None
    mapped = Mapped(key, [Verdict(number, "skipped", key) for number, _ in rows])
    for verdict in mapped.verdicts:
        verdict.skip("headings", "the headings once more")
    return mapped


def long_cell(cells: Sequence[str], columns: Iterable[int], longest: int = LONGEST) -> int:
    """The first of ``columns`` whose cell is longer than texts may be, or -1."""
    return next((at for at in columns if at < len(cells) and len(cells[at]) > longest), -1)


def numbered(raw: dict[str, Any]) -> list[Row]:
    """The kept rows of one key with the numbers that they had in their file, where these were kept too."""
    rows = raw["rows"]
    return list(zip(raw.get("numbers") or range(2, len(rows) + 2), rows, strict=True))


def overlong(cells: Sequence[str], columns: int) -> bool:
    """Whether a row has content right of the last heading: a delimiter inside a value that nobody quoted."""
    return len(cells) > columns and any(cells[columns:])


def gathered(rows: Iterable[Row], column: int, counts: dict[str, int]) -> Iterator[tuple[str, list[Row]]]:
    """Rows by their key, each group as soon as its last row was seen.

    ``counts`` says how many rows a key has (a first pass over the file, keys read by ``identifier``), so only
    groups that are still open are held in memory: one, when the rows of a key stand together, all in a file that is
    sorted by something else. Rows wait as one text each, which needs a quarter of the memory; no cell holds a NUL.
    """
    left = dict(counts)
    open_groups: dict[str, list[str]] = {}
    for number, cells in rows:
        key = identifier(cells[column]) if column < len(cells) else ""
        left[key] -= 1
        if left[key]:
            open_groups.setdefault(key, []).append(_NUL.join((str(number), *cells)))
            continue
        del left[key]
        yield key, [*map(_row, open_groups.pop(key, ())), (number, cells)]


def _row(waiting: str) -> Row:
    number, *cells = waiting.split(_NUL)
    return int(number), cells
