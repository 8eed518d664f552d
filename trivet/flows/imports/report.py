"""What an import tells: verdicts, counts and money that agree with the file, and the rows worth a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from trivet.flows.imports.table import verdict_row
from trivet.journal.rules import Actor
from trivet.lib.ids import new_id
from trivet.lib.money import exponent
from trivet.partners.files.habits import Habits
from trivet.partners.files.parse import FINE, in_major
from trivet.partners.files.readers import Table
from trivet.partners.files.verdicts import Mapped, Verdict

Progress = Callable[[int, int], None]
"""Told (rows done, rows in all) now and then."""

RowListener = Callable[[Verdict], None]
"""Told every row's final verdict."""

IMPORTER = Actor("import", "", "Import")

NOT_A_FAULT = frozenset({"zero_quantity", "test_entry", "headings"})
"""Reasons of skipped rows that say nothing against the file."""

MOST_ROWS = 10_000
"""A report carries this many rows at most; of larger files only rows with something to say."""
MOST_KEYS = 100
MOST_LINES = 20
"""Messages that the text for people shows."""


@dataclass(slots=True)
class Totals:
    """Money of one currency in minor units: ``file`` is what the cells of the rows say, the others where it went.

    ``orders`` is the frozen totals of the orders that are stored now, ``unchanged`` the part of it that was before;
    ``kept`` is what was kept raw; ``skipped`` is the rest, of it ``refused`` with orders that were turned down and
    ``conflict`` because something else is stored under its key. ``unreadable`` counts rows whose cells say no amount,
    which ``file`` cannot hold. ``rounding`` is in millionths of a minor unit: what prices finer than the currency left
    over.
    """

    file: int = 0
    orders: int = 0
    unchanged: int = 0
    kept: int = 0
    skipped: int = 0
    refused: int = 0
    conflict: int = 0
    unreadable: int = 0
    rounding: int = 0

    @property
    def difference(self) -> int:
        """What the file says and nothing accounts for: zero, or there is a fault in the mapping."""
        return self.file - self.orders - self.kept - self.skipped

    def add(self, other: Totals) -> None:
        """Count another sum too."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; ``rounding`` as a decimal of minor units."""
        rounding = (Decimal(self.rounding) / FINE).normalize()
        told: dict[str, Any] = {name: getattr(self, name) for name in _SUMS}
        return {**told, "rounding": format(rounding, "f"), "difference": self.difference}

    def as_text(self, currency: str) -> str:
        """For people, on one line."""
        digits = exponent(currency)

        def told(*names: str) -> str:
            return ", ".join(f"{name} {in_major(getattr(self, name), digits)}" for name in names)

        line = told("file", "orders", "kept", "skipped")
        if parts := [name for name in ("refused", "conflict") if getattr(self, name)]:
            line += f" (of it {told(*parts)})"
        line += f"; unexplained {in_major(self.difference, digits)}"
        return f"{line}; rows that say no amount: {self.unreadable}" if self.unreadable else line


_SUMS = (
    "file", "orders", "unchanged", "kept", "skipped", "refused", "conflict", "unreadable", "rounding",
)  # fmt: skip


@dataclass(slots=True)
class Report:
    """An import as it went. ``seconds`` are measured by the caller's clock.

    ``rows_lost`` is how many rows a first pass over the file counted and none of the verdicts is about, ``unbalanced``
    the keys whose money is not accounted for: both zero and empty, or there is a fault in the mapping.
    """

    what: str
    file: str
    format: str
    dry_run: bool
    id: UUID = field(default_factory=new_id)
    channel: str = ""
    stock: str = ""
    rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    adjustments: Counter[str] = field(default_factory=Counter)
    products: Counter[str] = field(default_factory=Counter)
    money: dict[str, Totals] = field(default_factory=dict)
    unbalanced: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: int = 0
    rows_lost: int = 0
    seconds: float = 0.0
    _worth: list[Verdict] = field(default_factory=list)
    _plain: list[Verdict] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether something of the file could not be taken over."""
        faults = self.verdicts["skipped"] - sum(self.reasons[f"skipped:{r}"] for r in NOT_A_FAULT)
        return faults > 0 or bool(self.unbalanced or self.rows_lost) or bool(self.kept["conflict"])

    def note_sheets(self, tables: Sequence[Table]) -> None:
        """Say which sheets of a workbook were left alone, and where the rows of the later ones are."""
        if left := tables[0].sheets:
            read = ", ".join(repr(table.sheet) for table in tables)
            self.notes.append(f"only the sheet {read} was read, not {', '.join(left)}")
        for table in tables[1:]:
            self.notes.append(f"row 1 of the sheet {table.sheet!r} is told as row {table.start + 1}")

    def note_habits(self, habits: Habits) -> None:
        """Say how dates and numbers were read where the file does not settle it."""
        self.notes += [note for note in habits.notes() if note not in self.notes]

    def row(self, verdict: Verdict) -> None:
        """Count one row's final verdict."""
        self.rows += 1
        self.verdicts[verdict.verdict] += 1
        if verdict.reason:
            self.reasons[f"{verdict.verdict}:{verdict.reason}"] += 1
        told = self._worth if verdict.message else self._plain
        if len(told) < MOST_ROWS:
            told.append(verdict)

    def balance(
        self, mapped: Mapped, currency: str, total: int = 0, *, known: bool = False, conflicts: int = 0
    ) -> None:
        """Count the money of one key: what its rows say, and where it went.

        ``total`` is what its stored order comes to (``known``: stored before), zero without one. ``conflicts`` is what
        it wanted to keep while something else is kept under its key. ``currency`` is that of both.
        """
        parts = {
            code: Totals(file=worth.value, unreadable=worth.unreadable, rounding=worth.rounding)
            for code, worth in mapped.worth.items()
        }
        if total or mapped.kept:
            own = parts.setdefault(currency, Totals())
            own.orders, own.unchanged = total, total if known else 0
            own.kept = sum(kept.value for kept in mapped.kept) - conflicts
            own.skipped = own.conflict = conflicts
        for verdict in mapped.verdicts:
            # A row that nobody gave a reason was not skipped but forgotten.
            if verdict.verdict == "skipped" and verdict.reason and verdict.value:
                part = parts.setdefault(verdict.currency or currency, Totals())
                part.skipped += verdict.value
                if verdict.reason == "conflict":
                    part.conflict += verdict.value
                elif mapped.refused and verdict.reason not in NOT_A_FAULT:
                    part.refused += verdict.value
        for code, part in parts.items():
            self.money.setdefault(code, Totals()).add(part)
        if any(part.difference for part in parts.values()) and len(self.unbalanced) < MOST_KEYS:
            self.unbalanced.append(mapped.key)

    def as_dict(self) -> dict[str, Any]:
        """The report for ``--json`` and for storing, without the rows."""
        orders = {name: self.orders[name] for name in ("created", "unchanged", "conflict", "refused")}
        return {
            "id": str(self.id), "what": self.what, "file": self.file, "format": self.format, "dry_run": self.dry_run,
            "rows": self.rows, "rows_lost": self.rows_lost,
            "verdicts": dict(self.verdicts), "reasons": dict(self.reasons),
            "warnings": self.warnings,
            **({"channel": self.channel, "stock": self.stock, "orders": orders} if self.what == "orders" else {}),
            **{name: dict(n) for name in ("kept", "adjustments", "products") if (n := getattr(self, name))},
            **({"money": {c: m.as_dict() for c, m in self.money.items()}} if self.money else {}),
            "unbalanced": self.unbalanced, "notes": self.notes, "seconds": round(self.seconds, 2),
        }  # fmt: skip

    def as_text(self) -> str:
        """The report for people, a few lines."""
        lines = [f"{self.rows} rows of {self.file}{' (dry run, nothing stored)' if self.dry_run else ''}"]
        for title, counts in (
            ("rows", self.verdicts), ("orders", self.orders), ("kept", self.kept), ("stock", self.adjustments),
            ("products", self.products),
        ):  # fmt: skip
            if told := ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n):
                lines.append(f"  {title:9} {told}")
        for currency, money in self.money.items():
            lines.append(f"  {currency:9} {money.as_text(currency)}")
        if self.rows_lost:
            lines.append(f"  rows without a verdict: {self.rows_lost}")
        lines += [f"  note      {note}" for note in self.notes]
        lines += [f"  {v.message}" for v in self._worth[:MOST_LINES]]
        if len(self._worth) > MOST_LINES:
            lines.append(f"  … and {len(self._worth) - MOST_LINES} more messages")
        lines.append(f"  took {self.seconds:.1f} s")
        return "\n".join(lines)

    def rows_told(self) -> list[list[Any]]:
        """Rows as lists (row, verdict, reason, key, value, message); of large files those worth a look come first."""
        rows = [*self._worth, *self._plain[: MOST_ROWS - len(self._worth)]]
        return [verdict_row(v) for v in sorted(rows, key=lambda v: v.row)]


def count_rows(report: Report, verdicts: Iterable[Verdict], listener: RowListener | None) -> None:
    """Count final verdicts, and tell the listener."""
    for verdict in verdicts:
        report.row(verdict)
        if listener is not None:
            listener(verdict)
