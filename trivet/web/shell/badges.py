"""The badge vocabulary: one colour, icon and word for each state, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as _p


@dataclass(frozen=True, slots=True)
class Badge:
    """``colour`` is a Tabler colour name, ``icon`` a vendored icon."""

    colour: str
    icon: str
    word: str | Promise


_LIFECYCLE = {
    "draft": Badge("secondary", "circle-dashed", _p("order", "Draft")),
    "open": Badge("blue", "progress", _p("order", "Open")),
    "closed": Badge("secondary", "check", _p("order", "Closed")),
    "cancelled": Badge("secondary", "ban", _p("order", "Cancelled")),
}
_PAYMENT = {
    "pending": Badge("yellow", "clock", _p("payment", "Payment pending")),
    "authorized": Badge("azure", "credit-card", _p("payment", "Authorised")),
    "partially_paid": Badge("yellow", "coin", _p("payment", "Partly paid")),
    "paid": Badge("green", "coin", _p("payment", "Paid")),
    "partially_refunded": Badge("purple", "receipt-refund", _p("payment", "Partly refunded")),
    "refunded": Badge("purple", "receipt-refund", _p("payment", "Refunded")),
    "voided": Badge("secondary", "cash-off", _p("payment", "Voided")),
    "expired": Badge("red", "clock-exclamation", _p("payment", "Authorisation expired")),
}
_FULFILLMENT = {
    "unfulfilled": Badge("yellow", "package", _p("fulfillment", "Not shipped")),
    "scheduled": Badge("azure", "calendar-event", _p("fulfillment", "Scheduled")),
    "on_hold": Badge("orange", "hand-stop", _p("fulfillment", "On hold")),
    "in_progress": Badge("blue", "loader", _p("fulfillment", "In progress")),
    "partially_fulfilled": Badge("blue", "package-export", _p("fulfillment", "Partly shipped")),
    "fulfilled": Badge("green", "package-export", _p("fulfillment", "Shipped")),
    "external": Badge("secondary", "external-link", _p("fulfillment", "Handled elsewhere")),
}
_DELIVERY = {
    "none": Badge("secondary", "minus", _p("delivery", "Nothing under way")),
    "in_transit": Badge("blue", "truck-delivery", _p("delivery", "In transit")),
    "partially_delivered": Badge("azure", "truck-delivery", _p("delivery", "Partly delivered")),
    "delivered": Badge("green", "circle-check", _p("delivery", "Delivered")),
    "exception": Badge("red", "alert-triangle", _p("delivery", "Delivery problem")),
    "returned": Badge("purple", "truck-return", _p("delivery", "Returned")),
}
_FULFILLMENT_ORDER = {
    "scheduled": Badge("azure", "calendar-event", _p("fulfillment order", "Scheduled")),
    "open": Badge("blue", "package", _p("fulfillment order", "To pick")),
    "on_hold": Badge("orange", "hand-stop", _p("fulfillment order", "On hold")),
    "in_progress": Badge("blue", "loader", _p("fulfillment order", "In progress")),
    "closed": Badge("green", "circle-check", _p("fulfillment order", "Done")),
    "incomplete": Badge("yellow", "exclamation-circle", _p("fulfillment order", "Incomplete")),
    "cancelled": Badge("secondary", "ban", _p("fulfillment order", "Cancelled")),
}
_HOLD = {
    "fraud": Badge("red", "shield-question", _p("hold", "Fraud check")),
    "address": Badge("orange", "map-search", _p("hold", "Address")),
    "payment": Badge("orange", "credit-card", _p("hold", "Payment")),
    "stock": Badge("orange", "box", _p("hold", "Stock")),
    "manual": Badge("orange", "hand-stop", _p("hold", "By hand")),
    "preorder": Badge("azure", "calendar-clock", _p("hold", "Pre-order")),
    "mapping": Badge("orange", "tag", _p("hold", "SKU unknown")),
}
_EXCEPTION = {
    "open": Badge("orange", "exclamation-circle", _p("exception", "Waits for you")),
    "resolved": Badge("green", "check", _p("exception", "Resolved")),
}
_EXCEPTION_KIND = {
    "shortfall": Badge("red", "scale", _p("exception", "Orders hold more than there is")),
    "mapping": Badge("orange", "tag", _p("exception", "Unknown SKU")),
    "job": Badge("red", "refresh", _p("exception", "A task gave up")),
    "import": Badge("orange", "file-import", _p("exception", "A row could not be read")),
}
_ACTIVE = {
    "yes": Badge("green", "circle-check", _("Active")),
    "no": Badge("secondary", "circle-x", _("Switched off")),
}
_MONEY = {
    "authorize": Badge("azure", "credit-card", _p("transaction", "Authorised")),
    "capture": Badge("green", "coin", _p("transaction", "Captured")),
    "void": Badge("secondary", "cash-off", _p("transaction", "Voided")),
    "refund": Badge("purple", "receipt-refund", _p("transaction", "Refunded")),
}
_ROLE = {
    "owner": Badge("purple", "key", _p("role", "Owner")),
    "operations": Badge("blue", "adjustments", _p("role", "Operations")),
    "warehouse": Badge("yellow", "building-warehouse", _p("role", "Warehouse")),
    "support": Badge("green", "mail", _p("role", "Support")),
    "analyst": Badge("secondary", "list-details", _p("role", "Analyst")),
}
_METHOD = {
    "card": Badge("secondary", "credit-card", _p("payment method", "Card")),
    "wallet": Badge("secondary", "phone", _p("payment method", "Wallet")),
    "bank_transfer": Badge("secondary", "cash", _p("payment method", "Bank transfer")),
    "cod": Badge("secondary", "cash", _p("payment method", "Cash on delivery")),
    "store_credit": Badge("secondary", "coin", _p("payment method", "Store credit")),
    "gift_card": Badge("secondary", "tag", _p("payment method", "Gift card")),
    "marketplace": Badge("secondary", "building-store", _p("payment method", "Marketplace")),
    "cash": Badge("secondary", "cash", _p("payment method", "Cash")),
    "other": Badge("secondary", "coin", _p("payment method", "Other")),
}
_CANCEL_REASON = {
    "customer": Badge("secondary", "user-x", _p("cancel reason", "Customer changed their mind")),
    "inventory": Badge("secondary", "box", _p("cancel reason", "Not in stock")),
    "fraud": Badge("secondary", "shield-question", _p("cancel reason", "Fraud")),
    "declined": Badge("secondary", "credit-card", _p("cancel reason", "Payment declined")),
    "staff": Badge("secondary", "user", _p("cancel reason", "Our mistake")),
    "other": Badge("secondary", "info-circle", _p("cancel reason", "Other reason")),
}
_ENTRY = {
    "open": Badge("secondary", "box", _p("ledger", "Opening stock")),
    "receive": Badge("green", "package-import", _p("ledger", "Received")),
    "count": Badge("azure", "clipboard-list", _p("ledger", "Counted")),
    "adjust": Badge("yellow", "adjustments", _p("ledger", "Adjusted")),
    "damage": Badge("red", "alert-triangle", _p("ledger", "Damaged")),
    "state": Badge("secondary", "rotate", _p("ledger", "State changed")),
    "reserve": Badge("azure", "clock", _p("ledger", "Reserved")),
    "unreserve": Badge("secondary", "arrow-back-up", _p("ledger", "Reservation ended")),
    "expire": Badge("secondary", "clock-exclamation", _p("ledger", "Reservation expired")),
    "allocate": Badge("blue", "lock", _p("ledger", "Promised to an order")),
    "release": Badge("secondary", "arrow-back-up", _p("ledger", "Promise released")),
    "ship": Badge("green", "package-export", _p("ledger", "Shipped")),
    "incoming": Badge("azure", "truck", _p("ledger", "Expected")),
}
_ADJUST_REASON = {
    "count": Badge("secondary", "clipboard-list", _p("adjust reason", "Counted")),
    "damaged": Badge("secondary", "alert-triangle", _p("adjust reason", "Damaged")),
    "lost": Badge("secondary", "search", _p("adjust reason", "Lost")),
    "found": Badge("secondary", "plus", _p("adjust reason", "Found")),
    "sample": Badge("secondary", "tag", _p("adjust reason", "Given as a sample")),
    "write_off": Badge("secondary", "x", _p("adjust reason", "Written off")),
    "offline_sale": Badge("secondary", "building-store", _p("adjust reason", "Sold offline")),
    "import": Badge("secondary", "file-import", _p("adjust reason", "From a file")),
    "correction": Badge("secondary", "pencil", _p("adjust reason", "Correction")),
    "other": Badge("secondary", "info-circle", _p("adjust reason", "Other")),
}
_COUNTER = {
    "on_hand": Badge("secondary", "box", _p("counter", "On hand")),
    "damaged": Badge("secondary", "alert-triangle", _p("counter", "Damaged")),
    "quality_control": Badge("secondary", "search", _p("counter", "In quality control")),
    "safety_stock": Badge("secondary", "lock", _p("counter", "Safety stock")),
    "reserved": Badge("secondary", "clock", _p("counter", "Reserved")),
    "allocated": Badge("secondary", "lock", _p("counter", "Promised")),
    "incoming": Badge("secondary", "truck", _p("counter", "Expected")),
}
_PLACE_KIND = {
    "warehouse": Badge("secondary", "building-warehouse", _p("place", "Warehouse")),
    "store": Badge("secondary", "building-store", _p("place", "Shop")),
    "3pl": Badge("secondary", "truck", _p("place", "Logistics partner")),
    "marketplace": Badge("secondary", "external-link", _p("place", "Marketplace warehouse")),
    "supplier": Badge("secondary", "package-import", _p("place", "Supplier")),
}
_CHANNEL_KIND = {
    "api": Badge("secondary", "route", _p("channel", "API")),
    "shopify": Badge("secondary", "shopping-cart", "Shopify"),
    "amazon": Badge("secondary", "shopping-cart", "Amazon"),
    "pos": Badge("secondary", "building-store", _p("channel", "Till")),
    "woocommerce": Badge("secondary", "shopping-cart", "WooCommerce"),
    "file": Badge("secondary", "file-import", _p("channel", "File")),
    "phone": Badge("secondary", "phone", _p("channel", "Phone")),
}
_ON_SHORTAGE = {
    "accept": Badge("secondary", "check", _p("on shortage", "Take the order, hold what is short")),
    "backorder": Badge("secondary", "clock-pause", _p("on shortage", "Take the order, ship the rest later")),
    "refuse": Badge("secondary", "ban", _p("on shortage", "Refuse the order")),
}
_IDENTIFIER = {
    "external": Badge("secondary", "tag", _p("identifier", "Channel's own id")),
    "email": Badge("secondary", "mail", _p("identifier", "E-mail")),
    "phone": Badge("secondary", "phone", _p("identifier", "Phone")),
}

VOCABULARY: dict[str, dict[str, Badge]] = {
    "lifecycle": _LIFECYCLE,
    "payment": _PAYMENT,
    "fulfillment": _FULFILLMENT,
    "delivery": _DELIVERY,
    "fulfillment_order": _FULFILLMENT_ORDER,
    "hold": _HOLD,
    "exception": _EXCEPTION,
    "exception_kind": _EXCEPTION_KIND,
    "active": _ACTIVE,
    "money": _MONEY,
    "role": _ROLE,
    "method": _METHOD,
    "cancel_reason": _CANCEL_REASON,
    "entry": _ENTRY,
    "adjust_reason": _ADJUST_REASON,
    "counter": _COUNTER,
    "place_kind": _PLACE_KIND,
    "channel_kind": _CHANNEL_KIND,
    "on_shortage": _ON_SHORTAGE,
    "identifier": _IDENTIFIER,
}


def badge(axis: str, value: str) -> Badge:
    """The badge of ``value`` on ``axis``; a value we have no word for is shown as it is, never hidden."""
    found = VOCABULARY[axis].get(value)
    return found or Badge("secondary", "info-circle", value.replace("_", " ").capitalize())


def choices(axis: str) -> list[tuple[str, str]]:
    """All states of an axis as (value, word), for filters and selects."""
    return [(value, str(b.word)) for value, b in VOCABULARY[axis].items()]
