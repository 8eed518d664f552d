"""The machine of a fulfillment order."""

from __future__ import annotations

from trivet.lib.machine import Machine

FULFILLMENT_ORDER = Machine(
    noun="fulfillment order",
    start="open",
    moves={
        "schedule": (frozenset({"open"}), "scheduled"),
        "come_due": (frozenset({"scheduled"}), "open"),
        "hold": (frozenset({"open", "scheduled"}), "on_hold"),
        "release": (frozenset({"on_hold"}), "open"),
        "start": (frozenset({"open"}), "in_progress"),
        "close": (frozenset({"in_progress"}), "closed"),
        "leave_incomplete": (frozenset({"in_progress"}), "incomplete"),
        "cancel": (frozenset({"scheduled", "open", "on_hold"}), "cancelled"),
    },
)
