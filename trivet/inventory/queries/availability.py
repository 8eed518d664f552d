"""What a channel may sell: its places, less what must stay behind, shaped by its buffer, floor and cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from trivet.catalog.models import Variant
from trivet.catalog.queries import variants_on
from trivet.catalog.rules import sku_key
from trivet.company.queries import ChannelRow
from trivet.inventory.rules import shape
from trivet.lib.cursor import Page, cut, decode
from trivet.lib.sql import load


@dataclass(frozen=True, slots=True)
class AvailabilityRow:
    """``available`` is what the channel is told; ``unshaped`` what its places could really promise.

    ``components``: SKUs whose stock decides it (for a bundle those in it, however deep; else the SKU alone).
    """

    sku: str
    asked: str
    available: int
    unshaped: int
    components: tuple[str, ...]


def availability(
    channel: ChannelRow,
    skus: Sequence[str] | None,
    now: datetime,
    places: Sequence[UUID],
    cursor: str,
    limit: int,
) -> Page[AvailabilityRow]:
    """What ``channel`` may sell from ``places`` of ``skus`` (its own names or ours; unknown ones are absent), or all.

    A place gives what is available there, with reservations that have lapsed, less its ``min_stock``: the same
    units that routing would use (row D10; the channel's ``buffer`` is another matter). A bundle counts whole
    bundles place by place. Three or four queries, whatever the number of SKUs.
    """
    if skus is not None:
        found = variants_on(channel.id, skus)
        asked = [(key, found[key].sku, found[key].id) for sku in skus if (key := sku_key(sku)) in found]
        rows = list(dict.fromkeys(asked))
        return Page(_rows(channel, rows, places, now), "")
    variants = Variant.objects.filter(active=True)
    if cursor:
        variants = variants.filter(key__gt=decode(cursor, 1)[0])
    listed = variants.order_by("key").values_list("sku", "sku", "id")[: limit + 1]
    page = cut([(a, s, v) for a, s, v in listed], limit, lambda row: (sku_key(row[1]),))
    return Page(_rows(channel, page.rows, places, now), page.next_cursor)


def _rows(
    channel: ChannelRow, variants: Sequence[tuple[str, str, UUID]], places: Sequence[UUID], now: datetime
) -> list[AvailabilityRow]:
    if not variants:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            load("inventory", "availability"),
            {"variants": [v for _, _, v in variants], "places": list(places), "now": now},
        )
        units = {root: (n, tuple(parts)) for root, n, parts in cursor.fetchall()}
    rows = []
    for asked, sku, key in variants:
        n, parts = units.get(key, (0, ()))
        told = shape(n, buffer=channel.buffer, floor=channel.floor, cap=channel.cap)
        rows.append(AvailabilityRow(sku, asked, told, n, parts))
    return rows
