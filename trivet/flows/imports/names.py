"""Products that a file of orders names: added to the catalogue when asked, those that are known never changed."""

from __future__ import annotations

from collections.abc import Iterable

from trivet.catalog.actions import upsert_products
from trivet.catalog.queries import variants_by_sku
from trivet.catalog.rules import ProductFacts, VariantFacts, sku_key
from trivet.flows.imports.report import Report
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.partners.files.naming import Named

BATCH = 500


def create_products(named: Iterable[Named], currency: str, report: Report, *, by: Actor) -> None:
    """Add the SKUs that the catalogue lacks, a product each; a dry run only counts them."""
    everything = list(named)
    known = variants_by_sku(found.sku for found in everything)
    fresh = [found for found in everything if sku_key(found.sku) not in known]
    report.products["unchanged"] += len(everything) - len(fresh)
    for start in range(0, len(fresh), BATCH):
        batch = fresh[start : start + BATCH]
        if report.dry_run:
            report.products["created"] += len(batch)
            continue
        for verdict in upsert_products(
            [_product(found, currency) for found in batch], by=by, now=clock.now()
        ):
            report.products["refused" if verdict.outcome == "refused" else "created"] += 1


def _product(found: Named, currency: str) -> ProductFacts:
    variant = VariantFacts(
        sku=found.sku, title=found.title, price_minor=found.price,
        currency=currency if found.price is not None else None,
    )  # fmt: skip
    return ProductFacts(handle=found.sku.lower(), title=found.title, variants=(variant,))
