"""Orders from a file: mapped, placed in groups, every row accounted for. Doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trivet.company.queries import ChannelRow, PlaceRow, setup
from trivet.company.rules import zone_of
from trivet.flows.imports.names import create_products as add_named
from trivet.flows.imports.past import remember
from trivet.flows.imports.report import IMPORTER, Progress, Report, RowListener
from trivet.flows.imports.run import Run
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import Invalid
from trivet.orders.rules.value import NewOrder, StockMode
from trivet.partners.files import orders_csv, uci
from trivet.partners.files.habits import Habits
from trivet.partners.files.naming import Named
from trivet.partners.files.readers import Table, open_tables
from trivet.partners.files.verdicts import Mapped

FITS = {"uci": uci.FITS, "csv": orders_csv.FITS}
FORMATS = tuple(FITS)
STOCK: dict[str, StockMode] = {"skip": "skip", "update": "live", "force": "force"}
EVERY = 500
"""Rows between two calls of ``progress``, at least."""


def import_orders(
    path: str | Path,
    *,
    channel: str,
    form: str = "csv",
    stock: str = "skip",
    dry_run: bool = False,
    create_products: bool = False,
    location: str = "",
    sheet: str = "",
    dates: str = "",
    decimal: str = "",
    edit: Callable[[NewOrder], NewOrder] | None = None,
    invented: bool = False,
    by: Actor = IMPORTER,
    name: str = "",
    progress: Progress | None = None,
    listener: RowListener | None = None,
) -> Report:
    """Import the orders of a file (``form``: ``uci`` or ``csv``) into the channel with slug ``channel``.

    ``stock``: ``skip`` keeps history and touches no stock; ``update`` promises stock as for an order of today;
    ``force`` records sales even beyond stock. Write-offs of the file are applied with the latter two, at
    ``location`` (a place's code; default: the channel's first). ``create_products`` adds unknown SKUs to the
    catalogue under the names that the file gives them. Every sheet of a workbook that has the columns is read, one
    after the other, unless ``sheet`` names one. ``dates`` (``day-first``, ``month-first``) and ``decimal`` (``point``,
    ``comma``) say how the file writes what it may leave open. ``edit`` may change each order before it is placed, which
    ``invented`` marks as made up in part. ``name`` is what the file is called for people (default: its own name).

    :class:`Invalid` when the file, the channel or the place cannot be used, before anything is stored. Interrupted
    at any point, the same call again brings in the rest. A dry run stores nothing and compares with what is stored;
    whether stock would suffice is not tried.
    """
    begun = time.monotonic()
    where, place = _where(channel, form, stock, location)
    tables = open_tables(path, sheet, FITS[form])
    report = Report("orders", name or Path(path).name, form, dry_run, channel=where.slug, stock=stock)
    report.note_sheets(tables)
    read = [_mapper(table, Habits.of(table, dates=dates, decimal=decimal), form, where) for table in tables]
    total = sum(part.rows for part in read)
    run = Run(where, None if stock == "skip" else place, STOCK[stock], by, report, listener, edit, invented)
    told = 0
    for part in read:
        report.note_habits(part.habits)
        if create_products:
            add_named(part.named, where.currency, report, by=by)
        for mapped in part.orders:
            run.take(mapped)
            if progress is not None and report.rows >= told + EVERY:
                told = report.rows
                progress(told, total)
        # What two sheets both tell is found unchanged in the second, as if they were two files.
        run.flush()
    if progress is not None:
        progress(report.rows, total)
    report.rows_lost = total - report.rows
    report.seconds = time.monotonic() - begun
    if not dry_run:
        remember(report, by=by, now=clock.now())
    return report


def _where(channel: str, form: str, stock: str, location: str) -> tuple[ChannelRow, PlaceRow | None]:
    if form not in FORMATS:
        raise Invalid("format", f"must be one of {', '.join(FORMATS)}")
    if stock not in STOCK:
        raise Invalid("stock", f"must be one of {', '.join(STOCK)}")
    known = setup()
    found = known.channels.get(channel)
    if found is None or not found.active:
        have = ", ".join(sorted(known.channels)) or "none"
        raise Invalid("channel", f"there is no channel {channel!r}; there is {have}")
    if location and location not in known.place_by_code:
        raise Invalid(
            "location", f"there is no place {location!r}; there is {', '.join(known.place_by_code)}"
        )
    if location:
        return found, known.place_by_code[location]
    first = known.first_place(found.id)
    return found, known.places[first] if first else None


@dataclass(frozen=True, slots=True)
class _Part:
    """One table after its first pass: how it is written, and what it will be made of."""

    rows: int
    habits: Habits
    orders: Iterator[Mapped]
    named: Iterator[Named]


def _mapper(table: Table, habits: Habits, form: str, channel: ChannelRow) -> _Part:
    if form == "uci":
        found = uci.survey(table, habits)
        invoices = uci.Mapper(table, found, channel=channel.slug, currency=channel.currency).invoices()
        return _Part(found.rows, habits, invoices, uci.named(found, channel.currency))
    survey = orders_csv.survey(table, habits)
    zone = zone_of(channel.timezone)
    own = orders_csv.Mapper(table, survey, channel=channel.slug, currency=channel.currency, zone=zone)
    return _Part(survey.rows, habits, own.orders(), orders_csv.named(survey, channel.currency))
