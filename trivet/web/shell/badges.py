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

VOCABULARY: dict[str, dict[str, Badge]] = {
    "lifecycle": _LIFECYCLE,
    "payment": _PAYMENT,
    "fulfillment": _FULFILLMENT,
    "delivery": _DELIVERY,
    "fulfillment_order": _FULFILLMENT_ORDER,
    "hold": _HOLD,
    "exception": _EXCEPTION,
    "active": _ACTIVE,
    "money": _MONEY,
    "role": _ROLE,
}


def badge(axis: str, value: str) -> Badge:
    """The badge of ``value`` on ``axis``; a value we have no word for is shown as it is, never hidden."""
    found = VOCABULARY[axis].get(value)
    return found or Badge("secondary", "info-circle", value.replace("_", " ").capitalize())


def choices(axis: str) -> list[tuple[str, str]]:
    """All states of an axis as (value, word), for filters and selects."""
    return [(value, str(b.word)) for value, b in VOCABULARY[axis].items()]
