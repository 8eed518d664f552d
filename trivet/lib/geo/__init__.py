"""Where an address lies, offline: postal codes of some countries, cities of Vietnam, centres of all countries."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt
from typing import Literal

from trivet.lib.geo.countries import CENTRES
from trivet.lib.geo.names import fold, outcode

Precision = Literal["postcode", "area", "city", "country", "unknown"]
EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True, slots=True)
class Located:
    """A point and how exactly it is known; without coordinates when even the country is unknown."""

    lat: float | None
    lon: float | None
    precision: Precision
    source: str


@lru_cache(maxsize=100_000)
def locate(country: str, postal_code: str, city: str = "") -> Located:
    """The best known point of an address: postal code, its area, the city, the country's centre, in this order.

    ``country`` is an ISO 3166-1 code of two letters. A code or city that no table knows falls back to the next step
    and ``precision`` says so.
    """
    country = country.strip().upper()
    table = _table(country)
    for key, precision in _keys(country, postal_code, city):
        point = table.get(key)
        if point is not None:
            return Located(point[0], point[1], precision, _SOURCES[country])
    centre = CENTRES.get(country)
    if centre is not None:
        return Located(centre[0], centre[1], "country", "country centre")
    return Located(None, None, "unknown", "")


def doubts(country: str, postal_code: str, city: str = "") -> list[str]:
    """What of an address no table of ours knows: ``country``, or ``postal_code`` where we have the land's codes.

    For a word of warning, never to refuse: tables age.
    """
    if country.strip().upper() not in CENTRES:
        return ["country"]
    if country.strip().upper() not in _CODED:
        return []
    return [] if locate(country, postal_code).precision in ("postcode", "area") else ["postal_code"]


_CODED = frozenset({"GB", "US", "DE"})
"""Countries whose postal codes are in the tables."""

_SOURCES = {"GB": "OS OpenData", "US": "GeoNames", "DE": "PLZ table", "VN": "GeoNames"}


def _keys(country: str, postal_code: str, city: str) -> list[tuple[str, Precision]]:
    code = postal_code.strip().upper()
    if country == "GB" and (out := outcode(code)):
        return [
            (out, "postcode"),
            (out.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").rstrip("0123456789") + "*", "area"),
        ]
    if country == "US" and len(code) >= 5:
        return [(code[:5], "postcode"), (code[:3] + "*", "area")]
    if country == "DE" and len(code := code.removeprefix("DE").removeprefix("D").lstrip("- ")) == 5:
        return [(code, "postcode"), (code[:2] + "*", "area")]
    if country == "VN" and city:
        parts = [part for part in city.split(",") if part.strip()]
        return [
            (fold(name), "city") for name in (city, *reversed(parts))
        ]  # "Q.1, TP HCM": the city comes last
    return []


@cache
def _table(country: str) -> dict[str, tuple[float, float]]:
    if country not in _SOURCES:
        return {}
    text = gzip.decompress(files(__package__).joinpath("data", f"{country}.tsv.gz").read_bytes()).decode()
    rows = (line.split("\t") for line in text.splitlines())
    return {key: (float(lat), float(lon)) for key, lat, lon in rows}


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance by the haversine formula (Sinnott, 1984), good to half a percent."""
    a, b = radians(lat1), radians(lat2)
    h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(h)))
