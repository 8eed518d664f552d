"""Counted stock from a file: sets what is there, place by place; doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from trivet.catalog.queries import variants_by_sku
from trivet.catalog.rules import sku_key
from trivet.company.queries import setup
from trivet.flows import queue, write_offs
from trivet.flows.imports.levels import apply_counts, feed
from trivet.flows.imports.past import remember
from trivet.flows.imports.report import IMPORTER, Progress, Report, RowListener, count_rows
from trivet.flows.story import story
from trivet.inventory.actions.levels import Key
from trivet.inventory.queries.spots import Spot
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import Invalid
from trivet.partners.files import stock
from trivet.partners.files.habits import Habits
from trivet.partners.files.readers import open_table
from trivet.partners.files.stock import Count
from trivet.partners.files.verdicts import Verdict

BATCH = 1_000


def import_stock(
    path: str | Path,
    *,
    by: Actor = IMPORTER,
    location: str = "",
    dry_run: bool = False,
    sheet: str = "",
    decimal: str = "",
    name: str = "",
    progress: Progress | None = None,
    listener: RowListener | None = None,
) -> Report:
    """Take over counted stock; ``location`` (a place's code) counts where a row names none.

    Verdicts: ``opened`` (the first count of a SKU at a place), ``counted`` (it differed), ``unchanged``,
    ``skipped`` (with the reason). A count is a fact: it is taken even when orders hold more than it leaves, which
    opens a case. A dry run does everything and takes it back.
    """
    begun = time.monotonic()
    if location and location not in setup().place_by_code:
        raise Invalid("location", f"there is no place {location!r}")
    table = open_table(path, sheet, stock.FITS)
    report = Report("stock", name or Path(path).name, table.kind, dry_run)
    report.note_sheets([table])
    learnt = stock.survey(table, Habits.of(table, decimal=decimal))
    report.note_habits(learnt.habits)
    total = learnt.rows
    batch: list[Count] = []
    for count in stock.counts(table, learnt, location):
        batch.append(count)
        if len(batch) >= BATCH:
            _take_over(batch, report, listener, by)
            batch = []
            if progress is not None:
                progress(report.rows, total)
    _take_over(batch, report, listener, by)
    if progress is not None:
        progress(report.rows, total)
    report.seconds = time.monotonic() - begun
    if not dry_run:
        remember(report, by=by, now=clock.now())
    return report


def _take_over(batch: Sequence[Count], report: Report, listener: RowListener | None, by: Actor) -> None:
    known = variants_by_sku(c.sku for c in batch if not c.error)
    places = setup().place_by_code
    verdicts: list[Verdict] = []
    counted: list[tuple[Verdict, Spot, int]] = []
    for count in batch:
        verdict = Verdict(count.row, "unchanged", count.sku)
        verdicts.append(verdict)
        variant, place = known.get(sku_key(count.sku)), places.get(count.location)
        if count.error:
            verdict.skip("bad_value", count.error)
        elif variant is None:
            verdict.skip("unknown_sku", f"row {count.row}, sku: there is no SKU {count.sku!r}")
        elif variant.is_bundle:
            verdict.skip("bundle", f"row {count.row}, sku: {variant.sku} is a bundle; count its components")
        elif place is None:
            verdict.skip("unknown_place", f"row {count.row}, location: there is no place {count.location!r}")
        else:
            counted.append((verdict, Spot(variant.id, place.id, variant.sku, place.code), count.quantity))
    if counted:
        _settle(counted, report, by)
    count_rows(report, verdicts, listener)


def _settle(counted: Sequence[tuple[Verdict, Spot, int]], report: Report, by: Actor) -> None:
    now = clock.now()
    counts = {spot: quantity for _, spot, quantity in counted}
    before = _count(counts, report.id, report.dry_run, by, now)
    gained = set()
    for verdict, spot, quantity in counted:
        was = before[spot.key]
        if was is None:
            verdict.verdict = "opened"
        elif was != quantity:
            verdict.verdict = "counted"
        if quantity > (was or 0):
            gained.add(spot.variant)
    if not report.dry_run:
        feed(gained, now=now)


@story
def _count(
    counts: dict[Spot, int], run: UUID, dry_run: bool, by: Actor, now: datetime
) -> dict[Key, int | None]:
    waiting = queue.front(spot.variant for spot in counts)
    before = apply_counts(counts, cause=("import", run), by=by, now=now)
    differences = [(spot, n - (before[spot.key] or 0)) for spot, n in counts.items()]
    write_offs.look_at(differences, by=by, now=now)
    queue.serve(waiting, {}, by=by, now=now)
    transaction.set_rollback(dry_run)
    return before
