"""How people are recognised: identifiers normalised so that one person has one profile."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import phonenumbers

from trivet.lib.ids import new_id

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


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whom an order belongs to.

    ``fresh`` are identifiers to add to the record; ``joins`` are other records of the same person (id, reason).
    """

    customer: UUID
    profile: UUID
    is_new: bool
    fresh: tuple[Key, ...]
    joins: tuple[tuple[UUID, str], ...]


def resolve(found: Sequence[Key], known: Mapping[Key, tuple[UUID, UUID, str]], name: str) -> Resolution:
    """Decide which record an order with identifiers ``found`` (strongest first) belongs to.

    ``known`` maps identifiers to (record, profile, name). A channel's own id and the e-mail address identify a
    person; when both are known and differ, the records are joined. A phone number may be shared by a household:
    it identifies only when nothing stronger does, and joins records only when the names agree.
    """
    strong = [key for key in found if key.kind != "phone"]
    phones = [key for key in found if key.kind == "phone"]
    hits = [known[key] for key in strong if key in known]
    by_phone = [known[key] for key in phones if key in known]
    joins: list[tuple[UUID, str]] = []
    if hits:
        customer, profile, _ = hits[0]
        joins += [(other[0], "same order") for other in hits[1:] if other[1] != profile]
    elif by_phone and (not strong or _same_name(name, by_phone[0][2])):
        customer, profile, _ = by_phone[0]
    else:
        customer = profile = new_id()
        fresh = tuple(key for key in found if key not in known)
        return Resolution(customer, profile, True, fresh, ())
    joins += [
        (other[0], "same phone and name")
        for other in by_phone
        if other[1] != profile and _same_name(name, other[2])
    ]
    fresh = tuple(key for key in found if key not in known)
    return Resolution(customer, profile, False, fresh, tuple(joins))


def _same_name(one: str, other: str) -> bool:
    words = one.casefold().split()
    return bool(words) and words == other.casefold().split()


def profiles(records: Sequence[UUID], edges: Sequence[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The profile of each record: the first of ``records`` (oldest first) that edges connect it with."""
    head = {key: key for key in records}

    def find(key: UUID) -> UUID:
        while head[key] != key:
            head[key] = head[head[key]]
            key = head[key]
        return key

    rank = {key: n for n, key in enumerate(records)}
    for one, other in edges:
        a, b = sorted((find(one), find(other)), key=rank.__getitem__)
        head[b] = a
    return {key: find(key) for key in records}
