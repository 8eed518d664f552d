"""Money, numbers, times and names in the reader's language, by Babel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.lists import format_list
from babel.localedata import locale_identifiers
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)
from django.utils import timezone, translation

from trivet.lib.money import exponent, is_currency

# Plain "en" would write month before day and an unmarked dollar; most readers of English here are not in the US.
_REGIONS = {"en": "en_GB", "vi": "vi_VN"}
_RELATIVE_DAYS = 30


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(_REGIONS.get(language, "en_GB"))


def locale() -> Locale:
    """The Babel locale of the active language."""
    return _locale((translation.get_language() or "en").split("-")[0])


def money(minor: int, currency: str) -> str:
    """An amount in minor units as people write it; no digit is ever dropped."""
    digits = exponent(currency)
    amount = Decimal(minor).scaleb(-digits)
    written = get_currency_precision(currency)
    if digits > written and minor % 10 ** (digits - written):
        return format_currency(
            amount, currency, locale=locale(), currency_digits=False, decimal_quantization=False
        )
    return format_currency(amount, currency, locale=locale())


def major(minor: int, currency: str) -> str:
    """An amount as a plain decimal for an input field, without grouping or symbol."""
    return str(Decimal(minor).scaleb(-exponent(currency)))


def number(value: float | Decimal) -> str:
    """A count or quantity with the grouping of the language."""
    return format_decimal(value, locale=locale())


def signed(value: int) -> str:
    """A change of a quantity, with its sign."""
    return f"+{number(value)}" if value > 0 else number(value).replace("-", "−")


def listed(parts: Sequence[str]) -> str:
    """Several things in a sentence: "a, b and c"."""
    return format_list(list(parts), locale=locale()) if parts else ""


def percent(fraction: float | Decimal) -> str:
    """``0.1`` as ``10 %`` in the manner of the language."""
    return format_percent(fraction, format="#,##0.##%", locale=locale())


def exact(at: datetime) -> str:
    """The instant to the second, with its zone."""
    local = timezone.localtime(at)
    return f"{format_datetime(local, 'medium', locale=locale())} {local.tzname()}"


def day(at: datetime) -> str:
    """The calendar day in the active time zone."""
    return format_date(timezone.localtime(at).date(), "medium", locale=locale())


def relative(at: datetime, now: datetime) -> str:
    """How long ago or ahead; beyond a month the day itself says more."""
    if abs((now - at).days) >= _RELATIVE_DAYS:
        return day(at)
    return format_timedelta(at - now, add_direction=True, locale=locale(), threshold=1.2)


def lasting(since: datetime, now: datetime) -> str:
    """How long something has lasted: "20 hours", "3 days"."""
    return format_timedelta(now - since, locale=locale(), threshold=1.2)


def country(code: str) -> str:
    """The name of an ISO 3166-1 alpha-2 country; the code itself where CLDR has no name."""
    return str(locale().territories.get(code.upper(), code))


# Where the postal code stands before the city, as the Universal Postal Union's templates have it.
_CODE_FIRST = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CH",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IS",
        "IT",
        "LT",
        "LU",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


def address(to: Mapping[str, str]) -> list[str]:
    """The lines of an address in the manner of its country, without name and country."""
    code, city = to.get("postal_code", ""), to.get("city", "")
    order = (code, city) if to.get("country", "") in _CODE_FIRST else (city, code)
    town = " ".join(part for part in order if part)
    return [part for part in (to.get("line1", ""), to.get("line2", ""), town, to.get("region", "")) if part]


def countries() -> list[tuple[str, str]]:
    """All countries as (code, name), sorted by name in the reader's language."""
    names = (
        (code, str(name)) for code, name in locale().territories.items() if len(code) == 2 and code.isalpha()
    )
    return sorted(
        (pair for pair in names if pair[0] not in {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}), key=_by_name
    )


def currencies() -> list[tuple[str, str]]:
    """Currencies as (code, name), by code."""
    return sorted((code, str(name)) for code, name in locale().currencies.items() if is_currency(code))


def languages() -> list[tuple[str, str]]:
    """Languages without a country as (code, name), sorted by name in the reader's language."""
    named = locale().languages
    return sorted(((code, str(named[code])) for code in locale_identifiers() if code in named), key=_by_name)


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1].casefold()
