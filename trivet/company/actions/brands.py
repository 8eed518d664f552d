"""Brands."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from trivet.company.actions.revision import bump
from trivet.company.models import Brand
from trivet.company.rules import check_slug
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, Invalid, NotFound


@transaction.atomic
def add_brand(slug: str, name: str, *, by: Actor, now: datetime) -> Brand:
    """Add a brand; :class:`Conflict` when the slug is taken."""
    check_slug("slug", slug)
    _check_name(name)
    bump()
    brand, new = Brand.objects.get_or_create(slug=slug, defaults={"name": name.strip()})
    if not new:
        raise Conflict("there is a brand with this slug", slug=slug)
    record("brand.added", ("brand", brand.id), by=by, at=now, slug=slug, name=brand.name)
    return brand


@transaction.atomic
def rename_brand(slug: str, name: str, *, by: Actor, now: datetime) -> Brand:
    """Change what customers read; the slug stays."""
    _check_name(name)
    bump()
    brand = Brand.objects.select_for_update().filter(slug=slug).first()
    if brand is None:
        raise NotFound(f"there is no brand {slug}")
    if brand.name != name.strip():
        brand.name = name.strip()
        brand.save(update_fields=["name"])
        record("brand.renamed", ("brand", brand.id), by=by, at=now, slug=slug, name=brand.name)
    return brand


def _check_name(name: str) -> None:
    if not 0 < len(name.strip()) <= 200:
        raise Invalid("name", "must have 1 to 200 characters")
