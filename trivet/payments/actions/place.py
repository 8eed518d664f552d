"""Recording the payments that came with new orders, in bulk. Needs an open transaction and never opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trivet.lib.bulk import BulkInsert, Cursor

PAYMENTS = BulkInsert(
    "payments_payment",
    {
        "id": "uuid", "order_id": "uuid", "parent_id": "uuid", "kind": "text", "method": "text", "gateway": "text",
        "reference": "text", "amount_minor": "bigint", "used_minor": "bigint", "currency": "text",
        "at": "timestamptz", "expires_at": "timestamptz", "actor_label": "text",
    },
    {"expired": "false"},
)  # fmt: skip


def record_payments(cursor: Cursor, rows: Sequence[dict[str, Any]]) -> None:
    """Insert payments as told by the channel."""
    PAYMENTS.run(cursor, rows)
