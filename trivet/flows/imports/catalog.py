"""Products from a file: one verdict a row, in batches; doing it again changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from trivet.catalog.actions import upsert_products
from trivet.company.queries import setup
from trivet.flows.imports.past import remember
from trivet.flows.imports.report import IMPORTER, Progress, Report, RowListener, count_rows
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import DomainError, Invalid
from trivet.lib.money import is_currency
from trivet.partners.files import catalog
from trivet.partners.files.catalog import MappedProduct
from trivet.partners.files.habits import Habits
from trivet.partners.files.readers import open_table
from trivet.partners.files.verdicts import Verdict

BATCH = 500


def import_catalog(
    path: str | Path,
    *,
    currency: str = "",
    by: Actor = IMPORTER,
    dry_run: bool = False,
    sheet: str = "",
    decimal: str = "",
    name: str = "",
    progress: Progress | None = None,
    listener: RowListener | None = None,
) -> Report:
    """Add and change the products of a file.

    ``currency`` counts where a row names none (default: the one that all channels share; without it such rows are
    skipped when they carry money). ``decimal`` (``point``, ``comma``) says what stands before the decimals where the
    file leaves it open.

    Verdicts: ``created``, ``updated``, ``unchanged``, ``skipped`` (with the reason). A row with a message and
    another verdict than ``skipped`` came in with a warning. A dry run does everything and takes it back.
    """
    begun = time.monotonic()
    currency = currency or _shared_currency()
    if currency and not is_currency(currency):
        raise Invalid("currency", f"{currency!r} is not an ISO 4217 currency")
    table = open_table(path, sheet, catalog.FITS)
    report = Report("catalog", name or Path(path).name, table.kind, dry_run)
    report.note_sheets([table])
    learnt = catalog.survey(table, Habits.of(table, decimal=decimal))
    report.note_habits(learnt.habits)
    total = sum(learnt.counts.values())
    # Bundles may name SKUs of rows further down, so they are brought in after everything else.
    bundles: list[MappedProduct] = []
    batch: list[MappedProduct] = []
    with transaction.atomic(durable=True):
        for found in catalog.products(table, learnt, currency):
            holds = found.facts is not None and any(v.components for v in found.facts.variants)
            (bundles if holds else batch).append(found)
            if len(batch) >= BATCH:
                _bring_in(batch, report, listener, by)
                batch = []
                if progress is not None:
                    progress(report.rows, total)
        _bring_in([*batch, *bundles], report, listener, by)
        transaction.set_rollback(dry_run)
    if progress is not None:
        progress(report.rows, total)
    report.seconds = time.monotonic() - begun
    if not dry_run:
        remember(report, by=by, now=clock.now())
    return report


def _shared_currency() -> str:
    used = {channel.currency for channel in setup().channels.values()}
    return used.pop() if len(used) == 1 else ""


def _bring_in(
    batch: Sequence[MappedProduct], report: Report, listener: RowListener | None, by: Actor
) -> None:
    good = [p.facts for p in batch if p.facts is not None]
    answers = iter(upsert_products(good, by=by, now=clock.now()) if good else ())
    for product in batch:
        outcome, why = "skipped", ""
        if product.facts is not None:
            answer = next(answers)
            if answer.error is None:
                outcome = answer.outcome
                report.products[outcome] += 1
            else:
                report.products["refused"] += 1
                why = _why(answer.error)
        verdicts = []
        for entry in product.entries:
            verdict = Verdict(entry.row, outcome, entry.sku)
            if entry.error or why:
                verdict.skip(
                    "bad_value" if entry.error else "refused", entry.error or f"row {entry.row}: {why}"
                )
            elif entry.warnings:
                verdict.reason, verdict.message = "bad_barcode", "; ".join(entry.warnings)
                report.warnings += 1
            verdicts.append(verdict)
        count_rows(report, verdicts, listener)


def _why(error: DomainError) -> str:
    if isinstance(error, Invalid):
        return f"{error.field.rpartition('.')[2].lstrip('.') or 'product'}: {error.message}"
    return error.message
