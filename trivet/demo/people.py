"""Inventing who bought: the same customer number is always the same person at the same address."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from trivet.demo import names
from trivet.demo.chance import draw, pick
from trivet.demo.source import outcodes
from trivet.orders.rules.value import Address, Person

_INWARD = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that the inward part of a postcode may end in."""

HOSTS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Buyer:
    """An invented customer with their address."""

    person: Person
    address: Address


@cache
def buyer(key: str, country: str, *, business: bool = False) -> Buyer:
    """The buyer behind a customer number of the data (or a guest's invoice number) in ``country``."""
    where = names.COUNTRIES[country]
    name = (
        _vietnamese(key)
        if country == "VN"
        else f"{pick(f'f{key}', where.first)} {pick(f'l{key}', where.last)}"
    )
    town, code = _place(key, country)
    phone = _phone(key, country)
    street = pick(f"s{key}", where.streets)
    number = 1 + draw(f"n{key}", 140)
    local = _ascii(name).lower().replace(" ", ".")
    address = Address(
        name=_shop(key, name, country) if business else name,
        line1=f"{number} {street}" if where.number_first else f"{street} {number}",
        line2=name if business else "", city=town, postal_code=code, country=country, phone=phone,
    )  # fmt: skip
    person = Person(
        external_id="" if key.startswith("g") else f"c-{key}",
        email=f"{local}.{key}@{pick(f'h{key}', HOSTS)}", phone=phone, name=address.name, locale=where.locale,
    )  # fmt: skip
    return Buyer(person, address)


def _shop(key: str, name: str, country: str) -> str:
    shapes = names.BUSINESS if country in {"GB", "IE", "AU"} else names.BUSINESS_ABROAD
    return pick(f"b{key}", shapes).format(name.rsplit(" ", maxsplit=1)[-1])


def _vietnamese(key: str) -> str:
    female = draw(f"g{key}", 2) == 0
    middle = names.VN_MIDDLE_F if female else names.VN_MIDDLE_M
    first = names.VN_FIRST_F if female else names.VN_FIRST_M
    return f"{pick(f'l{key}', names.VN_FAMILY)} {pick(f'm{key}', middle)} {pick(f'f{key}', first)}"


@cache
def _districts() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in outcodes():
        area = code[: 2 if code[1:2].isalpha() else 1]
        if area in names.TOWNS:
            found.setdefault(area, []).append(code)
    return found


def _place(key: str, country: str) -> tuple[str, str]:
    if country != "GB":
        return pick(f"t{key}", names.COUNTRIES[country].towns)
    districts = _districts()
    every = [code for codes in districts.values() for code in codes]
    crowded = draw(f"c{key}", 100) < 40
    code = pick(f"o{key}", districts[pick(f"a{key}", names.CROWDED)] if crowded else every)
    area = code[: 2 if code[1:2].isalpha() else 1]
    inward = f"{1 + draw(f'i{key}', 9)}{pick(f'x{key}', _INWARD)}{pick(f'y{key}', _INWARD)}"
    return names.TOWNS[area], f"{code} {inward}"


def _phone(key: str, country: str) -> str:
    digits = f"{draw(f'p{key}', 1000):03d}"
    if country == "GB":
        return pick(f"q{key}", names.PHONES_GB) + digits
    if country == "VN":
        return f"+84 90 000 {draw(f'v{key}', 10)}{digits}"
    where = names.COUNTRIES[country]
    return where.phone + digits if where.phone else ""


def _ascii(text: str) -> str:
    plain = text.replace("đ", "d").replace("Đ", "D").replace("ø", "o").replace("ł", "l").replace("ß", "ss")
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().replace("'", "")
