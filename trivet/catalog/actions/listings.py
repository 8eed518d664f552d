"""What channels call our variants."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from trivet.catalog.models import ListingMap, Variant
from trivet.catalog.rules import clean, line_key
from trivet.company.models import Channel
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid, NotFound

LONGEST = 500
"""Characters that an order may call a line by."""


@transaction.atomic
def map_listing(
    channel: UUID, external_sku: str, variant: UUID, *, by: Actor, now: datetime, title: str = ""
) -> bool:
    """Let a channel's ``external_sku`` (in any case) mean ``variant``; whether that changed anything.

    Without one it is the ``title`` of lines that the channel sends without a SKU. Whatever an order may call its lines
    can be mapped. Orders that wait for it are replayed by the story of mapping, not here.
    """
    external_sku = clean(external_sku)
    title = "" if external_sku else clean(title)
    if not 0 < len(external_sku or title) <= LONGEST:
        raise Invalid("external_sku", f"must have 1 to {LONGEST} characters")
    sku = Variant.objects.filter(id=variant).values_list("sku", flat=True).first()
    slug = Channel.objects.select_for_update().filter(id=channel).values_list("slug", flat=True).first()
    if sku is None or slug is None:
        raise NotFound("there is no such SKU" if sku is None else "there is no such channel")
    found = _listing(channel, external_sku, title)
    if found is not None and found.variant_id == variant:
        return False
    before = str(found.variant_id) if found else None
    if found is None:
        ListingMap.objects.create(
            channel_id=channel, external_sku=external_sku, title=title, variant_id=variant, created_at=now
        )
    else:
        ListingMap.objects.filter(id=found.id).update(variant_id=variant)
    record(
        "listing.mapped", ("variant", variant), by=by, at=now, channel=slug, external_sku=external_sku,
        title=title, sku=sku, before=before,
    )  # fmt: skip
    return True


@transaction.atomic
def unmap_listing(channel: UUID, external_sku: str, *, by: Actor, now: datetime, title: str = "") -> None:
    """Forget a mapping. Orders that came in under it keep their variant."""
    found = _listing(channel, external_sku, title)
    if found is None:
        raise NotFound("there is no such mapping")
    ListingMap.objects.filter(id=found.id).delete()
    record(
        "listing.unmapped", ("variant", found.variant_id), by=by, at=now, channel=str(channel),
        external_sku=found.external_sku, title=found.title,
    )  # fmt: skip


def _listing(channel: UUID, external_sku: str, title: str) -> ListingMap | None:
    return ListingMap.objects.filter(channel=channel, key=line_key(external_sku, title)).first()
