"""Orders from a file: mapped, placed in groups, every row accounted for. Doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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
from trivet.partners.files.naming import Named
from trivet.partners.files.readers import Table, open_table
from trivet.partners.files.verdicts import Mapped

FORMATS = ("uci", "csv")
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
    catalogue under the names that the file gives them. ``edit`` may change each order before it is placed, which
    ``invented`` marks as made up in part. ``name`` is what the file is called for people (default: its own name).

    :class:`Invalid` when the file, the channel or the place cannot be used, before anything is stored. Interrupted
    at any point, the same call again brings in the rest. A dry run stores nothing and compares with what is stored;
    whether stock would suffice is not tried.
    """
    begun = time.monotonic()
    where, place = _where(channel, form, stock, location)
    table = open_table(path, sheet)
    report = Report("orders", name or Path(path).name, form, dry_run, channel=where.slug, stock=stock)
    report.note_sheets(table)
    total, found, named = _mapper(table, form, where)
    if create_products:
        add_named(named, where.currency, report, by=by)
    run = Run(where, None if stock == "skip" else place, STOCK[stock], by, report, listener, edit, invented)
    told = 0
    for mapped in found:
        run.take(mapped)
        if progress is not None and report.rows >= told + EVERY:
            told = report.rows
            progress(told, total)
    run.flush()
    if progress is not None:
        progress(report.rows, total)
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


def _mapper(table: Table, form: str, channel: ChannelRow) -> tuple[int, Iterator[Mapped], Iterator[Named]]:
    if form == "uci":
        found = uci.survey(table)
        invoices = uci.Mapper(table, found, channel=channel.slug, currency=channel.currency).invoices()
        return found.rows, invoices, uci.named(found, channel.currency)
    survey = orders_csv.survey(table)
    zone = zone_of(channel.timezone)
    own = orders_csv.Mapper(table, survey, channel=channel.slug, currency=channel.currency, zone=zone)
    return survey.rows, own.orders(), orders_csv.named(survey, channel.currency)
