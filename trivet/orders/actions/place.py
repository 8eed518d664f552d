"""Writing new orders in bulk. Needs an open transaction and never opens one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trivet.lib.bulk import BulkInsert, Cursor

Row = dict[str, Any]

ORDERS = BulkInsert(
    "orders_order",
    {
        "id": "uuid", "number": "bigint", "channel_id": "uuid", "external_id": "text", "digest": "text",
        "customer_id": "uuid", "placed_at": "timestamptz", "received_at": "timestamptz", "currency": "text",
        "email": "text", "name": "text", "country": "text", "postal_code": "text", "ship_to": "jsonb",
        "bill_to": "jsonb", "pickup_location_id": "uuid", "shipping_method": "text", "items_minor": "bigint",
        "discount_minor": "bigint", "added_tax_minor": "bigint", "included_tax_minor": "bigint",
        "shipping_minor": "bigint", "shipping_discount_minor": "bigint", "shipping_tax_minor": "bigint",
        "shipping_tax_included": "boolean", "total_minor": "bigint", "shop_money": "jsonb",
        "authorized_minor": "bigint", "captured_minor": "bigint", "units": "integer", "units_allocated": "integer",
        "units_backordered": "integer", "holds_open": "integer", "is_draft": "boolean", "tracked": "boolean",
        "scheduled": "boolean", "on_shortage": "text", "ship_together": "boolean", "never_split_lines": "boolean",
        "fulfill_at": "timestamptz", "gift": "boolean", "gift_message": "text", "tags": "text[]", "note": "text",
        "invented": "boolean",
    },
    {
        "cancelled_minor": "0", "voided_minor": "0", "expired_minor": "0", "refunded_minor": "0",
        "units_cancelled": "0", "units_in_progress": "0", "units_shipped": "0", "units_delivered": "0",
        "units_exception": "0", "units_returned": "0", "version": "1",
    },
)  # fmt: skip

LINES = BulkInsert(
    "orders_orderline",
    {
        "id": "uuid", "order_id": "uuid", "position": "integer", "external_id": "text", "sku": "text",
        "variant_id": "uuid", "waits_for": "text", "title": "text", "quantity": "integer", "unit_price_minor": "bigint",
        "discount_minor": "bigint", "order_discount_minor": "bigint", "tax_minor": "bigint",
        "tax_included": "boolean", "paid_minor": "bigint", "allocated": "integer", "backordered": "integer",
        "backorder_from": "date",
    },
    {"cancelled": "0", "in_progress": "0", "shipped": "0", "delivered": "0", "returned": "0"},
)  # fmt: skip

COMPONENTS = BulkInsert(
    "orders_linecomponent", {"id": "uuid", "line_id": "uuid", "variant_id": "uuid", "quantity": "integer"}
)

TAXES = BulkInsert(
    "orders_taxline",
    {
        "id": "uuid", "order_id": "uuid", "line_id": "uuid", "title": "text", "rate": "numeric",
        "amount_minor": "bigint", "jurisdiction": "text", "marketplace": "boolean",
    },
)  # fmt: skip

ADJUSTMENTS = BulkInsert(
    "orders_adjustment",
    {"id": "uuid", "order_id": "uuid", "line_id": "uuid", "code": "text", "amount_minor": "bigint"},
)

HOLDS = BulkInsert(
    "orders_hold",
    {
        "id": "uuid", "order_id": "uuid", "kind": "text", "handle": "text", "reason": "text",
        "placed_at": "timestamptz", "placed_by": "text",
    },
    {"owner": "''", "released_by": "''"},
)  # fmt: skip


def insert_orders(cursor: Cursor, rows: Mapping[str, Sequence[Row]]) -> None:
    """Insert orders with all that belongs to them; ``rows`` by table, the keys are those below."""
    ORDERS.run(cursor, rows["orders"])
    LINES.run(cursor, rows["lines"])
    COMPONENTS.run(cursor, rows["components"])
    TAXES.run(cursor, rows["taxes"])
    ADJUSTMENTS.run(cursor, rows["adjustments"])
    HOLDS.run(cursor, rows["holds"])
