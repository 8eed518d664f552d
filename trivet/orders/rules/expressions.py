"""The four axes of :mod:`trivet.orders.rules.status` once more, as SQL for generated columns.

Kept in the rules because the two must be read side by side; they are plain SQL text, free of any framework,
turned into expressions by ``orders.models``.
"""

from __future__ import annotations

LIFECYCLE = """CASE
    WHEN is_draft THEN 'draft'
    WHEN units_cancelled >= units THEN 'cancelled'
    WHEN NOT tracked
      OR (units_shipped + units_cancelled >= units AND captured_minor >= total_minor - cancelled_minor) THEN 'closed'
    ELSE 'open' END"""

PAYMENT = """CASE
    WHEN refunded_minor > 0 THEN CASE WHEN refunded_minor >= captured_minor THEN 'refunded' ELSE 'partially_refunded' END
    WHEN captured_minor > 0 THEN CASE WHEN captured_minor >= total_minor - cancelled_minor THEN 'paid' ELSE 'partially_paid' END
    WHEN authorized_minor - voided_minor - expired_minor > 0
     AND authorized_minor - voided_minor - expired_minor >= total_minor - cancelled_minor THEN 'authorized'
    WHEN expired_minor > 0 THEN 'expired'
    WHEN voided_minor > 0 THEN 'voided'
    WHEN total_minor - cancelled_minor = 0 AND units_cancelled < units THEN 'paid'
    ELSE 'pending' END"""

FULFILLMENT = """CASE
    WHEN NOT tracked THEN 'external'
    WHEN units - units_cancelled <= 0 THEN CASE WHEN units_shipped > 0 THEN 'fulfilled' ELSE 'unfulfilled' END
    WHEN units_shipped >= units - units_cancelled THEN 'fulfilled'
    WHEN holds_open > 0 THEN 'on_hold'
    WHEN units_shipped > 0 THEN 'partially_fulfilled'
    WHEN units_in_progress > 0 THEN 'in_progress'
    WHEN scheduled THEN 'scheduled'
    ELSE 'unfulfilled' END"""

DELIVERY = """CASE
    WHEN units_shipped = 0 THEN 'none'
    WHEN units_returned >= units_shipped THEN 'returned'
    WHEN units_exception > 0 THEN 'exception'
    WHEN units_delivered >= units_shipped THEN 'delivered'
    WHEN units_delivered > 0 THEN 'partially_delivered'
    ELSE 'in_transit' END"""
