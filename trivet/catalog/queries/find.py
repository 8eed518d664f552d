"""Finding SKUs, in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trivet.catalog.models import Barcode, BundleComponent, ListingMap, Variant
from trivet.catalog.rules import explode, sku_key


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
    """Variants by the key of their SKU; unknown ones are absent. One query."""
    wanted = {sku_key(sku) for sku in skus}
    return {row[0]: VariantRow(*row[1:]) for row in _rows(wanted)}


def variants_on(channel: UUID, skus: Iterable[str]) -> dict[str, VariantRow]:
    """Variants by the key of the SKU as a channel uses it; otherwise as :func:`variants_called`."""
    return variants_called(channel, {sku_key(sku) for sku in skus})


def variants_called(channel: UUID, keys: Collection[str]) -> dict[str, VariantRow]:
    """Variants by key of a line: the channel's listing map first, then our own SKUs. Two queries."""
    found = {row[0]: VariantRow(*row[1:]) for row in _rows(keys)}
    rows = ListingMap.objects.filter(channel=channel, key__in=keys).select_related("variant")
    for listing in rows:
        v = listing.variant
        found[listing.key] = VariantRow(
            v.id, v.sku, v.title, v.is_bundle, v.weight_g, v.price_minor, v.currency
        )
    return found


def _rows(keys: Collection[str]) -> Iterable[tuple[Any, ...]]:
    return Variant.objects.filter(key__in=keys).values_list("key", *_COLUMNS)


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


def skus_of(variants: Iterable[UUID]) -> dict[UUID, str]:
    """The SKU of each variant by its id; one query."""
    return dict(Variant.objects.filter(id__in=set(variants)).values_list("id", "sku"))
