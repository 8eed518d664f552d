"""Kinds and defaults of the company's set-up, and when a place next dispatches."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

import holidays
from babel import Locale, UnknownLocaleError
from babel.core import get_global

from trivet.lib.errors import Invalid
from trivet.lib.money import is_currency

LOCATION_KINDS = ("warehouse", "store", "3pl", "marketplace", "supplier")
CHANNEL_KINDS = ("api", "shopify", "amazon", "pos", "woocommerce", "file", "phone")
ON_SHORTAGE = ("accept", "backorder", "refuse")
DEFAULT_CUT_OFF = time(14, 0)
LONGEST_WAIT = 30
"""Days after which nobody asks when a place dispatches next."""


def default_dispatch_days() -> list[int]:
    """Monday to Friday."""
    return [0, 1, 2, 3, 4]


def days_to_dispatch(
    now: datetime, zone: ZoneInfo, cut_off: time, dispatch_days: Sequence[int], closed: Container[date]
) -> int:
    """Whole days until goods ordered at ``now`` leave: 0 before today's cut-off on a dispatch day.

    A place that never dispatches within 30 days answers 30. Days are those of the place's own calendar.
    """
    found = days_of_dispatch(now, zone, cut_off, dispatch_days, closed)
    return min(next(found, LONGEST_WAIT), LONGEST_WAIT)


def days_of_dispatch(
    now: datetime, zone: ZoneInfo, cut_off: time, dispatch_days: Sequence[int], closed: Container[date]
) -> Iterator[int]:
    """All days on which goods ordered at ``now`` may leave, within a year, counted from the place's own today."""
    local = now.astimezone(zone)
    for days in range(366):
        day = local.date() + timedelta(days=days)
        open_day = day.weekday() in dispatch_days and day not in closed
        if open_day and (days > 0 or local.time() < cut_off):
            yield days


_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_COUNTRIES = frozenset(k for k in map(str, Locale("en").territories) if len(k) == 2 and k.isalpha())
_HIGHEST = 2**31 - 1


def check_slug(field: str, slug: str) -> None:
    """Short names in addresses and files: lower case, digits, single hyphens or underscores, 50 at most."""
    if len(slug) > 50 or not _SLUG.fullmatch(slug):
        raise Invalid(field, "must be lower-case letters and digits, joined by single - or _, at most 50")


def is_country(code: str) -> bool:
    """Whether ``code`` is an ISO 3166-1 alpha-2 code."""
    return code in _COUNTRIES and code not in {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


@cache
def timezones() -> frozenset[str]:
    """All IANA time zones; what a machine calls its own is none, for another one means another by it."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def is_timezone(name: str) -> bool:
    """Whether ``name`` is an IANA time zone."""
    return name in timezones()


def zone_of(name: str) -> ZoneInfo:
    """The time zone, or UTC for one that is not known here: what is stored must not stop orders."""
    return ZoneInfo(name if is_timezone(name) else "UTC")


@cache
def holiday_countries() -> frozenset[str]:
    """The countries whose public holidays are known."""
    return frozenset(code for code in holidays.list_supported_countries() if is_country(code))


def is_holiday_calendar(name: str) -> bool:
    """Whether the public holidays of ``name`` are known: a country (``GB``) or a part of one (``GB-ENG``)."""
    country, hyphen, part = name.partition("-")
    if country not in holiday_countries() or (hyphen and not part):
        return False
    try:
        holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=256)
def public_holidays(calendar: str, year: int) -> frozenset[date]:
    """Public holidays of a calendar for ``year`` and the next; none of one that is not known."""
    if not is_holiday_calendar(calendar):
        return frozenset()
    country, _, part = calendar.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=(year, year + 1)))


def is_locale(tag: str) -> bool:
    """Whether ``tag`` is a language, with its script or country or without, that words are known of."""
    try:
        Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return False
    return True


def only_timezone(country: str) -> str:
    """The time zone of a country that has one; :class:`Invalid` where it has to be named."""
    if not is_country(country):
        raise Invalid("country", "must be a country code of two capitals (ISO 3166-1)")
    zones = get_global("territory_zones").get(country, ())
    if len(zones) != 1:
        raise Invalid("timezone", f"must be named: {country} has {', '.join(zones) or 'none that is known'}")
    return str(zones[0])


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """All that is set up of a place. Without coordinates they are found from the postal code or city.

    Without a time zone it has its country's, where the country has one (:meth:`located`).

    ``handling_minor`` is what picking one parcel costs there; ``min_stock`` stays behind for walk-in customers.
    """

    code: str
    name: str
    country: str
    kind: str = "warehouse"
    line1: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = ""
    dispatch_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    holiday_calendar: str = ""
    cut_off: time = DEFAULT_CUT_OFF
    capacity_per_day: int | None = None
    priority: int = 100
    handling_minor: int | None = None
    min_stock: int = 0
    active: bool = True

    def located(self) -> PlaceFacts:
        """With the country's time zone where none is given; :class:`Invalid` where the country has several."""
        return self if self.timezone else replace(self, timezone=only_timezone(self.country))

    def check(self) -> None:
        """:class:`Invalid` names the first field that breaks a rule."""
        check_slug("code", self.code)
        _check_text("name", self.name, 200)
        for field in ("line1", "city", "region", "postal_code"):
            if len(getattr(self, field)) > 300:
                raise Invalid(field, "may have 300 characters at most")
        if self.kind not in LOCATION_KINDS:
            raise Invalid("kind", f"must be one of {', '.join(LOCATION_KINDS)}")
        if not is_country(self.country):
            raise Invalid("country", "must be a country code of two capitals (ISO 3166-1)")
        if not is_timezone(self.timezone):
            raise Invalid("timezone", "must be an IANA time zone such as Europe/London")
        if self.holiday_calendar and not is_holiday_calendar(self.holiday_calendar):
            raise Invalid("holiday_calendar", _no_calendar(self.holiday_calendar))
        if len(set(self.dispatch_days)) != len(self.dispatch_days) or not set(self.dispatch_days) <= set(
            range(7)
        ):
            raise Invalid("dispatch_days", "must be different days from 0 (Monday) to 6 (Sunday)")
        if (self.latitude is None) != (self.longitude is None):
            raise Invalid("latitude", "and longitude go together")
        if self.latitude is not None and not -90 <= self.latitude <= 90:
            raise Invalid("latitude", "must be from -90 to 90")
        if self.longitude is not None and not -180 <= self.longitude <= 180:
            raise Invalid("longitude", "must be from -180 to 180")
        _check_count("capacity_per_day", self.capacity_per_day)
        _check_count("handling_minor", self.handling_minor)
        _check_count("min_stock", self.min_stock)
        if not -32_768 <= self.priority <= 32_767:
            raise Invalid("priority", "must be a small whole number")


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """All that is set up of a channel. ``buffer``, ``floor`` and ``cap`` in units of each SKU.

    The channel is told what is available less ``buffer``, never less than ``floor``, never more than ``cap``. A floor
    above zero tells of stock that is not there, so only a channel that takes backorders may have one.
    """

    slug: str
    name: str
    brand: str
    currency: str
    kind: str = "api"
    timezone: str = "UTC"
    locale: str = "en"
    on_shortage: str = "backorder"
    buffer: int = 0
    floor: int = 0
    cap: int | None = None
    active: bool = True

    def check(self) -> None:
        """:class:`Invalid` names the first field that breaks a rule."""
        check_slug("slug", self.slug)
        _check_text("name", self.name, 200)
        if self.kind not in CHANNEL_KINDS:
            raise Invalid("kind", f"must be one of {', '.join(CHANNEL_KINDS)}")
        if self.on_shortage not in ON_SHORTAGE:
            raise Invalid("on_shortage", f"must be one of {', '.join(ON_SHORTAGE)}")
        if not is_currency(self.currency):
            raise Invalid("currency", "must be a currency code of three capitals (ISO 4217)")
        if not is_timezone(self.timezone):
            raise Invalid("timezone", "must be an IANA time zone such as Europe/London")
        if not is_locale(self.locale):
            raise Invalid("locale", "must be a language tag such as en or vi")
        for field in ("buffer", "floor", "cap"):
            _check_count(field, getattr(self, field))
        if self.floor and self.on_shortage != "backorder":
            raise Invalid(
                "floor", "tells of stock that is not there: only a channel that takes backorders may have one"
            )


def _no_calendar(name: str) -> str:
    country, _, part = name.partition("-")
    if country in holiday_countries() and (
        parts := holidays.country_holidays(country).subdivisions if part else ()
    ):
        return f"the parts of {country} are {', '.join(parts)}"
    return "must be a country such as GB, or a part of one such as GB-ENG, whose public holidays are known"


def _check_text(field: str, text: str, longest: int) -> None:
    if not text.strip() or len(text) > longest:
        raise Invalid(field, f"must have 1 to {longest} characters")


def _check_count(field: str, number: int | None) -> None:
    if number is not None and not 0 <= number <= _HIGHEST:
        raise Invalid(field, f"must be from 0 to {_HIGHEST}")
