"""Bringing files in."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from trivet.site.commands.base import Bar, database, out, told

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_dry = click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
_sheet = click.option(
    "--sheet", default="", help="The sheet of a workbook to read (default: the first with the columns; of orders all)."
)  # fmt: skip
_decimal = click.option(
    "--decimal", type=click.Choice(["point", "comma"]),
    help="What stands before the decimals, where the file leaves it open.",
)  # fmt: skip
_verdicts = click.option(
    "--verdicts", type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write every row's verdict to this CSV file.",
)  # fmt: skip


@click.group("import")
def import_() -> None:
    """Bring in orders, a catalogue or opening stock from a file."""


@import_.command()
@_file
@click.option("--channel", required=True, help="The channel that the orders belong to.")
@click.option("--format", "form", type=click.Choice(["uci", "csv"]), default="csv", show_default=True)
@click.option(
    "--stock", type=click.Choice(["skip", "update", "force"]), default="skip", show_default=True,
    help="skip: history, stock stays as it is. update: promise stock, refuse what it does not cover. "
    "force: record sales that have happened, even beyond stock.",
)  # fmt: skip
@click.option("--create-products", is_flag=True, help="Create products for SKUs that the catalogue lacks.")
@click.option(
    "--location", default="", help="The place that the file's write-offs leave (default: the first)."
)
@click.option(
    "--dates", type=click.Choice(["day-first", "month-first"]),
    help="How dates such as 3/4/2011 are meant, where the file leaves it open.",
)  # fmt: skip
@_decimal
@_sheet
@_verdicts
@_dry
@_json
def orders(
    file: Path, channel: str, form: str, stock: str, create_products: bool, location: str, dates: str | None,
    decimal: str | None, sheet: str, verdicts: Path | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Import orders: each row of FILE (csv, csv.gz, xlsx) gets a verdict; the same file again creates nothing."""
    with database(migrate=True), told(), _rows_to(verdicts) as listener:
        from trivet.flows.imports import import_orders

        report = import_orders(
            file, channel=channel, form=form, stock=stock, create_products=create_products, location=location,
            sheet=sheet, dates=dates or "", decimal=decimal or "", dry_run=dry_run, progress=Bar(), listener=listener,
        )  # fmt: skip
        _tell(report, as_json)


@import_.command()
@_file
@click.option(
    "--currency", default="", help="Of amounts without one (default: the one that all channels share)."
)
@_decimal
@_sheet
@_verdicts
@_dry
@_json
def catalog(
    file: Path,
    currency: str,
    decimal: str | None,
    sheet: str,
    verdicts: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import products: SKUs, barcodes, weights, prices, unit costs, bundles."""
    with database(migrate=True), told(), _rows_to(verdicts) as listener:
        from trivet.flows.imports import import_catalog

        report = import_catalog(
            file,
            currency=currency,
            decimal=decimal or "",
            sheet=sheet,
            dry_run=dry_run,
            progress=Bar(),
            listener=listener,
        )
        _tell(report, as_json)


@import_.command()
@_file
@click.option("--location", default="", help="The place of rows that name none.")
@_decimal
@_sheet
@_verdicts
@_dry
@_json
def stock(
    file: Path,
    location: str,
    decimal: str | None,
    sheet: str,
    verdicts: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import counted stock by SKU and place: each row sets what is on hand."""
    with database(migrate=True), told(), _rows_to(verdicts) as listener:
        from trivet.flows.imports import import_stock

        report = import_stock(
            file,
            location=location,
            decimal=decimal or "",
            sheet=sheet,
            dry_run=dry_run,
            progress=Bar(),
            listener=listener,
        )
        _tell(report, as_json)


@import_.command()
@click.option("--channel", default="", help="Only orders of this channel.")
@click.option("--since", type=click.DateTime(), default=None, help="Only orders received since (UTC).")
@click.option("--until", type=click.DateTime(), default=None, help="Only orders received before (UTC).")
@click.option("--flag", is_flag=True, help="Put what differs on the exception desk, for a person to decide.")
@click.option(
    "--place", is_flag=True, help="Place the orders that were turned down and would be taken today."
)
@_json
def replay(
    channel: str, since: datetime | None, until: datetime | None, flag: bool, place: bool, as_json: bool
) -> None:
    """Map again what orders were made of, and what was turned down.

    Tells which orders would be made otherwise today, and which would be made that were not. Stored orders are never
    changed. Exit 1 when something waits for a decision.
    """
    with database(migrate=True), told():
        from trivet.api.order_in import read_order
        from trivet.flows.imports import IMPORTER
        from trivet.flows.readmit import readmit
        from trivet.flows.remap import Scope, put_before_a_person, remap
        from trivet.lib import clock
        from trivet.partners.files import orders_csv, uci

        def tell(one: Any) -> None:
            click.echo(json.dumps(one.as_dict(), default=str) if as_json else one.as_text(), err=not as_json)

        outcomes = ("same", "differs", "unreadable", "placeable", "placed", "stored", "refused")
        counts = dict.fromkeys(outcomes, 0)
        mappers = {"api": read_order, "uci": uci.remap, "csv": orders_csv.remap}
        scope = Scope(channel, _utc(since), _utc(until))
        for one in remap(mappers, scope):
            counts[one.outcome] += 1
            if one.outcome == "same":
                continue
            if flag:
                put_before_a_person(one, now=clock.now())
            tell(one)
        for other in readmit({"uci": uci.again, "csv": orders_csv.again}, scope, place=place, by=IMPORTER):
            counts[other.outcome] += 1
            tell(other)
        out(counts, as_json, lambda: ", ".join(f"{n:,} {what}" for what, n in counts.items()))
        sys.exit(1 if counts["differs"] or counts["unreadable"] or counts["placeable"] else 0)


def _utc(found: datetime | None) -> datetime | None:
    return None if found is None else found.replace(tzinfo=UTC)


@contextmanager
def _rows_to(path: Path | None) -> Iterator[Callable[[Any], None] | None]:
    """Something to tell verdicts to, which writes them to ``path`` at once; None without a path."""
    if path is None:
        yield None
        return
    from trivet.flows.imports import csv_head, csv_line, verdict_row

    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_head())

        def tell(verdict: Any) -> None:
            file.write(csv_line(verdict_row(verdict)))

        yield tell


def _tell(report: Any, as_json: bool) -> None:
    out(report.as_dict(), as_json, report.as_text)
    sys.exit(1 if report.failed else 0)
