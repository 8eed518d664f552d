"""Bringing files in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from trivet.site.commands.base import Bar, database, out, told

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_dry = click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


@click.group("import")
def import_() -> None:
    """Bring in orders, a catalogue or opening stock from a file."""


@import_.command()
@_file
@click.option("--channel", required=True, help="The channel that the orders belong to.")
@click.option(
    "--format", "form", type=click.Choice(["uci", "shopify", "csv"]), default="csv", show_default=True
)
@click.option(
    "--stock", type=click.Choice(["skip", "update", "force"]), default="skip", show_default=True,
    help="skip: history, stock stays as it is. update: promise stock, refuse what it does not cover. "
    "force: record sales that have happened, even beyond stock.",
)  # fmt: skip
@click.option("--create-products", is_flag=True, help="Create products for SKUs that the catalogue lacks.")
@_dry
@_json
def orders(
    file: Path, channel: str, form: str, stock: str, create_products: bool, dry_run: bool, as_json: bool
) -> None:
    """Import orders: each row of FILE (csv, csv.gz, xlsx) gets a verdict; the same file again creates nothing."""
    with database(migrate=True), told():
        from trivet.flows.imports import import_orders

        report = import_orders(
            file, channel=channel, form=form, stock=stock, create_products=create_products, dry_run=dry_run,
            progress=Bar(),
        )  # fmt: skip
        _tell(report, as_json)


@import_.command()
@_file
@_dry
@_json
def catalog(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import products: SKUs, barcodes, weights, prices, unit costs, bundles."""
    with database(migrate=True), told():
        from trivet.flows.imports import import_catalog

        _tell(import_catalog(file, dry_run=dry_run, progress=Bar()), as_json)


@import_.command()
@_file
@_dry
@_json
def stock(file: Path, dry_run: bool, as_json: bool) -> None:
    """Import counted stock by SKU and place: each row sets what is on hand."""
    with database(migrate=True), told():
        from trivet.flows.imports import import_stock

        _tell(import_stock(file, dry_run=dry_run, progress=Bar()), as_json)


def _tell(report: Any, as_json: bool) -> None:
    out(report.as_dict(), as_json, report.as_text)
    sys.exit(1 if report.failed else 0)
