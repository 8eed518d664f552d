"""The badge vocabulary: one colour, icon and word for each state, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Badge:
    """``colour`` is a Tabler colour name, ``icon`` a vendored icon."""

    colour: str
    icon: str
    word: str | Promise


_LIFECYCLE = {
    "draft": Badge("secondary", "circle-dashed", pgettext_lazy("order", "Draft")),
    "open": Badge("blue", "progress", pgettext_lazy("order", "Open")),
    "closed": Badge("secondary", "check", pgettext_lazy("order", "Closed")),
    "cancelled": Badge("secondary", "ban", pgettext_lazy("order", "Cancelled")),
}
_PAYMENT = {
    "pending": Badge("yellow", "clock", pgettext_lazy("payment", "Payment pending")),
    "authorized": Badge("azure", "credit-card", pgettext_lazy("payment", "Authorised")),
    "partially_paid": Badge("yellow", "coin", pgettext_lazy("payment", "Partly paid")),
    "paid": Badge("green", "coin", pgettext_lazy("payment", "Paid")),
    "partially_refunded": Badge("purple", "receipt-refund", pgettext_lazy("payment", "Partly refunded")),
    "refunded": Badge("purple", "receipt-refund", pgettext_lazy("payment", "Refunded")),
    "voided": Badge("secondary", "cash-off", pgettext_lazy("payment", "Voided")),
    "expired": Badge("red", "clock-exclamation", pgettext_lazy("payment", "Authorisation expired")),
}
_FULFILLMENT = {
    "unfulfilled": Badge("yellow", "package", pgettext_lazy("fulfillment", "Not shipped")),
    "scheduled": Badge("azure", "calendar-event", pgettext_lazy("fulfillment", "Scheduled")),
    "on_hold": Badge("orange", "hand-stop", pgettext_lazy("fulfillment", "On hold")),
    "in_progress": Badge("blue", "loader", pgettext_lazy("fulfillment", "In progress")),
    "partially_fulfilled": Badge("blue", "package-export", pgettext_lazy("fulfillment", "Partly shipped")),
    "fulfilled": Badge("green", "package-export", pgettext_lazy("fulfillment", "Shipped")),
    "external": Badge("secondary", "external-link", pgettext_lazy("fulfillment", "Handled elsewhere")),
}
_DELIVERY = {
    "none": Badge("secondary", "minus", pgettext_lazy("delivery", "No parcel under way")),
    "in_transit": Badge("blue", "truck-delivery", pgettext_lazy("delivery", "In transit")),
    "partially_delivered": Badge("azure", "truck-delivery", pgettext_lazy("delivery", "Partly delivered")),
    "delivered": Badge("green", "circle-check", pgettext_lazy("delivery", "Delivered")),
    "exception": Badge("red", "alert-triangle", pgettext_lazy("delivery", "Delivery problem")),
    "returned": Badge("purple", "truck-return", pgettext_lazy("delivery", "Returned")),
}
_FULFILLMENT_ORDER = {
    "scheduled": Badge("azure", "calendar-event", pgettext_lazy("fulfillment order", "Scheduled")),
    "open": Badge("blue", "package", pgettext_lazy("fulfillment order", "To pick")),
    "on_hold": Badge("orange", "hand-stop", pgettext_lazy("fulfillment order", "On hold")),
    "in_progress": Badge("blue", "loader", pgettext_lazy("fulfillment order", "In progress")),
    "closed": Badge("green", "circle-check", pgettext_lazy("fulfillment order", "Done")),
    "incomplete": Badge("yellow", "exclamation-circle", pgettext_lazy("fulfillment order", "Incomplete")),
    "cancelled": Badge("secondary", "ban", pgettext_lazy("fulfillment order", "Cancelled")),
}
_HOLD = {
    "fraud": Badge("red", "shield-question", pgettext_lazy("hold", "Fraud check")),
    "address": Badge("orange", "map-search", pgettext_lazy("hold", "Address")),
    "payment": Badge("orange", "credit-card", pgettext_lazy("hold", "Payment")),
    "stock": Badge("orange", "box", pgettext_lazy("hold", "Stock")),
    "manual": Badge("orange", "hand-stop", pgettext_lazy("hold", "By hand")),
    "preorder": Badge("azure", "calendar-clock", pgettext_lazy("hold", "Pre-order")),
    "mapping": Badge("orange", "tag", pgettext_lazy("hold", "SKU unknown")),
}
_EXCEPTION = {
    "open": Badge("orange", "exclamation-circle", pgettext_lazy("exception", "Waits for you")),
    "resolved": Badge("green", "check", pgettext_lazy("exception", "Resolved")),
}
_EXCEPTION_KIND = {
    "shortfall": Badge("red", "scale", pgettext_lazy("exception", "Stock falls short")),
    "write_off": Badge("red", "clipboard-list", pgettext_lazy("exception", "One person wrote off a lot")),
    "transfer": Badge(
        "red", "truck-delivery", pgettext_lazy("exception", "A transfer did not arrive as sent")
    ),
    "mapping": Badge("orange", "tag", pgettext_lazy("exception", "Unknown SKU")),
    "stock": Badge("orange", "box", pgettext_lazy("exception", "Not enough stock for an order")),
    "authorization_expiring": Badge(
        "orange", "clock-exclamation", pgettext_lazy("exception", "An authorisation ends soon")
    ),
    "job_failed": Badge("red", "refresh", pgettext_lazy("exception", "A task gave up")),
    "remapped": Badge("orange", "file-import", pgettext_lazy("exception", "Would be read otherwise today")),
    "receipt_stuck": Badge(
        "orange", "file-import", pgettext_lazy("exception", "A message was not understood")
    ),
}
_ACTIVE = {
    "yes": Badge("green", "circle-check", _("Active")),
    "no": Badge("secondary", "circle-x", _("Switched off")),
}
_MONEY = {
    "authorize": Badge("azure", "credit-card", pgettext_lazy("transaction", "Authorised")),
    "capture": Badge("green", "coin", pgettext_lazy("transaction", "Captured")),
    "void": Badge("secondary", "cash-off", pgettext_lazy("transaction", "Voided")),
    "refund": Badge("purple", "receipt-refund", pgettext_lazy("transaction", "Refunded")),
}
_ROLE = {
    "owner": Badge("purple", "key", pgettext_lazy("role", "Owner")),
    "operations": Badge("blue", "adjustments", pgettext_lazy("role", "Operations")),
    "warehouse": Badge("yellow", "building-warehouse", pgettext_lazy("role", "Warehouse")),
    "support": Badge("green", "mail", pgettext_lazy("role", "Support")),
    "analyst": Badge("secondary", "list-details", pgettext_lazy("role", "Analyst")),
}
_METHOD = {
    "card": Badge("secondary", "credit-card", pgettext_lazy("payment method", "Card")),
    "wallet": Badge("secondary", "phone", pgettext_lazy("payment method", "Wallet")),
    "bank_transfer": Badge("secondary", "cash", pgettext_lazy("payment method", "Bank transfer")),
    "cod": Badge("secondary", "cash", pgettext_lazy("payment method", "Cash on delivery")),
    "store_credit": Badge("secondary", "coin", pgettext_lazy("payment method", "Store credit")),
    "gift_card": Badge("secondary", "tag", pgettext_lazy("payment method", "Gift card")),
    "marketplace": Badge("secondary", "building-store", pgettext_lazy("payment method", "Marketplace")),
    "cash": Badge("secondary", "cash", pgettext_lazy("payment method", "Cash")),
    "other": Badge("secondary", "coin", pgettext_lazy("payment method", "Other")),
}
_CANCEL_REASON = {
    "customer": Badge("secondary", "user-x", pgettext_lazy("cancel reason", "Customer changed their mind")),
    "inventory": Badge("secondary", "box", pgettext_lazy("cancel reason", "Not in stock")),
    "fraud": Badge("secondary", "shield-question", pgettext_lazy("cancel reason", "Fraud")),
    "declined": Badge("secondary", "credit-card", pgettext_lazy("cancel reason", "Payment declined")),
    "staff": Badge("secondary", "user", pgettext_lazy("cancel reason", "Our mistake")),
    "other": Badge("secondary", "info-circle", pgettext_lazy("cancel reason", "Other reason")),
}
_ENTRY = {
    "open": Badge("secondary", "box", pgettext_lazy("ledger", "Opening stock")),
    "receive": Badge("green", "package-import", pgettext_lazy("ledger", "Received")),
    "count": Badge("azure", "clipboard-list", pgettext_lazy("ledger", "Counted")),
    "adjust": Badge("yellow", "adjustments", pgettext_lazy("ledger", "Adjusted")),
    "damage": Badge("red", "alert-triangle", pgettext_lazy("ledger", "Damaged")),
    "state": Badge("secondary", "rotate", pgettext_lazy("ledger", "State changed")),
    "reserve": Badge("azure", "clock", pgettext_lazy("ledger", "Reserved")),
    "unreserve": Badge("secondary", "arrow-back-up", pgettext_lazy("ledger", "Reservation ended")),
    "expire": Badge("secondary", "clock-exclamation", pgettext_lazy("ledger", "Reservation expired")),
    "allocate": Badge("blue", "lock", pgettext_lazy("ledger", "Promised to an order")),
    "release": Badge("secondary", "arrow-back-up", pgettext_lazy("ledger", "Promise released")),
    "ship": Badge("green", "package-export", pgettext_lazy("ledger", "Shipped")),
    "incoming": Badge("azure", "truck", pgettext_lazy("ledger", "Expected")),
    "transfer_out": Badge("yellow", "package-export", pgettext_lazy("ledger", "Sent to another place")),
    "transfer_in": Badge("green", "package-import", pgettext_lazy("ledger", "Arrived from another place")),
    "transfer_loss": Badge("red", "alert-triangle", pgettext_lazy("ledger", "Lost on the way")),
}
_TRANSFER = {
    "draft": Badge("secondary", "circle-dashed", pgettext_lazy("transfer", "Draft")),
    "ready_to_ship": Badge("yellow", "package", pgettext_lazy("transfer", "Ready to leave")),
    "in_transit": Badge("blue", "truck-delivery", pgettext_lazy("transfer", "On its way")),
    "partially_received": Badge("azure", "package-import", pgettext_lazy("transfer", "Partly arrived")),
    "received": Badge("green", "circle-check", pgettext_lazy("transfer", "Arrived")),
    "cancelled": Badge("secondary", "ban", pgettext_lazy("transfer", "Given up")),
}
_ADJUST_REASON = {
    "count": Badge("secondary", "clipboard-list", pgettext_lazy("adjust reason", "Counted")),
    "damaged": Badge("secondary", "alert-triangle", pgettext_lazy("adjust reason", "Damaged")),
    "lost": Badge("secondary", "search", pgettext_lazy("adjust reason", "Lost")),
    "found": Badge("secondary", "plus", pgettext_lazy("adjust reason", "Found")),
    "sample": Badge("secondary", "tag", pgettext_lazy("adjust reason", "Given as a sample")),
    "write_off": Badge("secondary", "x", pgettext_lazy("adjust reason", "Written off")),
    "offline_sale": Badge("secondary", "building-store", pgettext_lazy("adjust reason", "Sold offline")),
    "import": Badge("secondary", "file-import", pgettext_lazy("adjust reason", "From a file")),
    "correction": Badge("secondary", "pencil", pgettext_lazy("adjust reason", "Correction")),
    "other": Badge("secondary", "info-circle", pgettext_lazy("adjust reason", "Other")),
}
_COUNTER = {
    "on_hand": Badge("secondary", "box", pgettext_lazy("counter", "On hand")),
    "damaged": Badge("secondary", "alert-triangle", pgettext_lazy("counter", "Damaged")),
    "quality_control": Badge("secondary", "search", pgettext_lazy("counter", "In quality control")),
    "safety_stock": Badge("secondary", "lock", pgettext_lazy("counter", "Safety stock")),
    "reserved": Badge("secondary", "clock", pgettext_lazy("counter", "Reserved")),
    "allocated": Badge("secondary", "lock", pgettext_lazy("counter", "Promised")),
    "incoming": Badge("secondary", "truck", pgettext_lazy("counter", "Expected")),
}
_PLACE_KIND = {
    "warehouse": Badge("secondary", "building-warehouse", pgettext_lazy("place", "Warehouse")),
    "store": Badge("secondary", "building-store", pgettext_lazy("place", "Shop")),
    "3pl": Badge("secondary", "truck", pgettext_lazy("place", "Logistics partner")),
    "marketplace": Badge("secondary", "external-link", pgettext_lazy("place", "Marketplace warehouse")),
    "supplier": Badge("secondary", "package-import", pgettext_lazy("place", "Supplier")),
}
_CHANNEL_KIND = {
    "api": Badge("secondary", "route", pgettext_lazy("channel", "API")),
    "shopify": Badge("secondary", "shopping-cart", "Shopify"),
    "amazon": Badge("secondary", "shopping-cart", "Amazon"),
    "pos": Badge("secondary", "building-store", pgettext_lazy("channel", "Till")),
    "woocommerce": Badge("secondary", "shopping-cart", "WooCommerce"),
    "file": Badge("secondary", "file-import", pgettext_lazy("channel", "File")),
    "phone": Badge("secondary", "phone", pgettext_lazy("channel", "Phone")),
}
_ON_SHORTAGE = {
    "accept": Badge("secondary", "check", pgettext_lazy("on shortage", "Take the order, hold what is short")),
    "backorder": Badge(
        "secondary", "clock-pause", pgettext_lazy("on shortage", "Take the order, ship the rest later")
    ),
    "refuse": Badge("secondary", "ban", pgettext_lazy("on shortage", "Refuse the order")),
}
_IDENTIFIER = {
    "external": Badge("secondary", "tag", pgettext_lazy("identifier", "Channel's own id")),
    "email": Badge("secondary", "mail", pgettext_lazy("identifier", "E-mail")),
    "phone": Badge("secondary", "phone", pgettext_lazy("identifier", "Phone")),
}
_VERDICT = {
    "order_line": Badge("green", "shopping-cart", pgettext_lazy("verdict", "Order line")),
    "shipping": Badge("green", "truck", pgettext_lazy("verdict", "Shipping")),
    "fee": Badge("azure", "coin", pgettext_lazy("verdict", "Fee or discount")),
    "cancellation": Badge("purple", "receipt-refund", pgettext_lazy("verdict", "Cancellation, kept")),
    "stock_adjustment": Badge("yellow", "adjustments", pgettext_lazy("verdict", "Stock adjustment")),
    "bad_debt": Badge("purple", "cash-off", pgettext_lazy("verdict", "Bad debt, kept")),
    "created": Badge("green", "plus", pgettext_lazy("verdict", "Added")),
    "updated": Badge("blue", "pencil", pgettext_lazy("verdict", "Changed")),
    "unchanged": Badge("secondary", "check", pgettext_lazy("verdict", "As before")),
    "opened": Badge("green", "package-import", pgettext_lazy("verdict", "First count")),
    "counted": Badge("blue", "clipboard-list", pgettext_lazy("verdict", "Counted, differed")),
    "skipped": Badge("red", "alert-triangle", pgettext_lazy("verdict", "Skipped")),
}
_UPLOAD = {
    "waiting": Badge("secondary", "clock", pgettext_lazy("upload", "Waits for its turn")),
    "running": Badge("blue", "loader", pgettext_lazy("upload", "Under way")),
    "done": Badge("green", "circle-check", pgettext_lazy("upload", "Tried")),
    "failed": Badge("red", "alert-triangle", pgettext_lazy("upload", "Failed")),
}
_POLICY = {
    "draft": Badge("secondary", "pencil", pgettext_lazy("policy", "Draft")),
    "scheduled": Badge("azure", "calendar-clock", pgettext_lazy("policy", "Scheduled")),
    "live": Badge("green", "circle-check", pgettext_lazy("policy", "In force")),
    "past": Badge("secondary", "clock", pgettext_lazy("policy", "Past")),
    "withdrawn": Badge("secondary", "ban", pgettext_lazy("policy", "Withdrawn")),
}
_SIMULATION = {
    "waiting": Badge("secondary", "clock", pgettext_lazy("simulation", "Waits for its turn")),
    "running": Badge("blue", "loader", pgettext_lazy("simulation", "Under way")),
    "done": Badge("green", "circle-check", pgettext_lazy("simulation", "Finished")),
    "stopped": Badge("yellow", "ban", pgettext_lazy("simulation", "Stopped")),
}
_ALLOCATION = {
    "waiting": Badge("secondary", "clock", pgettext_lazy("allocation", "Waits for its turn")),
    "planning": Badge("blue", "loader", pgettext_lazy("allocation", "Is being planned")),
    "proposed": Badge("azure", "list-details", pgettext_lazy("allocation", "Proposed")),
    "ordered": Badge("secondary", "clock", pgettext_lazy("allocation", "Waits for its turn")),
    "applying": Badge("blue", "loader", pgettext_lazy("allocation", "Orders are being moved")),
    "applied": Badge("green", "circle-check", pgettext_lazy("allocation", "Done")),
    "stopped": Badge("orange", "alert-triangle", pgettext_lazy("allocation", "Stopped on the way")),
}
_MOVE = {
    "proposed": Badge("azure", "list-details", pgettext_lazy("move", "Proposed")),
    "moved": Badge("green", "circle-check", pgettext_lazy("move", "Moved")),
    "skipped": Badge("secondary", "ban", pgettext_lazy("move", "Left where it is")),
}

VOCABULARY: dict[str, dict[str, Badge]] = {
    "lifecycle": _LIFECYCLE,
    "payment": _PAYMENT,
    "fulfillment": _FULFILLMENT,
    "delivery": _DELIVERY,
    "fulfillment_order": _FULFILLMENT_ORDER,
    "allocation": _ALLOCATION,
    "move": _MOVE,
    "hold": _HOLD,
    "exception": _EXCEPTION,
    "exception_kind": _EXCEPTION_KIND,
    "active": _ACTIVE,
    "money": _MONEY,
    "role": _ROLE,
    "method": _METHOD,
    "cancel_reason": _CANCEL_REASON,
    "entry": _ENTRY,
    "transfer": _TRANSFER,
    "adjust_reason": _ADJUST_REASON,
    "counter": _COUNTER,
    "place_kind": _PLACE_KIND,
    "channel_kind": _CHANNEL_KIND,
    "on_shortage": _ON_SHORTAGE,
    "identifier": _IDENTIFIER,
    "verdict": _VERDICT,
    "upload": _UPLOAD,
    "policy": _POLICY,
    "simulation": _SIMULATION,
}


def held(kind: str) -> Badge:
    """What binds an order, where nothing beside it says that it is a hold: "On hold: stock"."""
    found = badge("hold", kind)
    word = str(found.word)
    if not word[:2].isupper():
        word = word[:1].lower() + word[1:]
    return replace(found, word=gettext("On hold: %(kind)s") % {"kind": word})


def badge(axis: str, value: str) -> Badge:
    """The badge of ``value`` on ``axis``; a value we have no word for is shown as it is, never hidden."""
    found = VOCABULARY[axis].get(value)
    return found or Badge("secondary", "info-circle", value.replace("_", " ").capitalize())


def choices(axis: str) -> list[tuple[str, str]]:
    """All states of an axis as (value, word), for filters and selects."""
    return [(value, str(b.word)) for value, b in VOCABULARY[axis].items()]
