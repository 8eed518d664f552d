"""Kinds and defaults of the company's set-up, and when a place next dispatches."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCATION_KINDS = ("warehouse", "store", "3pl", "marketplace", "supplier")
CHANNEL_KINDS = ("api", "shopify", "amazon", "pos", "woocommerce", "file", "phone")
ON_SHORTAGE = ("accept", "backorder", "refuse")
DEFAULT_CUT_OFF = time(14, 0)


def default_dispatch_days() -> list[int]:
    """Monday to Friday."""
    return [0, 1, 2, 3, 4]


def days_to_dispatch(
    now: datetime, zone: ZoneInfo, cut_off: time, dispatch_days: Sequence[int], closed: Container[date]
) -> int:
    """Whole days until goods ordered at ``now`` leave: 0 before today's cut-off on a dispatch day.

    A place that never dispatches within 30 days answers 30. Days are those of the place's own calendar.
    """
    local = now.astimezone(zone)
    for days in range(30):
        day = local.date() + timedelta(days=days)
        open_day = day.weekday() in dispatch_days and day not in closed
        if open_day and (days > 0 or local.time() < cut_off):
            return days
    return 30
