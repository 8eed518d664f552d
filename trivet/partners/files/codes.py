"""Codes and country names of the UCI Online Retail files that do not mean goods or an ISO country."""

from __future__ import annotations

import re

from babel import Locale

SHIPPING = frozenset({"POST", "DOT", "C2"})
"""Postage, postage of the web shop, carriage."""

FEES = {
    "M": "manual", "D": "discount", "S": "samples", "B": "bad_debt", "BANK CHARGES": "bank_charges",
    "AMAZONFEE": "marketplace_fee", "CRUK": "donation", "ADJUST": "adjustment", "ADJUST2": "adjustment",
}  # fmt: skip
"""Rows that book money without goods or transport, and the reason code that says which kind."""

_TEST = re.compile(r"TEST\d{3}")

COUNTRY_NAMES = {
    "eire": "IE", "rsa": "ZA", "usa": "US", "uae": "AE", "uk": "GB", "korea": "KR", "south korea": "KR",
    "czech republic": "CZ", "hong kong": "HK", "west indies": "", "channel islands": "",
    "european community": "", "unspecified": "",
}  # fmt: skip
"""Spellings of these files beside the English names of CLDR; empty where no ISO code says the same."""


def is_test(code: str) -> bool:
    """Whether a stock code (upper case) marks the shop's own trial entries (``TEST001``)."""
    return _TEST.fullmatch(code) is not None


def is_goods(code: str) -> bool:
    """Whether a stock code (upper case) means something that can be stocked."""
    return bool(code) and code not in SHIPPING and code not in FEES and not is_test(code)


def _english() -> dict[str, str]:
    names = {
        name.casefold(): code
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    }
    return names | COUNTRY_NAMES


_COUNTRIES = _english()
_CODES = frozenset(code for code in _COUNTRIES.values() if code)


def country_code(name: str) -> str:
    """ISO 3166-1 alpha-2 of a country as the files write it, or empty when it names none."""
    name = name.strip()
    if len(name) == 2 and name.upper() in _CODES:
        return name.upper()
    return _COUNTRIES.get(name.casefold(), "")
