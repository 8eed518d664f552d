"""Reading times out of text: ISO, day and month in either order, or a day number of Excel."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
_EARLIEST, _LATEST = 1990, 2200

_Day = tuple[int, int, int]


class TwoWaysError(ValueError):
    """A date that can be read two ways in a file that holds dates of both kinds."""


@dataclass(slots=True)
class _Sure:
    """Dates that only one order makes a date of: how many, and the first of them."""

    count: int = 0
    example: str = ""
    row: int = 0

    def see(self, text: str, row: int) -> None:
        self.count += 1
        if self.count == 1:
            self.example, self.row = text, row

    def told(self) -> str:
        return f"{self.count} such as {self.example!r} in row {self.row}"


class DayOrder:
    """Whether ``3/4/2011`` is the third of April or the fourth of March: told, or learnt from the file itself.

    Dates that are a day of the calendar in one order only tell; what is none in either (``31/31/2010``) says nothing.
    In a file without such, dates that rise with the numbers of the orders, or else with the rows, are read right;
    failing that, those that lie closer together. A file that says nothing at all is read day first, as most of the
    world writes. A file that holds dates of both orders is a mixture, or has a slip: nobody knows which of its parts
    a date that can be read two ways belongs to, so none is read until somebody tells.
    """

    def __init__(self, told: str = "") -> None:
        self._told = told
        self._day_first = _Sure()
        self._month_first = _Sure()
        self._both = False
        self._last = self._last_key = ""
        self._last_sure = _Sure()
        self._rows: dict[_Day, int] = {}
        self._numbers: dict[_Day, int] = {}
        self._known: bool | None = None
        self._example = ""

    @staticmethod
    def kept(month_first: bool | None) -> DayOrder:
        """The order that :attr:`month_first` said of a file once."""
        found = DayOrder("" if month_first is None else "month-first" if month_first else "day-first")
        found._both = month_first is None
        return found

    def see(self, text: str, row: int = 0, key: str = "") -> None:
        """Learn from one date as written; ``key`` is the number of its order, where it has one."""
        if text == self._last and key == self._last_key:
            # Rows of one order stand together and say the same.
            self._last_sure.count += 1
            return
        self._last, self._last_key, self._last_sure = text, key, _Sure()
        text = text.strip()
        found = _DAY_MONTH.fullmatch(text)
        if not found:
            return
        one, other, year = int(found[1]), int(found[2]), int(found[3])
        day = (one, other, year + 2000 if year < 100 else year)
        if one > 12 or other > 12:
            self._learn(text, row, day, found)
            return
        if not one or not other or (len(self._rows) >= _DAYS_LOOKED_AT and day not in self._rows):
            return
        self._known = None
        if one != other:
            self._example = self._example or text
        self._rows.setdefault(day, row)
        digits = key if key.isdecimal() else key[1:]
        if digits.isdecimal() and len(digits) < 19:
            self._numbers[day] = min(int(digits), self._numbers.get(day, 10**18))

    def _learn(self, text: str, row: int, day: _Day, found: re.Match[str]) -> None:
        sure = self._day_first if day[0] > 12 else self._month_first
        if _is_day(day, sure is self._month_first) and _is_clock(found):
            sure.see(text, row)
            self._last_sure = sure
            self._known = None

    @property
    def month_first(self) -> bool | None:
        """True where the month stands before the day, None where a file has both."""
        if self.mixed:
            return None
        if self._known is None:
            self._known = self._decide()
        return self._known

    @property
    def mixed(self) -> bool:
        """Whether some dates of the file are only dates day first, others only month first, and nobody told."""
        return not self._told and (self._both or bool(self._day_first.count and self._month_first.count))

    @property
    def mixture(self) -> tuple[str, str] | None:
        """What is day first and what is month first in a file that has both."""
        return (self._day_first.told(), self._month_first.told()) if self.mixed else None

    @property
    def doubtful(self) -> str:
        """A date of the file that can be read two ways when nothing in it settles which; empty where that is clear."""
        clear = self._told or self._day_first.count or self._month_first.count
        return "" if clear else self._example

    def _decide(self) -> bool:
        if self._told:
            return self._told == "month-first"
        if self._day_first.count or self._month_first.count:
            return bool(self._month_first.count)
        for order in (self._numbers, self._rows):
            day_first, month_first = (_falls(order, first) for first in (False, True))
            if 2 * min(day_first, month_first) < max(day_first, month_first):
                return month_first < day_first
        return 2 * _span(self._rows, month_first=True) <= _span(self._rows, month_first=False)


def _is_day(day: _Day, month_first: bool) -> bool:
    return _EARLIEST <= day[2] <= _LATEST and _date(day, month_first) != date.min


def _is_clock(found: re.Match[str]) -> bool:
    hour, minute, second = _clock(found.group)
    return hour < 24 and minute < 60 and second < 60


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


def instant(text: str, zone: ZoneInfo, *, month_first: bool | None = False) -> datetime:
    """The instant in UTC of a time as written: ISO, ``1/12/2010 08:26``, or a day number of Excel.

    ``month_first`` is None in a file that has both orders: what is a date in one of them is read so, what is one in
    both is a :class:`TwoWaysError`.

    A time without a zone is one of ``zone``. An hour that comes twice (clocks go back) is the first of the two; one
    that never came (clocks go forward) counts on from before the change. Errors are ``ValueError``.
    """
    text = text.strip()
    try:
        found = _time(text, zone, month_first).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is out of range") from error
    if not _EARLIEST <= found.year <= _LATEST:
        raise ValueError(f"{text[:40]!r} is out of range")
    return found


def _time(text: str, zone: ZoneInfo, month_first: bool | None) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return found if found.tzinfo else found.replace(tzinfo=zone)
    if parts := _DAY_MONTH.fullmatch(text):
        one, other, year = int(parts[1]), int(parts[2]), int(parts[3])
        if month_first is None and one != other and 0 < one <= 12 and 0 < other <= 12:
            raise TwoWaysError(
                f"{text!r} can be read two ways, and the file has dates of both kinds: say which it is (--dates)"
            )
        day, month = (other, one) if month_first or (month_first is None and other > 12) else (one, other)
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
