"""One product of a call, compared with what is stored, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from trivet.catalog.models import Product, UnitCost, Variant
from trivet.catalog.rules import ProductFacts, VariantFacts

PLAIN = (
    "title", "weight_g", "length_mm", "width_mm", "height_mm", "hs_code", "origin", "price_minor", "currency", "active",
)  # fmt: skip


@dataclass(slots=True)
class Draft:
    """What is to be written of a product; ``edges`` are the bundles whose content differs."""

    product: Product
    is_new: bool
    changes: dict[str, Any]
    variants: list[Variant] = field(default_factory=list)
    new_variants: list[Variant] = field(default_factory=list)
    variant_changes: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    barcodes: dict[UUID, set[str]] = field(default_factory=dict)
    costs: list[UnitCost] = field(default_factory=list)
    components: dict[UUID, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    edges: dict[UUID, list[tuple[UUID, int]]] = field(default_factory=dict)

    @property
    def outcome(self) -> Literal["created", "updated", "unchanged"]:
        """What writing it will have been."""
        if self.is_new:
            return "created"
        return (
            "updated"
            if self.changes or self.variant_changes or self.new_variants or self.edges
            else "unchanged"
        )

    def story(self) -> dict[str, Any]:
        """The facts of the event: what differed, by SKU."""
        fresh = {v.id for v in self.new_variants}
        parts = {v.sku: self.variant_changes[v.id] for v in self.variants if v.id in self.variant_changes}
        bundles = {v.sku: self.components[v.id] for v in self.variants if v.id in self.edges}
        return {
            "handle": self.product.handle, "changed": self.changes, "variants": parts,
            "added": [v.sku for v in self.variants if v.id in fresh], "bundles": bundles,
        }  # fmt: skip


def product_changes(product: Product, facts: ProductFacts) -> dict[str, Any]:
    """Put the given fields on ``product``; what differed."""
    return _take(product, {name: getattr(facts, name) for name in ("title", "description", "image")})


def variant_changes(variant: Variant, facts: VariantFacts) -> dict[str, Any]:
    """Put the given fields on ``variant``; what differed."""
    return _take(variant, {name: getattr(facts, name) for name in PLAIN})


def price_changes(
    stored: UnitCost | None, variant: UUID, day: date, minor: int, currency: str
) -> UnitCost | None:
    """The cost row to write, or None when it says so already."""
    if stored is not None and (stored.minor, stored.currency) == (minor, currency):
        return None
    return UnitCost(variant_id=variant, valid_from=day, minor=minor, currency=currency)


def _take(row: Product | Variant, given: dict[str, Any]) -> dict[str, Any]:
    changed = {name: v for name, v in given.items() if v is not None and getattr(row, name) != v}
    for name, value in changed.items():
        setattr(row, name, value)
    return changed
