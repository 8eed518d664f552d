"""What ``placed>7d`` means to a reader: days begin and end where the reader is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

_HOURS = {"h": 1, "d": 24, "w": 168}


def span(compare: str, value: str, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """From when (inclusive) until when (exclusive), in UTC; None is without end.

    An age (``7d``) is compared as an age: ``>7d`` is longer ago. Days and weeks are days of the calendar of
    ``zone``, so a day on which clocks change is still one; hours are hours. A date is compared as a date.
    """
    if value[-1] in _HOURS and value[:-1].isdigit():
        at = _ago(value, now, zone)
        return (None, at) if compare in {">", ">="} else (at, None)
    today = now.astimezone(zone).date()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    day = named.get(value) or date.fromisoformat(value)
    begins, ends = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    return {
        ":": (begins, ends), ">": (ends, None), ">=": (begins, None), "<": (None, begins), "<=": (None, ends),
    }[compare]  # fmt: skip


def _ago(value: str, now: datetime, zone: tzinfo) -> datetime:
    count, unit = int(value[:-1]), value[-1]
    if unit == "h":
        return now.astimezone(UTC) - timedelta(hours=count)
    local = now.astimezone(zone).replace(tzinfo=None) - timedelta(hours=count * _HOURS[unit])
    return local.replace(tzinfo=zone).astimezone(UTC)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
