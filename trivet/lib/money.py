"""Money as integer minor units of an ISO 4217 currency, and exact splitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.core import get_global

_FRACTIONS: Mapping[str, tuple[int, ...]] = get_global("currency_fractions")
_DEFAULT_DIGITS: int = _FRACTIONS["DEFAULT"][0]
# ISO 4217 says two digits for these; Babel's CLDR table gives the digits people write, which is zero.
_ISO_DIGITS = {
    "AFN": 2, "ALL": 2, "COP": 2, "HUF": 2, "IDR": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2, "LBP": 2, "MGA": 2,
    "MMK": 2, "MRU": 2, "PKR": 2, "RSD": 2, "SLE": 2, "SLL": 2, "SOS": 2, "STN": 2, "SYP": 2, "TMT": 2, "TWD": 2,
    "TZS": 2, "UZS": 2, "YER": 2, "ZMK": 2,
}  # fmt: skip
_Day = tuple[int, int, int]


def _tender() -> dict[str, list[tuple[_Day, _Day]]]:
    found: dict[str, list[tuple[_Day, _Day]]] = {}
    for currencies in get_global("territory_currencies").values():
        for code, first, last, tender in currencies:
            if tender:
                found.setdefault(code, []).append((first or (1, 1, 1), last or (9999, 12, 31)))
    return found


_TENDER = _tender()
"""From when to when people paid with a currency, by territory (CLDR, as in Babel)."""


@lru_cache(maxsize=4_096)
def is_currency(code: str, on: date | None = None) -> bool:
    """Whether ``code`` (upper case) is an ISO 4217 code of money that people pay with somewhere, now or ``on`` a day.

    Neither former currencies (DEM) nor metals, funds and codes for tests (XAU, CHE, XXX).
    """
    day = (9999, 12, 31) if on is None else (on.year, on.month, on.day)
    return any(first <= day <= last for first, last in _TENDER.get(code, ()))


def was_currency(code: str) -> bool:
    """Whether people pay with ``code`` (upper case) somewhere, or did once."""
    return code in _TENDER


def exponent(currency: str) -> int:
    """Digits after the decimal point of the minor unit: VND 0, USD 2, KWD 3 (ISO 4217)."""
    if currency in _ISO_DIGITS:
        return _ISO_DIGITS[currency]
    return _FRACTIONS.get(currency, (_DEFAULT_DIGITS,))[0]


def unusual() -> dict[int, tuple[str, ...]]:
    """The currencies by digits after the decimal point, without those (the most) that have two."""
    found: dict[int, list[str]] = {}
    for code in sorted(_TENDER):
        if exponent(code) != _DEFAULT_DIGITS:
            found.setdefault(exponent(code), []).append(code)
    return {digits: tuple(codes) for digits, codes in found.items()}


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` minor units by ``weights`` with the largest-remainder method.

    The parts add up to ``total`` exactly; equal remainders favour the lowest index (rule R2). When all
    weights are zero the whole amount goes to the first part; with no parts only zero can be split.
    """
    if any(w < 0 for w in weights):
        raise ValueError("weights must not be negative")
    if not weights:
        if total:
            raise ValueError("cannot split an amount over no parts")
        return []
    if total < 0:
        return [-part for part in split(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    parts = [total * w // whole for w in weights]
    missing = total - sum(parts)
    if missing:
        order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
        for i in order[:missing]:
            parts[i] += 1
    return parts


def half_even(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` rounded half to even, in integers; the denominator is positive."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient % 2):
        return quotient + 1
    return quotient


def units_share(paid: int, units: int, start: int, count: int) -> int:
    """What units ``start`` … ``start + count`` of a line of ``units`` carry of ``paid``, cumulatively rounded.

    ``R(k) = round_half_even(paid·k/units)`` and the share is ``R(start + count) − R(start)``, so any
    partition in any order adds up to ``paid`` exactly (rule R3).
    """
    if not 0 <= start <= start + count <= units:
        raise ValueError("units outside the line")
    if units == 0:
        return 0
    return half_even(paid * (start + count), units) - half_even(paid * start, units)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency; adds only to its own currency."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split by ``weights`` so that the parts add up exactly (see :func:`split`)."""
        return [Money(part, self.currency) for part in split(self.minor, weights)]

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
