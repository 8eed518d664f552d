"""Finding SKUs, in bulk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import Upper

from trivet.catalog.models import Barcode, BundleComponent, ListingMap, Variant
from trivet.catalog.rules import explode


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A SKU by its key."""

    id: UUID
    sku: str
    title: str
    is_bundle: bool
    weight_g: int | None
    price_minor: int | None
    currency: str


_COLUMNS = ("id", "sku", "title", "is_bundle", "weight_g", "price_minor", "currency")


def variants_by_sku(skus: Iterable[str]) -> dict[str, VariantRow]:
    """Variants by upper-case SKU; unknown ones are absent. One query."""
    wanted = {sku.strip().upper() for sku in skus}
    found = Variant.objects.alias(upper=Upper("sku")).filter(upper__in=wanted).values_list(*_COLUMNS)
    return {row[1].upper(): VariantRow(*row) for row in found}


def variants_on(channel: UUID, skus: Iterable[str]) -> dict[str, VariantRow]:
    """Variants by upper-case SKU as a channel uses it: its listing map first, then our own SKUs. Two queries."""
    wanted = {sku.strip().upper() for sku in skus}
    found = variants_by_sku(wanted)
    mapped = ListingMap.objects.annotate(upper=Upper("external_sku"))
    rows = mapped.filter(channel=channel, upper__in=wanted).select_related("variant")
    for listing in rows:
        v = listing.variant
        found[listing.upper] = VariantRow(
            v.id, v.sku, v.title, v.is_bundle, v.weight_g, v.price_minor, v.currency
        )
    return found


def variant_by_barcode(code: str) -> VariantRow | None:
    """The variant a scanned code belongs to."""
    found = Barcode.objects.filter(code=code.strip()).select_related("variant").first()
    if found is None:
        return None
    v = found.variant
    return VariantRow(v.id, v.sku, v.title, v.is_bundle, v.weight_g, v.price_minor, v.currency)


def components(variants: Iterable[UUID]) -> dict[UUID, dict[UUID, int]]:
    """Plain components of one unit of each variant (itself when it is no bundle); one query a nesting level."""
    asked = list(variants)
    edges: dict[UUID, list[tuple[UUID, int]]] = {}
    frontier = set(asked)
    while frontier:
        rows = BundleComponent.objects.filter(parent__in=frontier).values_list(
            "parent_id", "child_id", "quantity"
        )
        reached: set[UUID] = set()
        for parent, child, quantity in rows:
            edges.setdefault(parent, []).append((child, quantity))
            reached.add(child)
        frontier = reached - edges.keys()
    return {key: explode(key, edges) for key in asked}


def weights(variants: Iterable[UUID]) -> dict[UUID, int]:
    """Grams of each variant whose weight is known; one query."""
    found = Variant.objects.filter(id__in=set(variants)).values_list("id", "weight_g")
    return {key: grams for key, grams in found if grams is not None}
