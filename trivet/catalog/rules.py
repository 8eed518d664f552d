"""What a catalogue must satisfy: barcodes with a right check digit, bundles without circles, sane sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from trivet.lib.errors import Invalid
from trivet.lib.letters import capitals, composed
from trivet.lib.money import is_currency

K = TypeVar("K")

GTIN_LENGTHS = (8, 12, 13, 14)
DEEPEST = 10
"""Bundles of bundles may nest this deep."""
LARGEST = 2**31 - 1
MOST_UNITS = 1_000_000


def clean(text: str) -> str:
    """A SKU or title as it is stored: accents composed, no blanks around it."""
    return composed(text).strip()


def sku_key(text: str) -> str:
    """What tells SKUs apart: two texts mean one SKU exactly when their keys are equal.

    Keys are made here and nowhere else, and stored: languages and the locales of databases fold case differently.
    """
    return composed(capitals(clean(text)))


def line_key(sku: str, title: str) -> str:
    """What a channel calls something that it sells: by the SKU or, where it sends none, by the title.

    The key of a title begins with a line break, which no SKU does.
    """
    return sku_key(sku) or "\n" + sku_key(" ".join(title.split()))


def gtin_check_digit(body: str) -> int:
    """The check digit after ``body``: weights 3, 1, 3, … from the right, modulo 10.

    Source: GS1 General Specifications, section 7.9.
    """
    total = sum(int(digit) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(reversed(body)))
    return -total % 10


def is_gtin(code: str) -> bool:
    """Whether ``code`` is a GTIN-8, -12 (UPC-A), -13 (EAN) or -14 with a right check digit."""
    digits = code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS
    return digits and int(code[-1]) == gtin_check_digit(code[:-1])


def check_barcode(field: str, code: str) -> str:
    """``code`` without blanks. A code of 8, 12, 13 or 14 digits must be a GTIN; others are a shop's own labels."""
    code = code.strip()
    if not 0 < len(code) <= 80 or not code.isprintable():
        raise Invalid(field, "must have 1 to 80 printable characters")
    if code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS and not is_gtin(code):
        raise Invalid(
            field, f"{code} has a wrong check digit: the last must be {gtin_check_digit(code[:-1])}"
        )
    return code


def explode(root: K, parts: Mapping[K, Sequence[tuple[K, int]]]) -> dict[K, int]:
    """Units of each plain component in one ``root``; ``parts`` maps bundles to (component, quantity).

    A plain ``root`` is its own component. :class:`Invalid` for a bundle that holds itself, however indirectly,
    or nests deeper than :data:`DEEPEST`.
    """
    found: dict[K, int] = {}
    _unfold(root, 1, parts, (), found)
    return found


def _unfold(
    key: K, units: int, parts: Mapping[K, Sequence[tuple[K, int]]], above: tuple[K, ...], found: dict[K, int]
) -> None:
    if key in above:
        raise Invalid("components", "a bundle cannot hold itself", cycle=[str(k) for k in (*above, key)])
    if len(above) > DEEPEST:
        raise Invalid("components", f"bundles may nest {DEEPEST} deep at most")
    inside = parts.get(key)
    if not inside:
        found[key] = found.get(key, 0) + units
        if found[key] > MOST_UNITS:
            raise Invalid("components", f"a bundle may hold {MOST_UNITS} units of a component at most")
        return
    for child, quantity in inside:
        _unfold(child, units * quantity, parts, (*above, key), found)


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """A SKU as a file or an API client tells it. None leaves what is stored; sizes in mm, weight in g, money minor.

    ``components`` are (SKU, units) of a bundle; an empty tuple makes it a plain SKU again. ``barcodes`` replace
    the stored ones. ``cost_minor`` counts from ``cost_from`` on (default: the day of the change).
    """

    sku: str
    title: str | None = None
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    hs_code: str | None = None
    origin: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    active: bool | None = None
    barcodes: tuple[str, ...] | None = None
    cost_minor: int | None = None
    cost_currency: str | None = None
    cost_from: date | None = None
    components: tuple[tuple[str, int], ...] | None = None

    def check(self, at: str) -> None:
        """:class:`Invalid` names the field below path ``at``."""
        check_sku(f"{at}.sku", self.sku)
        for name in ("weight_g", "length_mm", "width_mm", "height_mm"):
            number = getattr(self, name)
            if number is not None and not 0 <= number <= LARGEST:
                raise Invalid(f"{at}.{name}", f"must be from 0 to {LARGEST}")
        for name, power in (("price_minor", 14), ("cost_minor", 12)):
            number = getattr(self, name)
            if number is not None and not 0 <= number <= 10**power:
                raise Invalid(f"{at}.{name}", f"must be from 0 to 10^{power} minor units")
        for name in ("currency", "cost_currency"):
            code = getattr(self, name)
            if code and not is_currency(code):
                raise Invalid(f"{at}.{name}", "must be a currency code of three capitals (ISO 4217)")
        if self.origin and not (len(self.origin) == 2 and self.origin.isascii() and self.origin.isupper()):
            raise Invalid(f"{at}.origin", "must be a country code of two capitals")
        if len(self.title or "") > 500 or len(self.hs_code or "") > 20:
            raise Invalid(f"{at}.title", "may have 500 characters at most, an HS code 20")
        for n, code in enumerate(self.barcodes or ()):
            check_barcode(f"{at}.barcodes[{n}]", code)
        for n, (sku, units) in enumerate(self.components or ()):
            check_sku(f"{at}.components[{n}].sku", sku)
            if not 1 <= units <= 10_000:
                raise Invalid(f"{at}.components[{n}].quantity", "must be from 1 to 10,000")


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """A product with some or all of its variants; variants that are not named stay as they are."""

    handle: str
    title: str | None = None
    description: str | None = None
    image: str | None = None
    variants: tuple[VariantFacts, ...] = ()

    def check(self, at: str) -> None:
        """:class:`Invalid` names the field below path ``at`` (empty for a single product)."""
        dot = f"{at}." if at else ""
        if not 0 < len(self.handle.strip()) <= 200 or not self.handle.isprintable():
            raise Invalid(f"{dot}handle", "must have 1 to 200 printable characters")
        if len(self.title or "") > 500:
            raise Invalid(f"{dot}title", "may have 500 characters at most")
        if len(self.description or "") > 50_000 or len(self.image or "") > 2_000:
            raise Invalid(f"{dot}description", "is too long")
        seen: set[str] = set()
        for n, variant in enumerate(self.variants):
            variant.check(f"{dot}variants[{n}]")
            if sku_key(variant.sku) in seen:
                raise Invalid(f"{dot}variants[{n}].sku", "comes twice in this product")
            seen.add(sku_key(variant.sku))


def check_sku(field: str, sku: str) -> None:
    """SKUs are 1 to 200 printable characters; blanks around them do not count."""
    if not 0 < len(sku.strip()) <= 200 or not sku.isprintable():
        raise Invalid(field, "must have 1 to 200 printable characters")
