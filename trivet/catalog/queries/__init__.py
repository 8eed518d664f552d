"""Reads of the catalogue."""

from trivet.catalog.queries.find import (
    VariantRow,
    components,
    variant_by_barcode,
    variants_by_sku,
    variants_called,
    variants_on,
)
from trivet.catalog.queries.intake import ask_variants

__all__ = [
    "VariantRow",
    "ask_variants",
    "components",
    "variant_by_barcode",
    "variants_by_sku",
    "variants_called",
    "variants_on",
]
