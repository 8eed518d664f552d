"""Orders on their way out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from trivet.flows.intake import Placed
from trivet.fulfillment.queries.desk import fulfillment_orders
from trivet.orders.queries.detail import OrderView, order_view
from trivet.routing.queries.desk import decisions


class StatusOut(Schema):
    """Four axes, each derived from facts."""

    lifecycle: str
    payment: str
    fulfillment: str
    delivery: str


class PlacedLineOut(Schema):
    """A line as promised; ``allocated + backordered`` below ``quantity`` means short or not mapped."""

    id: UUID
    external_id: str
    sku: str
    title: str
    quantity: int
    allocated: int
    backordered: int
    paid: int
    mapped: bool


class PlannedLineOut(Schema):
    """Units of one SKU for one line of the order."""

    line: UUID
    sku: str
    quantity: int


class FulfillmentOrderOut(Schema):
    """What one place ships."""

    id: UUID
    location: str
    location_name: str
    state: str
    dispatch_by: datetime | None
    lines: list[PlannedLineOut]


class PlacedOut(Schema):
    """An order as answered to whoever placed it. Money in minor units of ``currency``."""

    id: UUID
    number: int
    channel: str
    external_id: str
    currency: str
    total: int
    received_at: datetime
    status: StatusOut
    customer: UUID | None
    lines: list[PlacedLineOut]
    fulfillment_orders: list[FulfillmentOrderOut]
    holds: list[str]
    routing: dict[str, Any] | None


def placed_answer(placed: Placed) -> dict[str, Any]:
    """A fresh order, without asking the database again."""
    status = placed.status
    return {
        "id": placed.id, "number": placed.number, "channel": placed.channel, "external_id": placed.external_id,
        "currency": placed.currency, "total": placed.total, "received_at": placed.received_at,
        "status": {
            "lifecycle": status.lifecycle, "payment": status.payment, "fulfillment": status.fulfillment,
            "delivery": status.delivery,
        },
        "customer": placed.customer,
        "lines": [
            {
                "id": line.id, "external_id": line.external_id, "sku": line.sku, "title": line.title,
                "quantity": line.quantity, "allocated": line.allocated, "backordered": line.backordered,
                "paid": line.paid, "mapped": line.mapped,
            }
            for line in placed.lines
        ],
        "fulfillment_orders": [
            {
                "id": fo.id, "location": fo.location, "location_name": fo.location_name, "state": fo.state,
                "dispatch_by": fo.dispatch_by,
                "lines": [{"line": line, "sku": sku, "quantity": n} for line, sku, n in fo.lines],
            }
            for fo in placed.fulfillment_orders
        ],
        "holds": placed.holds, "routing": placed.explanation,
    }  # fmt: skip


def stored_answer(key: UUID) -> dict[str, Any]:
    """The same shape for an order that was there already."""
    view = order_view(key=key)
    found = decisions(key)
    row = view.row
    return {
        "id": row.id, "number": row.number, "channel": view.channel_slug, "external_id": row.external_id,
        "currency": row.currency, "total": row.total_minor, "received_at": row.received_at, "status": _status(view),
        "customer": row.customer_id,
        "lines": [
            {
                "id": line.id, "external_id": line.external_id, "sku": line.sku, "title": line.title,
                "quantity": line.quantity, "allocated": line.allocated, "backordered": line.backordered,
                "paid": line.paid_minor, "mapped": line.variant is not None,
            }
            for line in view.lines
        ],
        "fulfillment_orders": fulfillment_answer(key),
        "holds": [hold.kind for hold in view.open_holds], "routing": found[0].explanation if found else None,
    }  # fmt: skip


def fulfillment_answer(key: UUID) -> list[dict[str, Any]]:
    """The fulfillment orders of an order."""
    return [
        {
            "id": fo.id, "location": fo.location_code, "location_name": fo.location, "state": fo.state,
            "dispatch_by": fo.dispatch_by,
            "lines": [{"line": p.line, "sku": p.sku, "quantity": p.left} for p in fo.lines if p.left],
        }
        for fo in fulfillment_orders(key)
    ]  # fmt: skip


def _status(view: OrderView) -> dict[str, str]:
    row = view.row
    return {
        "lifecycle": row.lifecycle, "payment": row.payment_status, "fulfillment": row.fulfillment_status,
        "delivery": row.delivery_status,
    }  # fmt: skip


class TaxOut(Schema):
    """A tax as the channel told it; ``line`` is null for tax on shipping."""

    line: UUID | None
    title: str
    rate: str
    amount: int
    jurisdiction: str
    marketplace: bool


class ComponentOut(Schema):
    """What one unit of a bundle holds."""

    sku: str
    title: str
    quantity: int


class LineOut(Schema):
    """A line with its frozen money and counters."""

    id: UUID
    external_id: str
    sku: str
    mapped: bool
    title: str
    quantity: int
    unit_price: int
    discount: int
    order_discount: int
    tax: int
    tax_included: bool
    paid: int
    cancelled: int
    allocated: int
    backordered: int
    in_progress: int
    shipped: int
    delivered: int
    returned: int
    backorder_from: date | None
    components: list[ComponentOut]


class HoldOut(Schema):
    """A reason why the order does not move; open while ``released_at`` is null."""

    id: UUID
    kind: str
    handle: str
    reason: str
    owner: str
    placed_at: datetime
    placed_by: str
    expires_at: datetime | None
    released_at: datetime | None
    released_by: str


class ChangeOut(Schema):
    """A change after placing."""

    version: int
    kind: str
    reason: str
    value: int
    content: dict[str, Any]
    at: datetime
    by: str


class ShopMoneyOut(Schema):
    """The money of the shop, and of what is paid out to it, beside the order's: units for one unit of the order's."""

    currency: str
    rate: str
    rated_at: datetime
    settlement_currency: str | None
    settlement_rate: str | None
    settlement_rated_at: datetime | None = None


class OrderOut(Schema):
    """All of one order. Money in minor units of ``currency``; ``owed`` is to be paid back to the customer."""

    id: UUID
    number: int
    channel: str
    external_id: str
    placed_at: datetime
    received_at: datetime
    currency: str
    status: StatusOut
    customer: UUID | None
    email: str
    name: str
    ship_to: dict[str, str]
    bill_to: dict[str, str] | None
    pickup_location: str | None
    shipping_method: str
    items: int
    discount: int
    added_tax: int
    included_tax: int
    shipping: int
    shipping_discount: int
    shipping_tax: int
    shipping_tax_included: bool
    total: int
    cancelled: int
    authorized: int
    voided: int
    expired: int
    captured: int
    refunded: int
    owed: int
    shop_money: ShopMoneyOut | None
    units: int
    on_shortage: str
    ship_together: bool
    never_split_lines: bool
    fulfill_at: datetime | None
    gift: bool
    gift_message: str
    tags: list[str]
    note: str
    invented: bool
    version: int
    lines: list[LineOut]
    taxes: list[TaxOut]
    discounts: list[dict[str, Any]]
    holds: list[HoldOut]
    changes: list[ChangeOut]
    fulfillment_orders: list[FulfillmentOrderOut]


_SAME = (
    "id", "number", "external_id", "placed_at", "received_at", "currency", "email", "name", "ship_to", "bill_to",
    "shipping_method", "shipping_tax_included", "shop_money", "units", "on_shortage", "ship_together",
    "never_split_lines", "fulfill_at", "gift", "gift_message", "tags", "note", "invented", "version",
)  # fmt: skip
_MINOR = (
    "items", "discount", "added_tax", "included_tax", "shipping", "shipping_discount", "shipping_tax", "total",
    "cancelled", "authorized", "voided", "expired", "captured", "refunded",
)  # fmt: skip
_LINE_SAME = tuple(
    name for name in LineOut.model_fields if name not in {"mapped", "components"} and name not in
    {"unit_price", "discount", "order_discount", "tax", "paid"}
)  # fmt: skip
_LINE_MINOR = ("unit_price", "discount", "order_discount", "tax", "paid")


def full_answer(view: OrderView) -> dict[str, Any]:
    """All of an order."""
    row = view.row
    told: dict[str, Any] = {name: getattr(row, name) for name in _SAME}
    told |= {name: getattr(row, f"{name}_minor") for name in _MINOR}
    told |= {
        "owed": view.owed_minor, "channel": view.channel_slug, "customer": row.customer_id, "status": _status(view),
        "pickup_location": row.pickup_location.code if row.pickup_location else None,
        "discounts": [{"code": code, "amount": minor} for code, minor in view.discounts],
        "fulfillment_orders": fulfillment_answer(row.id),
    }  # fmt: skip
    told["lines"] = [
        {
            **{name: getattr(line, name) for name in _LINE_SAME},
            **{name: getattr(line, f"{name}_minor") for name in _LINE_MINOR},
            "mapped": line.variant is not None,
            "components": [{"sku": c.sku, "title": c.title, "quantity": c.quantity} for c in line.components],
        }
        for line in view.lines
    ]
    told["taxes"] = [
        {
            "line": t.line, "title": t.title, "rate": str(t.rate.normalize()), "amount": t.amount_minor,
            "jurisdiction": t.jurisdiction, "marketplace": t.marketplace,
        }
        for t in view.taxes
    ]  # fmt: skip
    told["holds"] = [{name: getattr(hold, name) for name in HoldOut.model_fields} for hold in view.holds]
    told["changes"] = [
        {
            "version": c.version, "kind": c.kind, "reason": c.reason, "value": c.value_minor, "content": c.content,
            "at": c.at, "by": c.actor_label,
        }
        for c in view.changes
    ]  # fmt: skip
    return told
