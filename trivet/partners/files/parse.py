"""Reading numbers and money out of text, exactly. Errors are ``ValueError`` with a sentence for people.

Texts are as Python writes numbers; :mod:`trivet.partners.files.numbers` makes them so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TypeVar

T = TypeVar("T")

FINE = 10**6
"""Prices are kept in millionths of a minor unit until a row is rounded."""

_WHOLE = re.compile(r"[+-]?\d{1,15}(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


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
    """A whole number; ``6.0`` and ``1e3`` are such."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if _NUMBER.fullmatch(text) and len(text) <= 40:
        number = Decimal(text)
        if number == number.to_integral_value() and abs(number) < 10**15:
            return int(number)
    raise ValueError(f"{text[:40]!r} is not a whole number")


_YES = {
    "": True, "true": True, "yes": True, "1": True, "y": True, "false": False, "no": False, "0": False, "n": False,
}  # fmt: skip


def yes(text: str) -> bool:
    """Yes or no; an empty text is yes."""
    found = _YES.get(text.casefold())
    if found is None:
        raise ValueError(f"{text[:40]!r} is neither yes nor no")
    return found


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
