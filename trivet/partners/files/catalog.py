"""Products as CSV or XLSX: one row a SKU; rows with the same ``product`` are variants of one product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN
from typing import TypeVar

from trivet.catalog.rules import GTIN_LENGTHS, ProductFacts, VariantFacts, check_barcode, is_gtin, sku_key
from trivet.lib.errors import Invalid
from trivet.lib.money import exponent, is_currency
from trivet.orders.rules.value import LONGEST
from trivet.partners.files.blanks import Blanks
from trivet.partners.files.codes import country_code
from trivet.partners.files.habits import Habits
from trivet.partners.files.parse import fraction, identifier, minor, whole
from trivet.partners.files.readers import Row, Table, fitting
from trivet.partners.files.verdicts import gathered, overlong

NAMES = (
    "sku", "product", "title", "product_title", "description", "image", "barcode", "weight_g", "weight_kg", "length_mm",
    "width_mm", "height_mm", "hs_code", "origin", "price", "currency", "unit_cost", "cost_currency", "components",
    "active",
)  # fmt: skip
_OTHER = {
    "product": ("handle",), "barcode": ("barcodes", "gtin", "ean", "upc"), "title": ("name",), "image": ("imageurl",),
    "origin": ("countryoforigin",), "components": ("bundle", "bundlecomponents"), "unit_cost": ("cost",),
    "hs_code": ("hs", "tariffcode"), "weight_g": ("weight", "grams"),
}  # fmt: skip
COLUMNS = {name: (name.replace("_", ""), *_OTHER.get(name, ())) for name in NAMES}
REQUIRED = ("sku",)
FITS = fitting(COLUMNS, REQUIRED)
NUMBERS = ("weight_g", "weight_kg", "length_mm", "width_mm", "height_mm", "price", "unit_cost")
WORDS = frozenset({"sku", "title", "product_title", "origin", "components"})
"""Columns where NA or Null may be a value: Namibia, a name."""

T = TypeVar("T")


@dataclass(slots=True)
class Entry:
    """One row: its SKU, the warnings about it, and why it was refused (empty when it was not)."""

    row: int
    sku: str
    warnings: list[str]
    error: str = ""


@dataclass(slots=True)
class MappedProduct:
    """A product of the file with the rows it was made of; ``facts`` is None when every row was refused."""

    entries: list[Entry]
    facts: ProductFacts | None


@dataclass(slots=True)
class Survey:
    """What a first pass learns: how many rows each product has, how values are written.

    The key of a product is its ``product`` column, or the SKU where that is empty.
    """

    counts: dict[str, int]
    habits: Habits


def survey(table: Table, habits: Habits | None = None) -> Survey:
    """Read the file once to count and learn; ``habits``: what was told of it."""
    at = table.columns(COLUMNS, REQUIRED)
    found = Survey({}, habits or Habits.of(table))
    telling = [(index, name in NUMBERS) for name, index in at.items() if name not in WORDS]
    for _, cells in table.rows():
        key = _key(cells, at)
        found.counts[key] = found.counts.get(key, 0) + 1
        for index, number in telling:
            if index < len(cells):
                found.habits.blanks.see(cells[index].strip())
                if number:
                    found.habits.numbers.see(cells[index])
    return found


def products(table: Table, found: Survey, currency: str) -> Iterator[MappedProduct]:
    """Every product of the file. Amounts without a currency of their own are in ``currency``."""
    at = table.columns(COLUMNS, REQUIRED)
    width = len(table.header)
    keyed = ((number, [_key(cells, at), *cells]) for number, cells in table.rows())
    shifted = {name: index + 1 for name, index in at.items()}
    for handle, rows in gathered(keyed, 0, found.counts):
        yield _product(handle, rows, shifted, width + 1, currency, found.habits)


_NOTHING = Blanks()


def _key(cells: list[str], at: dict[str, int]) -> str:
    for name in ("product", "sku"):
        index = at.get(name)
        text = identifier(cells[index]) if index is not None and index < len(cells) else ""
        if name == "product":
            text = _NOTHING.value(text)
        if text:
            return text
    return ""


def _product(
    handle: str, rows: list[Row], at: dict[str, int], width: int, currency: str, habits: Habits
) -> MappedProduct:
    entries: list[Entry] = []
    variants: list[VariantFacts] = []
    head = {"product_title": "", "description": "", "image": ""}
    seen: set[str] = set()
    for number, cells in rows:
        reader = _Reader(number, cells, at, habits)
        entry = Entry(number, identifier(reader.text("sku"))[:LONGEST], [])
        entries.append(entry)
        try:
            if overlong(cells, width):
                raise ValueError(f"row {number}: has more cells than there are columns")
            if sku_key(entry.sku) in seen:
                raise ValueError(f"row {number}, sku: {entry.sku!r} stands twice")
            variant = _variant(entry, reader, currency)
            variant.check("row")
        except Invalid as error:
            entry.error = f"row {number}, {error.field.removeprefix('row.')}: {error.message}"
        except ValueError as error:
            entry.error = str(error)
        else:
            seen.add(sku_key(entry.sku))
            variants.append(variant)
            head = {name: text or reader.text(name) for name, text in head.items()}
    if not variants:
        return MappedProduct(entries, None)
    title = head["product_title"] or variants[0].title
    facts = ProductFacts(
        handle=handle, title=title, description=head["description"] or None, image=head["image"] or None,
        variants=tuple(variants),
    )  # fmt: skip
    return MappedProduct(entries, facts)


class _Reader:
    """The cells of one row by name; what cannot be read raises ``ValueError`` that names row and column."""

    def __init__(self, number: int, cells: list[str], at: dict[str, int], habits: Habits) -> None:
        self.number = number
        self._cells = cells
        self._at = at
        self._blanks = habits.blanks
        self._numbers = habits.numbers

    def text(self, name: str) -> str:
        index = self._at.get(name)
        if index is None or index >= len(self._cells):
            return ""
        text = self._cells[index].strip()
        return self._blanks.word(text) if name in WORDS else self._blanks.value(text)

    def figure(self, name: str, how: Callable[[str], T], decimals: int = 0) -> T | None:
        """A number as the file writes it; ``decimals`` is how many such a one has by its nature."""
        return self.read(name, lambda text: how(self._numbers.plain(text, decimals)))

    def read(self, name: str, how: Callable[[str], T]) -> T | None:
        text = self.text(name)
        if not text:
            return None
        try:
            return how(text)
        except ValueError as error:
            raise ValueError(f"row {self.number}, {name}: {error}") from error


def _variant(entry: Entry, row: _Reader, currency: str) -> VariantFacts:
    if not entry.sku:
        raise ValueError(f"row {row.number}, sku: is empty")
    sold_in = _currency(row, "currency") or currency
    paid_in = _currency(row, "cost_currency") or sold_in
    price = _amount(row, "price", sold_in)
    cost = _amount(row, "unit_cost", paid_in)
    weight = row.figure("weight_g", _rounded)
    if weight is None:
        weight = row.figure("weight_kg", lambda text: _rounded(str(fraction(text) * 1000)), 3)
    return VariantFacts(
        sku=entry.sku, title=row.text("title") or None, weight_g=weight, length_mm=row.figure("length_mm", _rounded),
        width_mm=row.figure("width_mm", _rounded), height_mm=row.figure("height_mm", _rounded),
        hs_code=row.text("hs_code").replace(".", "").replace(" ", "") or None, origin=row.read("origin", _origin),
        price_minor=price, currency=sold_in if price is not None or cost is not None else None,
        active=row.read("active", _yes), barcodes=_barcodes(entry, row), cost_minor=cost,
        cost_currency=paid_in if cost is not None else None, components=_components(row),
    )  # fmt: skip


def _currency(row: _Reader, name: str) -> str:
    code = row.text(name).upper()
    if code and not is_currency(code):
        raise ValueError(f"row {row.number}, {name}: {code!r} is not an ISO 4217 currency")
    return code


def _amount(row: _Reader, name: str, currency: str) -> int | None:
    if row.text(name) and not currency:
        raise ValueError(f"row {row.number}, currency: is needed beside {name}")
    digits = exponent(currency) if currency else 0
    return row.figure(name, lambda text: minor(text, digits), digits)


def _rounded(text: str) -> int:
    number = fraction(text)
    if not 0 <= number < 2**31:
        raise ValueError(f"{text!r} is not a size or weight")
    return int(number.to_integral_value(ROUND_HALF_EVEN))


def _origin(text: str) -> str:
    code = country_code(text)
    if not code:
        raise ValueError(f"{text[:40]!r} is no country")
    return code


def _yes(text: str) -> bool:
    folded = text.casefold()
    if folded not in ("true", "yes", "1", "y", "false", "no", "0", "n"):
        raise ValueError(f"{text[:40]!r} is neither yes nor no")
    return folded in ("true", "yes", "1", "y")


def _barcodes(entry: Entry, row: _Reader) -> tuple[str, ...] | None:
    # A wrong barcode must not keep a product out, nor come in: the row goes on without it, with a warning.
    if not row.text("barcode"):
        return None
    good: list[str] = []
    for part in row.text("barcode").replace(";", "|").replace(",", "|").split("|"):
        code = identifier(part).replace(" ", "").replace("-", "")
        if not code:
            continue
        if problem := barcode_problem(code):
            entry.warnings.append(f"row {row.number}, barcode: {problem}; taken without it")
        elif code not in good:
            good.append(code)
    return tuple(good) or None


def barcode_problem(code: str) -> str:
    """Why ``code`` is no barcode for a product in a file, empty when it is one.

    A file's column holds GTINs: other lengths of digits are most often a GTIN that lost its zeros or digits on the
    way through a spreadsheet, so they are not taken for a shop's own label; codes with letters are.
    """
    if "E+" in code.upper() and code.upper().replace("E+", "").replace(".", "").isdigit():
        return f"{code} was cut by a spreadsheet; store the column as text"
    if code.isascii() and code.isdigit():
        if len(code) not in GTIN_LENGTHS:
            hint = " (leading zeros lost?)" if len(code) > 8 and is_gtin(code.zfill(13)) else ""
            return f"{code} has {len(code)} digits, a GTIN has 8, 12, 13 or 14{hint}"
        if not code.strip("0"):
            return f"{code} is all zeros"
    try:
        check_barcode("barcode", code)
    except Invalid as error:
        return error.message
    return ""


def _components(row: _Reader) -> tuple[tuple[str, int], ...] | None:
    text = row.text("components")
    if not text:
        return None
    parts = []
    for part in text.split("|"):
        sku, colon, units = part.strip().rpartition(":")
        try:
            parts.append((sku.strip(), whole(units)) if colon else (units.strip(), 1))
        except ValueError as error:
            raise ValueError(f"row {row.number}, components: write SKU:UNITS|SKU:UNITS; {error}") from error
    return tuple(parts)
