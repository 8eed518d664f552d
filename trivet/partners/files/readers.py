"""Rows of a CSV, gzipped CSV or XLSX file as text, in constant memory for CSV.

What a file is gets decided by its first bytes, never by its name. The encoding is found by reading the whole file
once: what is not UTF-8 somewhere is Windows-1252, or Latin-1 where it holds bytes that Windows-1252 leaves out.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Literal

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from trivet.lib.errors import Invalid

Row = tuple[int, list[str]]
"""The number of a row as a spreadsheet shows it (the header is 1), and its cells as text."""

Kind = Literal["csv", "csv.gz", "xlsx"]

LONGEST_LINE = 1_000_000
_CHUNK = 1 << 18
_CP1252_HOLES = frozenset(b"\x81\x8d\x8f\x90\x9d")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: what it is, its columns, and its rows as often as asked.

    ``sheets`` names the sheets of a workbook that are not read.
    """

    path: Path
    kind: Kind
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    @staticmethod
    def of_header(header: Sequence[str]) -> Table:
        """A table that has only its columns, to map rows that were kept."""
        return Table(Path(), "csv", "utf-8", ",", tuple(header))

    def rows(self) -> Iterator[Row]:
        """The rows below the header; rows without any content are left out but counted in the numbers."""
        if self.kind == "xlsx":
            return _sheet_rows(_sheet(_workbook(self.path), self.sheet))
        return _csv_rows(self.path, self.kind, self.encoding, self.delimiter)

    def columns(self, wanted: Mapping[str, Sequence[str]], required: Sequence[str]) -> dict[str, int]:
        """Where the columns stand: for each name in ``wanted`` the index of the first heading that matches.

        Case, blanks and punctuation of headings do not matter. :class:`Invalid` names required ones that lack.
        """
        places: dict[str, int] = {}
        for index, heading in enumerate(self.header):
            places.setdefault(folded(heading), index)
        found = {
            name: places[spelling]
            for name, spellings in wanted.items()
            for spelling in spellings[::-1]
            if spelling in places
        }
        missing = [name for name in required if name not in found]
        if missing:
            raise Invalid(
                "file",
                f"lacks the column {', '.join(missing)}; it has {', '.join(self.header)[:500] or 'none'}",
            )
        return found


def open_table(path: str | Path, sheet: str = "") -> Table:
    """Look at the file at ``path``; :class:`Invalid` (field ``file``) says why it cannot be read.

    Of a workbook the sheet named ``sheet`` is read, or the first one.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise Invalid("file", f"cannot be read: {error.strerror}") from error
    if start.startswith(b"PK\x03\x04"):
        return _open_workbook(path, sheet)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid("file", "is an old Excel file (.xls); save it as .xlsx or .csv")
    kind: Kind = "csv.gz" if start.startswith(b"\x1f\x8b") else "csv"
    encoding = _encoding(path, kind)
    with _text(path, kind, encoding) as lines:
        first = next((line for line in _lines(lines) if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(_records(path, kind, encoding, delimiter), (1, []))[1]
    if not any(cell.strip() for cell in header):
        raise Invalid("file", "is empty")
    return Table(path, kind, encoding, delimiter, tuple(cell.strip() for cell in header))


def folded(heading: str) -> str:
    """A heading without case, blanks and punctuation: ``Customer ID`` and ``CustomerID`` are the same column."""
    return "".join(c for c in heading.casefold() if c.isalnum())


def cell_text(cell: object) -> str:
    """A spreadsheet cell as text: 15 digits of a number as Excel shows them, whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        text = format(cell, ".15g")
        return text if "e" not in text else format(cell, ".20f").rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _open_workbook(path: Path, sheet: str) -> Table:
    book = _workbook(path)
    names = tuple(book.sheet_names)
    chosen = sheet or (names[0] if names else "")
    if chosen not in names:
        raise Invalid("file", f"has no sheet {chosen!r}; it has {', '.join(names)[:500]}")
    header = next((cells for _, cells in _sheet_records(_sheet(book, chosen))), [])
    if not header:
        raise Invalid("file", "is empty")
    others = tuple(name for name in names if name != chosen)
    return Table(path, "xlsx", "", "", tuple(cell.strip() for cell in header), chosen, others)


def _workbook(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        raise Invalid("file", f"is not a workbook that can be read: {error}") from error


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except CalamineError as error:
        raise Invalid("file", f"has a damaged sheet {name!r}: {error}") from error


def _sheet_records(sheet: CalamineSheet) -> Iterator[Row]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        texts = [cell_text(cell) for cell in cells]
        if any(texts):
            yield number, texts


def _sheet_rows(sheet: CalamineSheet) -> Iterator[Row]:
    records = _sheet_records(sheet)
    next(records, None)
    return records


def _csv_rows(path: Path, kind: Kind, encoding: str, delimiter: str) -> Iterator[Row]:
    records = _records(path, kind, encoding, delimiter)
    next(records, None)
    return records


def _records(path: Path, kind: Kind, encoding: str, delimiter: str) -> Iterator[Row]:
    number = 0
    with _text(path, kind, encoding) as lines:
        reader = csv.reader(_lines(lines), delimiter=delimiter)
        try:
            for number, cells in enumerate(reader, 1):
                if cells and any(cells):
                    yield number, cells
        except csv.Error as error:
            raise Invalid("file", f"row {number + 1} is not CSV: {error}") from error


def _lines(text: IO[str]) -> Iterator[str]:
    # A line without end (a bomb, or no text at all) must not fill the memory.
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise Invalid("file", f"has a line of more than {LONGEST_LINE} characters")
        if "\0" in line:
            raise Invalid("file", "holds NUL characters: is it a text file?")
        yield line


@contextmanager
def _text(path: Path, kind: Kind, encoding: str) -> Iterator[io.TextIOWrapper]:
    try:
        with (
            gzip.open(path, "rb") if kind == "csv.gz" else path.open("rb") as raw,
            io.TextIOWrapper(raw, encoding=encoding, newline="") as text,
        ):
            yield text
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise Invalid("file", f"breaks off: {error}") from error


def _encoding(path: Path, kind: Kind) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = True
    holes = False
    first = b""
    try:
        with gzip.open(path, "rb") if kind == "csv.gz" else path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                first = first or chunk[:3]
                holes = holes or not _CP1252_HOLES.isdisjoint(chunk)
                if utf8:
                    utf8 = _decodes(decoder, chunk)
                elif holes:
                    break
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid("file", f"cannot be unpacked: {error}") from error
    if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if utf8 and _decodes(decoder, b"", final=True):
        return "utf-8-sig" if first == codecs.BOM_UTF8 else "utf-8"
    return "latin-1" if holes else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
