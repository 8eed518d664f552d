"""Folding of place names and postal codes to the keys of the table."""

from __future__ import annotations

import re
import unicodedata

_PREFIX = re.compile(r"^(thanh pho|thi xa|thi tran|tp|tx|tinh|quan|huyen|city of)[ .]+")
_SUFFIX = re.compile(r"( city| province)$")
ALIASES = {
    "saigon": "hochiminhcity", "saigon,hochiminhcity": "hochiminhcity", "hochiminh": "hochiminhcity",
    "hcm": "hochiminhcity", "hcmc": "hochiminhcity", "hochiminhcity": "hochiminhcity", "tphcm": "hochiminhcity",
}  # fmt: skip
_UK_FULL = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})")
_UK_OUT = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")


def fold(name: str) -> str:
    """A city's name without diacritics, case, blanks and the words for city, so that spellings meet."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).lower().strip()
    plain = _SUFFIX.sub("", _PREFIX.sub("", plain))
    key = re.sub(r"[^a-z0-9,]", "", plain)
    return ALIASES.get(key, key)


def outcode(postcode: str) -> str:
    """The outward code of a UK postcode, or empty: ``sw1a 1aa`` and ``SW1A`` give ``SW1A``."""
    text = re.sub(r"\s", "", postcode).upper()
    if full := _UK_FULL.fullmatch(text):
        return full[1]
    first = postcode.upper().split()[:1]  # "E1 6" is a part of E1, not E16
    return next((part for part in (*first, text) if _UK_OUT.fullmatch(part)), "")
