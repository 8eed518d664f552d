"""Counted stock as CSV or XLSX: one row a SKU at a place. A count sets what is there; it does not add."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trivet.catalog.rules import sku_key
from trivet.orders.rules.value import LONGEST
from trivet.partners.files.habits import Habits
from trivet.partners.files.parse import identifier, whole
from trivet.partners.files.readers import Table, fitting
from trivet.partners.files.verdicts import overlong

COLUMNS = {
    "sku": ("sku", "stockcode"), "location": ("location", "place", "warehouse"),
    "quantity": ("quantity", "onhand", "count", "available"),
}  # fmt: skip
REQUIRED = ("sku", "quantity")
FITS = fitting(COLUMNS, REQUIRED)
LARGEST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Count:
    """Units of ``sku`` (as written) counted at the place with code ``location``; ``error`` says why it is unusable."""

    row: int
    sku: str
    location: str
    quantity: int
    error: str = ""


@dataclass(slots=True)
class Survey:
    """What a first pass learns: how many rows there are, how values are written."""

    rows: int
    habits: Habits


def survey(table: Table, habits: Habits | None = None) -> Survey:
    """Read the file once to count and learn; ``habits``: what was told of it."""
    at = table.columns(COLUMNS, REQUIRED)
    found = Survey(0, habits or Habits.of(table))
    for _, cells in table.rows():
        found.rows += 1
        if at["quantity"] < len(cells):
            found.habits.numbers.see(cells[at["quantity"]])
            found.habits.blanks.see(cells[at["quantity"]].strip())
    return found


def counts(table: Table, found: Survey, location: str = "") -> Iterator[Count]:
    """Every row of the file. ``location`` stands in where the file names none."""
    at = table.columns(COLUMNS, REQUIRED)
    numbers, blanks = found.habits.numbers, found.habits.blanks
    place = at.get("location")
    width = max(at.values()) + 1
    first: dict[tuple[str, str], int] = {}
    for number, cells in table.rows():
        if overlong(cells, len(table.header)):
            yield Count(number, "", "", 0, f"row {number}: has more cells than there are columns")
            continue
        filled = [*cells, *[""] * (width - len(cells))]
        sku = blanks.word(identifier(filled[at["sku"]]))
        where = (blanks.value(filled[place].strip()) if place is not None else "") or location
        if max(len(sku), len(where)) > LONGEST:
            column = "sku" if len(sku) > LONGEST else "location"
            problem = f"row {number}, {column}: may have {LONGEST} characters at most"
            yield Count(number, sku[:LONGEST], where[:LONGEST], 0, problem)
            continue
        try:
            quantity = whole(numbers.plain(filled[at["quantity"]]))
            problem = _problem(sku, where, quantity)
        except ValueError as error:
            quantity, problem = 0, f"quantity: {error}"
        before = first.setdefault((sku_key(sku), where), number)
        if not problem and before != number:
            problem = f"sku: {sku!r} at {where!r} was counted in row {before} already"
        yield Count(number, sku, where, quantity, f"row {number}, {problem}" if problem else "")


def _problem(sku: str, where: str, quantity: int) -> str:
    if not sku:
        return "sku: is empty"
    if not where:
        return "location: is empty"
    if not 0 <= quantity <= LARGEST:
        return f"quantity: must be from 0 to {LARGEST}"
    return ""
