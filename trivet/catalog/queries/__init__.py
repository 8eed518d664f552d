"""Reads of the catalogue."""

from trivet.catalog.queries.intake import ask_variants

__all__ = ["ask_variants"]
