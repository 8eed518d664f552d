"""Reservations whose time is over end before anybody looks at the stock they keep, and who waits for it comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from trivet.flows import queue
from trivet.flows.story import story
from trivet.inventory.actions.reserve import end_lapsed
from trivet.inventory.queries.spots import lapsed_reservations, reserved_variants
from trivet.journal.rules import SYSTEM

SWEPT = 500
"""Reservations that one transaction ends at most."""


def sweep_reservations(now: datetime) -> int:
    """End all reservations whose time is over, a few hundred a transaction, and tell of it; how many."""
    total = 0
    while due := lapsed_reservations(now, SWEPT):
        end(due, now=now)
        total += len(due)
    return total


@story
def end(keys: Sequence[UUID], *, now: datetime) -> None:
    """End those of the reservations that are still active, and serve the lines that wait for their units."""
    waiting = queue.front(reserved_variants(keys))
    queue.serve(waiting, end_lapsed(keys, now=now), by=SYSTEM, now=now)
