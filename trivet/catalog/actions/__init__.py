"""Verbs of the catalogue."""

from trivet.catalog.actions.listings import map_listing, unmap_listing
from trivet.catalog.actions.upsert import Verdict, upsert_products

__all__ = ["Verdict", "map_listing", "unmap_listing", "upsert_products"]
