"""How far a SKU may be sold beyond stock, and how many units of it wait: ``taken`` is their number at every commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q

from trivet.catalog.queries import variants_by_sku
from trivet.catalog.rules import sku_key
from trivet.company.models import Channel
from trivet.company.queries import setup
from trivet.inventory.models import BackorderLimit
from trivet.inventory.rules import MAX_UNITS
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.bulk import to_json
from trivet.lib.errors import Invalid, NotFound, OutOfStock
from trivet.orders.queries.waiting import backordered


@transaction.atomic
def set_backorder_limit(
    sku: str, channel: str | None, limit: int | None, available_on: date | None, *, by: Actor, now: datetime
) -> None:
    """Allow ``limit`` units (None: any number) beyond stock on a channel, or on all together (channel None).

    Units that wait already count: a limit below them lets nobody in until enough of them have been served.
    """
    variant = variants_by_sku([sku]).get(sku_key(sku))
    if variant is None:
        raise NotFound(f"there is no SKU {sku}")
    if limit is not None and not 0 <= limit <= MAX_UNITS:
        raise Invalid("limit", f"must be from 0 to {MAX_UNITS}")
    row = None if channel is None else setup().channels.get(channel)
    if channel is not None and row is None:
        raise Invalid("channel", f"there is no channel {channel!r}")
    with connection.cursor() as cursor:
        # A limit that is not there yet cannot be locked, so whoever counts (all lock a row, or find none) ends first.
        cursor.execute("LOCK TABLE inventory_backorderlimit IN EXCLUSIVE MODE")
    BackorderLimit.objects.update_or_create(
        variant_id=variant.id, channel=Channel.objects.filter(slug=channel).first() if row else None,
        defaults={
            "limit": limit, "available_on": available_on,
            "taken": backordered(variant.id, row.id if row else None),
        },
    )  # fmt: skip
    record(
        "backorder_limit.set", ("variant", variant.id), by=by, at=now, sku=variant.sku, channel=channel, limit=limit,
        available_on=available_on,
    )  # fmt: skip


def give_back_backorders(units: Mapping[tuple[UUID, UUID], int]) -> None:
    """Count units of (variant sold, channel) no longer as backordered, in the transaction that moves the lines."""
    _count({key: -n for key, n in units.items()})


def count_backorders(units: Mapping[tuple[UUID, UUID], int]) -> None:
    """Count units of (variant sold, channel) as backordered, in the transaction that moves the lines, beyond any limit.

    For orders that are stored already and cannot be refused; new orders are held to the limit when placed.
    """
    _count(units)


def take_backorders(units: Mapping[tuple[UUID, UUID], int]) -> dict[UUID, date]:
    """Count units of (variant sold, channel) as backordered within their limits; from when they are there, by variant.

    :class:`~trivet.lib.errors.OutOfStock` when a limit does not allow them: nothing is to be kept then.
    """
    _count(units)
    channels = {channel for _, channel in units}
    found = BackorderLimit.objects.filter(variant__in={v for v, _ in units})
    found = found.filter(Q(channel=None) | Q(channel__in=channels))
    over = found.filter(limit__lt=F("taken")).select_related("variant").first()
    if over is not None:
        raise OutOfStock(f"no more backorders for {over.variant.sku}", reasons=["backorder_cap"])
    dated = found.filter(available_on__isnull=False).order_by("available_on")
    return {row.variant_id: row.available_on for row in dated if row.available_on}


def _count(units: Mapping[tuple[UUID, UUID], int]) -> None:
    rows = [{"variant_id": v, "channel_id": c, "n": n} for (v, c), n in sorted(units.items()) if n]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.id FROM inventory_backorderlimit b WHERE b.variant_id = ANY(%s) ORDER BY b.id FOR UPDATE",
            [sorted({v for v, _ in units})],
        )
        cursor.execute(
            "UPDATE inventory_backorderlimit AS b SET taken = b.taken + d.n FROM ("
            " SELECT l.id, sum(r.n) AS n FROM json_to_recordset(%s::json) AS r(variant_id uuid, channel_id uuid, n int)"
            " JOIN inventory_backorderlimit l ON l.variant_id = r.variant_id"
            "  AND (l.channel_id = r.channel_id OR l.channel_id IS NULL)"
            " GROUP BY l.id) AS d WHERE b.id = d.id",
            [to_json(rows)],
        )
