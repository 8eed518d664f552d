"""The one way to change stock levels: locked in one order, guarded, each change with its ledger entry.

Bulk verbs: they need an open transaction and never open one. Order of locks: levels sorted by (variant,
location), then backorder limits, then reservations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from trivet.catalog.models import Variant
from trivet.company.models import Location
from trivet.inventory.rules import COUNTERS, Delta, Level
from trivet.journal.actions import record_many
from trivet.journal.rules import Actor, Fact
from trivet.lib.bulk import BulkInsert, to_json
from trivet.lib.errors import OutOfStock
from trivet.lib.sql import load

Key = tuple[UUID, UUID]
"""(variant, location)."""

ENTRIES = BulkInsert(
    "inventory_stockentry",
    {
        "variant_id": "uuid", "location_id": "uuid", "at": "timestamptz", "kind": "text",
        **dict.fromkeys(COUNTERS, "integer"),
        "reason": "text", "cause_kind": "text", "cause_id": "uuid", "actor_label": "text",
        "person": "text",
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """A signed change of one level: what kind, by how much, because of what (kind, id)."""

    key: Key
    kind: str
    delta: Delta
    cause: tuple[str, UUID]
    reason: str = ""


def ensure(keys: Iterable[Key]) -> set[Key]:
    """Create the levels that are missing, at zero; those that this very call made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stocklevel (variant_id, location_id, on_hand, damaged, quality_control, "
            "safety_stock, reserved, allocated, incoming) SELECT d.variant_id, d.location_id, 0, 0, 0, 0, 0, 0, 0 "
            "FROM json_to_recordset(%s::json) AS d(variant_id uuid, location_id uuid) "
            "ORDER BY d.variant_id, d.location_id ON CONFLICT DO NOTHING RETURNING variant_id, location_id",
            [_rows(set(keys))],
        )
        return {(variant, location) for variant, location in cursor.fetchall()}


def ensure_and_lock(keys: Iterable[Key]) -> dict[Key, Level]:
    """Create the levels that are missing, at zero, and lock all of them; their counters."""
    wanted = set(keys)
    ensure(wanted)
    return lock(wanted)


def lock(keys: Iterable[Key]) -> dict[Key, Level]:
    """Lock those of the levels that exist; their counters."""
    with connection.cursor() as cursor:
        cursor.execute(load("inventory", "lock_some_levels"), [_rows(set(keys))])
        return {(row[0], row[1]): Level(*row[2:]) for row in cursor.fetchall()}


def lock_all(variants: Iterable[UUID]) -> dict[Key, Level]:
    """Lock every level of ``variants``; their counters."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT variant_id, location_id, {', '.join(COUNTERS)} FROM inventory_stocklevel "
            "WHERE variant_id = ANY(%s) ORDER BY variant_id, location_id FOR UPDATE",
            [list(variants)],
        )
        return {(row[0], row[1]): Level(*row[2:]) for row in cursor.fetchall()}


def move(moves: Sequence[Move], *, by: Actor, at: datetime) -> dict[Key, Level]:
    """Apply ``moves`` to levels that are locked, and write the ledger; the changed levels.

    Physical facts are never refused. When stock does not cover a commitment: :class:`OutOfStock`, and the caller's
    transaction must be rolled back.
    """
    sums: dict[Key, Delta] = {}
    for m in moves:
        sums[m.key] = sums.get(m.key, Delta()) + m.delta
    changes = [
        {"variant_id": key[0], "location_id": key[1], **asdict(delta)}
        for key, delta in sorted(sums.items(), key=_key)
    ]
    entries: list[dict[str, Any]] = [
        {
            "variant_id": m.key[0], "location_id": m.key[1], "at": at, "kind": m.kind, **asdict(m.delta),
            "reason": m.reason, "cause_kind": m.cause[0], "cause_id": m.cause[1], "actor_label": by.label,
            "person": by.person,
        }
        for m in moves
    ]  # fmt: skip
    if not moves:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(load("inventory", "change_levels"), [to_json(changes)])
        after = {(row[0], row[1]): Level(*row[2:]) for row in cursor.fetchall()}
        if len(after) != len(changes):
            missing = [key for key in sums if key not in after]
            raise OutOfStock("not enough stock", levels=[[str(v), str(p)] for v, p in missing])
        ENTRIES.run(cursor, entries)
    return after


def _rows(keys: set[Key]) -> str:
    return to_json([{"variant_id": variant, "location_id": location} for variant, location in sorted(keys)])


def _key(item: tuple[Key, Delta]) -> Key:
    return item[0]


def tell(levels: Mapping[Key, Level], *, by: Actor, at: datetime) -> None:
    """Record one ``stock.changed`` for each level, with its counters now; once a transaction, at its end."""
    if not levels:
        return
    skus = dict(Variant.objects.filter(id__in={v for v, _ in levels}).values_list("id", "sku"))
    codes = dict(Location.objects.filter(id__in={p for _, p in levels}).values_list("id", "code"))
    record_many(
        Fact(
            "stock.changed", "variant", variant, by, at,
            {
                "sku": skus[variant], "location": codes[location], "on_hand": level.on_hand,
                "unavailable": level.unavailable, "reserved": level.reserved, "allocated": level.allocated,
                "available": level.available, "shortfall": level.shortfall,
            },
        )
        for (variant, location), level in sorted(levels.items())
    )  # fmt: skip
