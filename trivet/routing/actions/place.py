"""Storing routing decisions in bulk. Needs an open transaction and never opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trivet.lib.bulk import BulkInsert, Cursor

DECISIONS = BulkInsert(
    "routing_routingdecision",
    {
        "id": "uuid", "order_id": "uuid", "policy_version": "integer", "at": "timestamptz", "exact": "boolean",
        "explanation": "json",
    },
)  # fmt: skip


_LATER = BulkInsert("routing_routingdecision", {**DECISIONS.kinds, "cause": "text"})


def store_later_decisions(cursor: Cursor, rows: Sequence[dict[str, Any]]) -> None:
    """Insert decisions made after the order came in; each row names its ``cause``."""
    _LATER.run(cursor, rows)


def store_decisions(cursor: Cursor, rows: Sequence[dict[str, Any]]) -> None:
    """Insert decisions with their explanations."""
    DECISIONS.run(cursor, rows)
