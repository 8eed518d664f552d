"""How people are recognised: identifiers normalised so that one person has one profile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

IDENTIFIER_KINDS = ("external", "email", "phone")

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]+")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A normalised identifier; the sort order is the order in which identifiers are locked."""

    kind: str
    scope: str
    value: str


def normal_email(text: str) -> str:
    """The address in lower case without blanks, or empty when it is no address.

    The local part is folded too: RFC 5321 lets a host tell cases apart, no mail provider of note does.
    """
    folded = text.strip().lower()
    return folded if len(folded) <= 254 and _EMAIL.fullmatch(folded) else ""


@lru_cache(maxsize=65_536)
def normal_phone(text: str, country: str) -> str:
    """The number in E.164, read as dialled from ``country`` (alpha-2), or empty when it is no possible number."""
    text = text.strip()
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted if _E164.fullmatch(formatted) else ""


def keys(*, channel: str, external_id: str, email: str, phone: str, country: str) -> tuple[Key, ...]:
    """The identifiers of a person as one order carries them, strongest first."""
    found = []
    if external_id.strip():
        found.append(Key("external", channel, external_id.strip()))
    if address := normal_email(email):
        found.append(Key("email", "", address))
    if number := normal_phone(phone, country):
        found.append(Key("phone", "", number))
    return tuple(found)
