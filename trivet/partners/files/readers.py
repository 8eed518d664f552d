"""Tables of a CSV, gzipped CSV or XLSX file as text, in constant memory once a sheet was written out.

What a file is gets decided by its first bytes, never by its name; where its headings stand by looking for them in
its first rows, for people write titles above them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Literal

from trivet.lib.errors import Invalid
from trivet.partners.files.sheets import Book, cell_text
from trivet.partners.files.text import DELIMITERS, GZIP, Row, encoding_of, first_lines, records

__all__ = ["Kind", "Row", "Table", "cell_text", "fitting", "folded", "open_table", "open_tables"]

Kind = Literal["csv", "csv.gz", "xlsx"]

Fits = Callable[[Sequence[str]], bool]
"""Whether a row has the headings that are looked for."""

DEEPEST_HEADING = 20
"""Rows with content that are looked through for the headings."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: what it is, its columns, and its rows as often as asked.

    ``sheets`` names the sheets of a workbook that are not read, ``top`` is the row of the headings, ``start`` what
    row numbers are counted on from (the rows of the sheets before), ``height`` the rows of the sheet.
    """

    path: Path
    kind: Kind
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    top: int = 1
    start: int = 0
    height: int = 0
    spool: IO[str] | None = None

    @staticmethod
    def of_header(header: Sequence[str]) -> Table:
        """A table that has only its columns, to map rows that were kept."""
        return Table(Path(), "csv", "utf-8", ",", tuple(header))

    def rows(self) -> Iterator[Row]:
        """The rows below the headings; rows without any content are left out but counted in the numbers."""
        width = 0 if self.spool else len(self.header)
        found = records(self.path, self.encoding, self.delimiter, self.start, width)
        for number, _ in found:
            if number >= self.start + self.top:
                break
        return found

    def columns(self, wanted: Mapping[str, Sequence[str]], required: Sequence[str]) -> dict[str, int]:
        """Where the columns stand: for each name in ``wanted`` the index of the first heading that matches.

        Case, blanks and punctuation of headings do not matter. :class:`Invalid` names required ones that lack.
        """
        found = _places(self.header, wanted)
        missing = [name for name in required if name not in found]
        if missing:
            raise Invalid(
                "file",
                f"lacks the column {', '.join(missing)}; it has {', '.join(self.header)[:500] or 'none'}",
            )
        return found


def fitting(wanted: Mapping[str, Sequence[str]], required: Sequence[str]) -> Fits:
    """Whether a row holds headings for all of ``required``."""
    return lambda cells: set(required) <= _places(cells, wanted).keys()


def open_table(path: str | Path, sheet: str = "", fits: Fits | None = None) -> Table:
    """Look at the file at ``path``; :class:`Invalid` (field ``file``) says why it cannot be read.

    Of a workbook the sheet named ``sheet`` is read, or the first that fits, or the first one.
    """
    return _tables(Path(path), sheet, fits, first_only=True)[0]


def open_tables(path: str | Path, sheet: str, fits: Fits) -> list[Table]:
    """Like :func:`open_table`, with every sheet of a workbook that fits unless one is named."""
    return _tables(Path(path), sheet, fits, first_only=False)


def folded(heading: str) -> str:
    """A heading without case, blanks and punctuation: ``Customer ID`` and ``CustomerID`` are the same column."""
    return "".join(c for c in heading.casefold() if c.isalnum())


def _places(header: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> dict[str, int]:
    places: dict[str, int] = {}
    for index, heading in enumerate(header):
        places.setdefault(folded(heading), index)
    return {
        name: places[spelling]
        for name, spellings in wanted.items()
        for spelling in spellings[::-1]
        if spelling in places
    }


def _tables(path: Path, sheet: str, fits: Fits | None, *, first_only: bool) -> list[Table]:
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise Invalid("file", f"cannot be read: {error.strerror}") from error
    if start.startswith(b"PK\x03\x04"):
        return _sheets(path, sheet, fits, first_only)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid("file", "is an old Excel file (.xls); save it as .xlsx or .csv")
    return [_csv(path, "csv.gz" if start.startswith(GZIP) else "csv", fits)]


def _csv(path: Path, kind: Kind, fits: Fits | None) -> Table:
    encoding = encoding_of(path)
    lines = first_lines(path, encoding, DEEPEST_HEADING)
    if not lines:
        raise Invalid("file", "is empty")
    likely = max(DELIMITERS, key=lines[0].count)
    others = [mark for mark in DELIMITERS if mark != likely and any(mark in line for line in lines)]
    for delimiter in (likely, *others):
        found = _heading(islice(records(path, encoding, delimiter), DEEPEST_HEADING), fits)
        if found:
            break
    else:
        delimiter = likely
        found = next(records(path, encoding, delimiter), (1, []))
    top, header = found
    if not any(cell.strip() for cell in header):
        raise Invalid("file", "is empty")
    return Table(path, kind, encoding, delimiter, _stripped(header), top=top)


def _sheets(path: Path, wanted: str, fits: Fits | None, first_only: bool) -> list[Table]:
    book = Book(path)
    names = [wanted] if wanted else book.shown or list(book.names)
    chosen: list[Table] = []
    for name in names:
        sheet = book.sheet(name)
        rows = sheet.top(DEEPEST_HEADING)
        found = _heading(iter(rows), fits) or (rows[0] if rows and (wanted or fits is None) else None)
        if found is None:
            continue
        start = chosen[-1].start + chosen[-1].height if chosen else 0
        spool, height = sheet.spool()
        chosen.append(
            Table(
                Path(spool.name),
                "xlsx",
                "utf-8",
                ",",
                _stripped(found[1]),
                name,
                top=found[0],
                start=start,
                height=height,
                spool=spool,
            )
        )  # fmt: skip
        if first_only:
            break
    if not chosen and not wanted and fits is not None and names:
        return _sheets(path, names[0], fits, first_only)
    if not chosen:
        raise Invalid("file", "is empty")
    read = {table.sheet for table in chosen}
    others = tuple(name for name in book.names if name not in read)
    return [replace(table, sheets=others) for table in chosen]


def _heading(rows: Iterator[Row], fits: Fits | None) -> Row | None:
    return next((row for row in rows if fits is None or fits(row[1])), None)


def _stripped(header: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in header)
