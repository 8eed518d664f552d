"""Status on four axes, derived from facts: the only place that says what a status means.

The generated columns of ``orders.Order`` say the same in SQL; a property test keeps the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

LIFECYCLE = ("draft", "open", "closed", "cancelled")
PAYMENT = (
    "pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "expired",
)  # fmt: skip
FULFILLMENT = (
    "unfulfilled", "scheduled", "on_hold", "in_progress", "partially_fulfilled", "fulfilled", "external",
)  # fmt: skip
DELIVERY = ("none", "in_transit", "partially_delivered", "delivered", "exception", "returned")


@dataclass(frozen=True, slots=True)
class Facts:
    """Counters and sums of one order; units are pieces of order lines, money is in minor units.

    ``due`` is the total less what was cancelled; ``tracked`` is false where stock and parcels are kept
    elsewhere (historic imports, marketplace-fulfilled orders).
    """

    is_draft: bool = False
    tracked: bool = True
    scheduled: bool = False
    units: int = 0
    units_cancelled: int = 0
    units_in_progress: int = 0
    units_shipped: int = 0
    units_delivered: int = 0
    units_exception: int = 0
    units_returned: int = 0
    holds_open: int = 0
    due: int = 0
    authorized: int = 0
    voided: int = 0
    expired: int = 0
    captured: int = 0
    refunded: int = 0


def lifecycle(f: Facts) -> str:
    """``draft`` until confirmed; ``cancelled`` when no unit is left; ``closed`` when nothing is left to do."""
    if f.is_draft:
        return "draft"
    if f.units_cancelled >= f.units:
        return "cancelled"
    if not f.tracked or (f.units_shipped + f.units_cancelled >= f.units and f.captured >= f.due):
        return "closed"
    return "open"


def payment(f: Facts) -> str:
    """What the money says: refunds first, then captures against what is due, then authorisations."""
    if f.refunded > 0:
        return "refunded" if f.refunded >= f.captured else "partially_refunded"
    if f.captured > 0:
        return "paid" if f.captured >= f.due else "partially_paid"
    live = f.authorized - f.voided - f.expired
    if live > 0 and live >= f.due:
        return "authorized"
    if f.expired > 0:
        return "expired"
    if f.voided > 0:
        return "voided"
    if f.due == 0 and f.units_cancelled < f.units:
        return "paid"
    return "pending"


def fulfillment(f: Facts) -> str:
    """How far the goods are: shipped, being worked on, held, waiting for a date, or not begun."""
    if not f.tracked:
        return "external"
    wanted = f.units - f.units_cancelled
    if wanted <= 0:
        return "fulfilled" if f.units_shipped > 0 else "unfulfilled"
    if f.units_shipped >= wanted:
        return "fulfilled"
    if f.holds_open > 0:
        return "on_hold"
    if f.units_shipped > 0:
        return "partially_fulfilled"
    if f.units_in_progress > 0:
        return "in_progress"
    if f.scheduled:
        return "scheduled"
    return "unfulfilled"


def delivery(f: Facts) -> str:
    """What the carriers say of the units that left."""
    if f.units_shipped == 0:
        return "none"
    if f.units_returned >= f.units_shipped:
        return "returned"
    if f.units_exception > 0:
        return "exception"
    if f.units_delivered >= f.units_shipped:
        return "delivered"
    if f.units_delivered > 0:
        return "partially_delivered"
    return "in_transit"


@dataclass(frozen=True, slots=True)
class Status:
    """The four axes together."""

    lifecycle: str
    payment: str
    fulfillment: str
    delivery: str


def derive(f: Facts) -> Status:
    """All four axes from the facts."""
    return Status(lifecycle(f), payment(f), fulfillment(f), delivery(f))
