"""Reading times out of text: ISO, day and month in either order, or a day number of Excel."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

DATES = ("day-first", "month-first")
"""What may be told of a file's dates."""

_SERIAL = re.compile(r"\d{4,6}(\.\d+)?")
_CLOCK = r"(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
_DAY_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})" + _CLOCK)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})" + _CLOCK)
_DAYS_LOOKED_AT = 10_000

_Day = tuple[int, int, int]


class DayOrder:
    """Whether ``3/4/2011`` is the third of April or the fourth of March: told, or learnt from the file itself.

    A number above twelve tells. In a file without one, dates that rise with the numbers of the orders, or else with
    the rows, are read right; failing that, those that lie closer together. A file that says nothing at all is read
    day first, as most of the world writes.
    """

    def __init__(self, told: str = "") -> None:
        self._told = told
        self._day_first = False
        self._month_first = False
        self._rows: dict[_Day, int] = {}
        self._numbers: dict[_Day, int] = {}
        self._known: bool | None = None
        self._example = ""

    def see(self, text: str, row: int = 0, key: str = "") -> None:
        """Learn from one date as written; ``key`` is the number of its order, where it has one."""
        found = _DAY_MONTH.match(text.strip())
        if not found:
            return
        one, other, year = int(found[1]), int(found[2]), int(found[3])
        self._known = None
        if one > 12 or other > 12:
            self._day_first |= one > 12
            self._month_first |= other > 12
            return
        day = (one, other, year + 2000 if year < 100 else year)
        if len(self._rows) >= _DAYS_LOOKED_AT and day not in self._rows:
            return
        if one != other:
            self._example = self._example or text.strip()
        self._rows.setdefault(day, row)
        digits = key if key.isdecimal() else key[1:]
        if digits.isdecimal() and len(digits) < 19:
            self._numbers[day] = min(int(digits), self._numbers.get(day, 10**18))

    @property
    def reads_month_first(self) -> bool:
        """True where the month stands before the day."""
        if self._known is None:
            self._known = self._decide()
        return self._known

    @property
    def doubtful(self) -> str:
        """A date of the file that can be read two ways when nothing in it settles which; empty where that is clear."""
        clear = self._told or self._day_first != self._month_first
        return "" if clear else self._example

    def _decide(self) -> bool:
        if self._told or self._day_first != self._month_first:
            return self._told == "month-first" if self._told else self._month_first
        for order in (self._numbers, self._rows):
            day_first, month_first = (_falls(order, first) for first in (False, True))
            if 2 * min(day_first, month_first) < max(day_first, month_first):
                return month_first < day_first
        return 2 * _span(self._rows, month_first=True) <= _span(self._rows, month_first=False)


def _date(day: _Day, month_first: bool) -> date:
    one, other, year = day
    try:
        return date(year, one, other) if month_first else date(year, other, one)
    except ValueError:
        return date.min


def _falls(order: Mapping[_Day, int], month_first: bool) -> int:
    """How often a later day has an earlier place in ``order``."""
    places = [order[day] for day in sorted(order, key=lambda day: _date(day, month_first))]
    return sum(after < before for before, after in pairwise(places))


def _span(order: Mapping[_Day, int], *, month_first: bool) -> int:
    days = [_date(day, month_first) for day in order]
    return (max(days) - min(days)).days or 1 if days else 1


def instant(text: str, zone: ZoneInfo, *, month_first: bool = False) -> datetime:
    """The instant in UTC of a time as written: ISO, ``1/12/2010 08:26``, or a day number of Excel.

    A time without a zone is one of ``zone``. An hour that comes twice (clocks go back) is the first of the two; one
    that never came (clocks go forward) counts on from before the change. Errors are ``ValueError``.
    """
    text = text.strip()
    try:
        found = _time(text, zone, month_first).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is out of range") from error
    if not 1990 <= found.year <= 2200:
        raise ValueError(f"{text[:40]!r} is out of range")
    return found


def _time(text: str, zone: ZoneInfo, month_first: bool) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return found if found.tzinfo else found.replace(tzinfo=zone)
    if parts := _DAY_MONTH.fullmatch(text):
        one, other, year = int(parts[1]), int(parts[2]), int(parts[3])
        day, month = (other, one) if month_first else (one, other)
        year = year + 2000 if year < 100 else year
    elif parts := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(parts[1]), int(parts[2]), int(parts[3])
    elif _SERIAL.fullmatch(text):
        return datetime(1899, 12, 30, tzinfo=zone) + timedelta(seconds=round(Decimal(text) * 86_400))
    else:
        raise ValueError(f"{text[:40]!r} is not a date")
    try:
        return datetime(year, month, day, *_clock(parts.group), tzinfo=zone)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is not a date: {error}") from error


def _clock(part: Callable[[int], str | None]) -> tuple[int, int, int]:
    hour, minute, second = (int(part(n) or 0) for n in (4, 5, 6))
    if half := part(7):
        # No clock of twelve hours shows 0 or 13: an hour 24 is refused with the rest.
        hour = hour % 12 + (12 if half in "pP" else 0) if 1 <= hour <= 12 else 24
    return hour, minute, second
