"""Promising stock to new orders in bulk. Needs an open transaction and never opens one.

Order of locks, kept by every verb of this room: stock levels sorted by (variant, location), then backorder
limits, then reservations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.journal.rules import Actor
from trivet.lib.bulk import BulkInsert, Cursor, to_json
from trivet.lib.sql import load

ALLOCATIONS = BulkInsert(
    "inventory_allocation",
    {
        "id": "uuid", "order_id": "uuid", "line_id": "uuid", "variant_id": "uuid", "location_id": "uuid",
        "quantity": "integer", "created_at": "timestamptz",
    },
)  # fmt: skip

ENTRIES = BulkInsert(
    "inventory_stockentry",
    {
        "variant_id": "uuid", "location_id": "uuid", "at": "timestamptz", "kind": "text", "reserved": "integer",
        "allocated": "integer", "cause_kind": "text", "cause_id": "uuid", "actor_label": "text",
    },
    {
        "on_hand": "0", "damaged": "0", "quality_control": "0", "safety_stock": "0", "incoming": "0", "reason": "''",
    },
)  # fmt: skip


def lock_levels(cursor: Cursor, variants: Iterable[UUID]) -> None:
    """Lock every level of ``variants``: rows of (variant, location, available)."""
    cursor.execute(load("inventory", "lock_levels"), [list(variants)])


def read_levels(cursor: Cursor, variants: Iterable[UUID]) -> None:
    """Like :func:`lock_levels`, but nothing is locked: what follows must be guarded."""
    cursor.execute(load("inventory", "read_levels"), [list(variants)])


def lock_limits(cursor: Cursor, variants: Iterable[UUID]) -> None:
    """Lock backorder limits: rows of (id, variant, channel or None, limit, taken, available_on)."""
    cursor.execute(
        'SELECT id, variant_id, channel_id, "limit", taken, available_on FROM inventory_backorderlimit '
        "WHERE variant_id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE",
        [list(variants)],
    )


def peek_reservations(cursor: Cursor, ids: Iterable[UUID], now: datetime) -> None:
    """Active reservations asked for, and lapsed ones: rows of (reservation, variant, lapsed). Nothing is locked."""
    cursor.execute(load("inventory", "peek_reservations"), [now, list(ids), now])


def lock_reservations(cursor: Cursor, ids: Iterable[UUID]) -> None:
    """Lock active reservations: rows of (id, channel, expires_at, variant, location, quantity), one a line."""
    cursor.execute(load("inventory", "lock_reservations"), [list(ids)])


def commit_levels(cursor: Cursor, rows: Sequence[dict[str, Any]], *, by: Actor, at: datetime) -> None:
    """Move units into ``allocated`` and ``reserved`` by signed amounts, guarded; one ``stock.changed`` a level moved.

    The row count is that of the levels moved. They are locked in the one order first, by a statement of its own: what
    an UPDATE alone locks first is up to its plan.
    """
    moves = to_json(rows)
    cursor.execute(load("inventory", "lock_some_levels"), [moves])
    cursor.execute(load("inventory", "commit_levels"), [moves, by.kind, by.id, by.label, at])


def write_promises(
    cursor: Cursor, allocations: Sequence[dict[str, Any]], entries: Sequence[dict[str, Any]]
) -> None:
    """Insert allocations and the ledger entries of what :func:`commit_levels` moved."""
    ALLOCATIONS.run(cursor, allocations)
    ENTRIES.run(cursor, entries)


def take_backorders(cursor: Cursor, taken: dict[UUID, int]) -> None:
    """Count units against backorder limits that are already locked."""
    if taken:
        cursor.execute(
            "UPDATE inventory_backorderlimit AS b SET taken = b.taken + d.n "
            "FROM json_to_recordset(%s::json) AS d(id uuid, n integer) WHERE b.id = d.id",
            [to_json([{"id": key, "n": n} for key, n in sorted(taken.items())])],
        )


def end_reservations(cursor: Cursor, ended: dict[UUID, str], now: datetime) -> None:
    """Set locked, active reservations to ``converted`` or ``expired``."""
    if ended:
        cursor.execute(
            "UPDATE inventory_reservation AS r SET state = d.state, ended_at = %s "
            "FROM json_to_recordset(%s::json) AS d(id uuid, state text) WHERE r.id = d.id AND r.state = 'active'",
            [now, to_json([{"id": key, "state": state} for key, state in ended.items()])],
        )


def ensure_levels(cursor: Cursor, levels: Sequence[tuple[UUID, UUID]]) -> None:
    """Make sure that the (location, variant) levels exist, at zero."""
    cursor.execute(
        "INSERT INTO inventory_stocklevel (location_id, variant_id, on_hand, damaged, quality_control, "
        "safety_stock, reserved, allocated, incoming) SELECT d.location_id, d.variant_id, 0, 0, 0, 0, 0, 0, 0 "
        "FROM json_to_recordset(%s::json) AS d(location_id uuid, variant_id uuid) ON CONFLICT DO NOTHING",
        [to_json([{"location_id": location, "variant_id": variant} for location, variant in levels])],
    )
