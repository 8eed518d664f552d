"""Opening fulfillment orders in bulk. Needs an open transaction and never opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trivet.lib.bulk import BulkInsert, Cursor

FULFILLMENT_ORDERS = BulkInsert(
    "fulfillment_fulfillmentorder",
    {
        "id": "uuid", "order_id": "uuid", "location_id": "uuid", "sequence": "smallint", "method": "text",
        "state": "text", "fulfill_at": "timestamptz", "dispatch_by": "timestamptz", "units": "integer",
        "created_at": "timestamptz",
    },
)  # fmt: skip

LINES = BulkInsert(
    "fulfillment_fulfillmentorderline",
    {
        "id": "uuid", "fulfillment_order_id": "uuid", "allocation_id": "uuid", "line_id": "uuid",
        "variant_id": "uuid", "quantity": "integer",
    },
    {"cancelled": "0"},
)  # fmt: skip


def open_fulfillment_orders(
    cursor: Cursor, heads: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]
) -> None:
    """Insert fulfillment orders and their lines."""
    FULFILLMENT_ORDERS.run(cursor, heads)
    LINES.run(cursor, lines)
