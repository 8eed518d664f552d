"""Reading numbers, money and times out of text, exactly. Errors are ``ValueError`` with a sentence for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")

FINE = 10**6
"""Prices are kept in millionths of a minor unit until a row is rounded."""

_WHOLE = re.compile(r"[+-]?\d{1,15}(\.0*)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_SERIAL = re.compile(r"\d{4,6}(\.\d+)?")
_DAY_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class Remembered(dict[str, T]):
    """What ``read`` makes of a text, worked out once for each text; forgets all when it has grown too large."""

    LARGEST = 200_000

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> T:
        if len(self) >= self.LARGEST:
            self.clear()
        found = self[text] = self._read(text)
        return found


def whole(text: str) -> int:
    """A whole number; ``6.0`` is one."""
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a whole number")
    return int(text.partition(".")[0])


def identifier(text: str) -> str:
    """An id that a spreadsheet may have made a number of: ``17850.0`` is ``17850``."""
    text = text.strip()
    head, point, tail = text.partition(".")
    return head if point and head.isdigit() and not tail.strip("0") else text


def fine(text: str, exponent: int) -> int:
    """An amount of major units in millionths of the minor unit, exactly (``2.55`` GBP is 255,000,000)."""
    text = text.strip()
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not an amount such as 12.50")
    scaled = Decimal(text).scaleb(exponent) * FINE
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more than {exponent + 6} decimals")
    if abs(scaled) > 10**20:
        raise ValueError(f"{text!r} is too large")
    return int(scaled)


def minor(text: str, exponent: int) -> int:
    """An amount of major units in minor units; more decimals than the currency has are refused, never rounded."""
    value = fine(text, exponent)
    if value % FINE:
        raise ValueError(f"{text.strip()!r} has more decimals than the currency, which has {exponent}")
    return value // FINE


def in_major(value: int, exponent: int) -> str:
    """An amount in minor units as people write it: 125 GBP is ``1.25``."""
    sign, digits = "-" if value < 0 else "", str(abs(value)).zfill(exponent + 1)
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else sign + digits


def fraction(text: str) -> Decimal:
    """A plain decimal number."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"{text.strip()[:40]!r} is not a number")
    return number


class DayOrder:
    """Whether ``3/4/2011`` is the third of April or the fourth of March, learnt from the file itself.

    A number above twelve tells; a file without one is read day first, as the shop's country writes.
    """

    def __init__(self) -> None:
        self.day_first = False
        self.month_first = False

    def see(self, text: str) -> None:
        """Learn from one date as written."""
        found = _DAY_MONTH.match(text.strip())
        if found:
            self.day_first |= int(found[1]) > 12
            self.month_first |= int(found[2]) > 12

    @property
    def reads_month_first(self) -> bool:
        """True when the file shows months first and never days first."""
        return self.month_first and not self.day_first


def instant(text: str, zone: ZoneInfo, *, month_first: bool = False) -> datetime:
    """The instant in UTC of a time as written: ISO, ``1/12/2010 08:26``, or a day number of Excel.

    A time without a zone is one of ``zone``. An hour that comes twice (clocks go back) is the first of the two; one
    that never came (clocks go forward) counts on from before the change.
    """
    text = text.strip()
    try:
        return _time(text, zone, month_first).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} is out of range") from error


def _time(text: str, zone: ZoneInfo, month_first: bool) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        pass_on = _DAY_MONTH.fullmatch(text)
    else:
        return found if found.tzinfo else found.replace(tzinfo=zone)
    if pass_on:
        one, other, year, hour, minute, second = (int(part or 0) for part in pass_on.groups())
        day, month = (other, one) if month_first else (one, other)
        try:
            return datetime(
                year + 2000 if year < 100 else year, month, day, hour, minute, second, tzinfo=zone
            )
        except ValueError as error:
            raise ValueError(f"{text!r} is not a date: {error}") from error
    if _SERIAL.fullmatch(text):
        return datetime(1899, 12, 30, tzinfo=zone) + timedelta(seconds=round(Decimal(text) * 86_400))
    raise ValueError(f"{text[:40]!r} is not a date")
