"""Recognising and adding the customers of new orders, in bulk. Needs an open transaction and never opens one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from trivet.customers.rules import Key
from trivet.lib.bulk import BulkInsert, Cursor, to_json
from trivet.lib.sql import load

CUSTOMERS = BulkInsert(
    "customers_customer",
    {
        "id": "uuid", "profile_id": "uuid", "name": "text", "email": "text", "phone": "text", "locale": "text",
        "invented": "boolean", "created_at": "timestamptz",
    },
    {"note": "''"},
)  # fmt: skip

IDENTIFIERS = BulkInsert(
    "customers_identifier",
    {
        "id": "uuid", "customer_id": "uuid", "kind": "text", "scope": "text", "value": "text",
        "created_at": "timestamptz",
    },
)  # fmt: skip


def find(cursor: Cursor, keys: Iterable[Key]) -> None:
    """Ask which records the identifiers point to: rows of (kind, scope, value, customer, profile, name)."""
    cursor.execute(load("customers", "find_identifiers"), [to_json(_rows(keys))])


def lock(cursor: Cursor, keys: Iterable[Key]) -> None:
    """Lock identifiers nobody knows yet, in sorted order, until the transaction ends.

    Two groups that bring the same new person would otherwise both insert them, or wait for each other.
    """
    numbers = sorted({crc32(f"{k.kind}|{k.scope}|{k.value}".encode()) for k in keys})
    cursor.execute(
        "SELECT pg_advisory_xact_lock(1, (n - 2147483648)::integer) FROM unnest(%s::bigint[]) AS n", [numbers]
    )


def add(cursor: Cursor, customers: Sequence[dict[str, Any]], identifiers: Sequence[dict[str, Any]]) -> None:
    """Insert new records and identifiers."""
    CUSTOMERS.run(cursor, customers)
    IDENTIFIERS.run(cursor, identifiers)


def _rows(keys: Iterable[Key]) -> list[dict[str, str]]:
    return [{"kind": k.kind, "scope": k.scope, "value": k.value} for k in keys]
