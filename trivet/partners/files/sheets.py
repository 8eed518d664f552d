"""Sheets of a workbook, each written out as CSV once: a sheet needs much memory while it is read, so no longer."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from trivet.lib.errors import Invalid


class Book:
    """A workbook; :class:`Invalid` (field ``file``) when it cannot be read."""

    def __init__(self, path: Path) -> None:
        try:
            self._book = CalamineWorkbook.from_path(path)
        except (CalamineError, OSError) as error:
            raise Invalid("file", f"is not a workbook that can be read: {error}") from error
        self.names = tuple(self._book.sheet_names)

    @property
    def shown(self) -> list[str]:
        """The sheets that people see."""
        return [
            sheet.name
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]

    def sheet(self, name: str) -> Sheet:
        """One sheet, read whole."""
        if name not in self.names:
            raise Invalid("file", f"has no sheet {name!r}; it has {', '.join(self.names)[:500]}")
        try:
            return Sheet(self._book.get_sheet_by_name(name).iter_rows)
        except CalamineError as error:
            raise Invalid("file", f"has a damaged sheet {name!r}: {error}") from error


class Sheet:
    """The rows of one sheet as text."""

    def __init__(self, rows: Callable[[], Iterator[list[Any]]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[list[str]]:
        for cells in self._rows():
            yield [cell_text(cell) for cell in cells]

    def top(self, most: int) -> list[tuple[int, list[str]]]:
        """The first rows with content, and their numbers."""
        filled = ((number, cells) for number, cells in enumerate(self, 1) if any(cells))
        return list(islice(filled, most))

    def spool(self) -> tuple[IO[str], int]:
        """The sheet as CSV in a file that goes when it is closed, and its number of rows."""
        file = tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", prefix="trivet-sheet-")  # noqa: SIM115  # it goes with the table that reads it
        write = csv.writer(file).writerow
        height = 0
        for cells in self:
            height += 1
            write(cells if any(cells) else ())
        file.flush()
        return file, height


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
