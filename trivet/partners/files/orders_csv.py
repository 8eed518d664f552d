"""Orders as CSV or XLSX in Trivet's own columns: one row a line, rows with the same ``order_id`` are one order.

The columns are documented in ``docs/guide/import.md``; amounts are decimal numbers of major units, read exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from trivet.catalog.rules import sku_key
from trivet.lib.errors import Invalid
from trivet.lib.money import exponent, is_currency
from trivet.orders.rules.freeze import freeze
from trivet.orders.rules.value import (
    LONGEST,
    LONGEST_NOTE,
    Address,
    Method,
    NewDiscount,
    NewLine,
    NewOrder,
    NewPayment,
    NewShipping,
    Person,
)
from trivet.partners.files.blanks import Blanks
from trivet.partners.files.codes import country_code
from trivet.partners.files.dates import TwoWaysError, instant
from trivet.partners.files.habits import Habits
from trivet.partners.files.naming import Named, Names
from trivet.partners.files.order_money import OrderMoney
from trivet.partners.files.parse import identifier, minor, whole, yes
from trivet.partners.files.readers import Row, Table, fitting, folded
from trivet.partners.files.verdicts import (
    Mapped,
    Verdict,
    gathered,
    headings,
    long_cell,
    numbered,
    overlong,
)

VERSION = 3
"""Of the mapping: raised when the same file would map to other content (A13)."""
MAPPER = f"csv/{VERSION}"

LINE = ("line_id", "sku", "title", "quantity", "unit_price", "discount", "tax", "tax_included")
ADDRESS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")
HEAD = (
    "placed_at", "currency", "customer_id", "email", "customer_phone", "customer_name", "locale",
    *(f"ship_{part}" for part in ADDRESS), *(f"bill_{part}" for part in ADDRESS), "shipping_method", "shipping",
    "shipping_discount", "shipping_tax", "shipping_tax_included", "discount_code", "order_discount", "paid",
    "payment_method", "payment_reference", "fulfill_at", "gift", "gift_message", "tags", "note",
)  # fmt: skip
NAMES = ("order_id", *LINE, *HEAD)
_OTHER = {
    "order_id": ("external_id", "order"), "ship_name": ("name",), "customer_name": ("name",),
    "ship_phone": ("phone",), "customer_phone": ("phone",), "ship_line1": ("address", "line1"),
    "ship_line2": ("line2",), "ship_city": ("city",), "ship_region": ("region",),
    "ship_postal_code": ("postal_code", "postcode", "zip"), "ship_country": ("country",), "unit_price": ("price",),
    "shipping": ("shipping_price",),
}  # fmt: skip
COLUMNS = {name: tuple(folded(spelling) for spelling in (name, *_OTHER.get(name, ()))) for name in NAMES}
REQUIRED = ("order_id", "placed_at", "quantity", "unit_price")
FITS = fitting(COLUMNS, REQUIRED)
NUMBERS = (
    "quantity", "unit_price", "discount", "tax", "shipping", "shipping_discount", "shipping_tax", "order_discount",
    "paid",
)  # fmt: skip
WORDS = frozenset(
    {
        "sku", "title", "customer_name",
        *(f"{to}_{part}" for to in ("ship", "bill") for part in ("name", "city", "region", "country")),
    }
)  # fmt: skip
"""Columns where NA or Null may be a value: Namibia, a surname."""
_METHODS = (
    "card",
    "wallet",
    "bank_transfer",
    "cod",
    "store_credit",
    "gift_card",
    "marketplace",
    "cash",
    "other",
)

T = TypeVar("T")


@dataclass(slots=True)
class Survey:
    """What a first pass over the file learns."""

    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    habits: Habits = field(default_factory=Habits)
    names: Names = field(default_factory=Names)


def survey(table: Table, habits: Habits | None = None) -> Survey:
    """Read the file once to count rows and orders and to learn; ``habits``: what was told of the file."""
    at = table.columns(COLUMNS, REQUIRED)
    order = at["order_id"]
    found = Survey(habits=habits or Habits.of(table))
    days, numbers, blanks = found.habits.days, found.habits.numbers, found.habits.blanks
    telling = [index for name, index in at.items() if name not in WORDS]
    for number, cells in table.rows():
        found.rows += 1
        key = identifier(cells[order]) if order < len(cells) else ""
        found.counts[key] = found.counts.get(key, 0) + 1
        if key == table.header[order]:
            continue
        for index in telling:
            if index < len(cells):
                blanks.see(cells[index].strip())
        row = _Cells(number, cells, at, blanks)
        for name in NUMBERS:
            numbers.see(row.text(name))
        days.see(row.text("placed_at"), number, key)
        if sku := sku_key(identifier(row.text("sku"))):
            found.names.see(sku, row.text("title"), "" if row.text("currency") else row.text("unit_price"))
    return found


def named(found: Survey, currency: str) -> Iterator[Named]:
    """The SKUs of the file with their most frequent titles and prices (only of rows in the channel's currency)."""
    return found.names.named(currency, found.habits)


class Mapper:
    """Maps the orders of one file for one channel, whose currency and zone count where the file gives none."""

    def __init__(self, table: Table, found: Survey, *, channel: str, currency: str, zone: ZoneInfo) -> None:
        self._table = table
        self._counts = found.counts
        self._habits = found.habits
        self._kept = found.habits.as_dict()
        self._channel = channel
        self._currency = currency
        self._zone = zone
        self._at = table.columns(COLUMNS, REQUIRED)
        self._heads = [name for name in HEAD if name in self._at]
        self._money = OrderMoney(self._at, found.habits.numbers, currency)

    def orders(self) -> Iterator[Mapped]:
        """Every order of the file, in the order in which they end."""
        column = self._at["order_id"]
        for key, rows in gathered(self._table.rows(), column, self._counts):
            yield self.order(key, rows)

    def order(self, key: str, rows: list[Row]) -> Mapped:
        """One order from all its rows; a row at fault turns the whole order down, and says so."""
        if again := headings(key, self._table.header, rows):
            return again
        told = key[:LONGEST]
        mapped = Mapped(told, [Verdict(number, "order_line", told) for number, _ in rows])
        cells = [_Cells(number, row, self._at, self._habits.blanks) for number, row in rows]
        mapped.mapper = MAPPER
        mapped.raw = {
            "columns": list(self._table.header), "rows": [row for _, row in rows], "key": key,
            "channel": self._channel, "currency": self._currency, "zone": self._zone.key,
            **self._kept,
        }  # fmt: skip
        wide = len(self._table.header)
        texts = [
            None if overlong(row, wide) else cell.text for (_, row), cell in zip(rows, cells, strict=True)
        ]
        self._money.count(mapped, texts, together=bool(self._habits.blanks.value(key)))
        try:
            for index, (_, row) in enumerate(rows):
                if texts[index] is None:
                    raise _FaultError(index, "row", "has more cells than there are columns")
                self._check_length(index, row)
            if not self._habits.blanks.value(key):
                raise _FaultError(0, "order_id", "is empty")
            mapped.order = self._order(key, cells)
            freeze(mapped.order)
        except _FaultError as fault:
            mapped.refuse("order_refused", f"row {cells[fault.index].number} of this order cannot be read")
            mapped.verdicts[fault.index].skip(fault.reason, fault.text(cells))
            return mapped
        except Invalid as error:
            mapped.refuse("order_refused", f"{error.field}: {error.message}")
        return mapped

    def _check_length(self, index: int, row: list[str]) -> None:
        if max(map(len, row), default=0) <= LONGEST:
            return
        for name, at in self._at.items():
            longest = LONGEST_NOTE if name == "note" else LONGEST
            if long_cell(row, (at,), longest) >= 0:
                raise _FaultError(index, name, f"may have {longest} characters at most", reason="too_long")

    def _order(self, key: str, cells: list[_Cells]) -> NewOrder:
        head = _head(cells, self._heads)
        month_first, numbers = self._kept["month_first"], self._habits.numbers
        currency = (head.text("currency") or self._currency).upper()
        digits = exponent(currency)

        def when(text: str) -> datetime:
            return instant(text, self._zone, month_first=month_first)

        def amount(text: str) -> int:
            return minor(numbers.plain(text, digits), digits)

        def count(text: str) -> int:
            return whole(numbers.plain(text))

        placed_at = head.read("placed_at", when, None)
        if placed_at is None:
            raise _FaultError(0, "placed_at", "is empty")
        if not is_currency(currency, placed_at.date()):
            raise _FaultError(head.at("currency"), "currency", f"{currency!r} is not an ISO 4217 currency")
        person = Person(
            external_id=identifier(head.text("customer_id")), email=head.text("email"),
            phone=head.text("customer_phone"), name=head.text("customer_name"), locale=head.text("locale"),
        )  # fmt: skip
        off = head.read("order_discount", amount, 0)
        paid = head.read("paid", amount, 0)
        return NewOrder(
            channel=self._channel, external_id=key, placed_at=placed_at, currency=currency,
            lines=tuple(_line(n, row, amount, count) for n, row in enumerate(cells)),
            customer=person if any((person.external_id, person.email, person.phone, person.name)) else None,
            ship_to=_address(head, "ship"), bill_to=_address(head, "bill"), shipping=_shipping(head, amount),
            discounts=(NewDiscount(head.text("discount_code"), off),) if off else (),
            payments=(_payment(head, paid),) if paid else (), fulfill_at=head.read("fulfill_at", when, None),
            gift=head.read("gift", yes, False), gift_message=head.text("gift_message"),
            tags=tuple(tag for part in head.text("tags").split("|") if (tag := part.strip())), note=head.text("note"),
        )  # fmt: skip


def remap(raw: dict[str, Any]) -> NewOrder | None:
    """The order that the kept rows of one order make today; None when they make none."""
    return again(raw).order


def again(raw: dict[str, Any]) -> Mapped:
    """What the kept rows of one order come to today."""
    found = Survey(habits=Habits.from_dict(raw))
    mapper = Mapper(
        Table.of_header(raw["columns"]), found, channel=raw["channel"], currency=raw["currency"],
        zone=ZoneInfo(raw["zone"]),
    )  # fmt: skip
    return mapper.order(raw["key"], numbered(raw))


class _FaultError(Exception):
    """A cell at fault: the index of its row within the order, its column, what is wrong."""

    def __init__(self, index: int, column: str, message: str, reason: str = "bad_value") -> None:
        super().__init__(message)
        self.index, self.column, self.message, self.reason = index, column, message, reason

    def text(self, cells: list[_Cells]) -> str:
        return f"row {cells[self.index].number}, {self.column}: {self.message}"


class _Cells:
    """The cells of one row by column name; what the file calls missing is empty."""

    def __init__(self, number: int, cells: list[str], at: dict[str, int], blanks: Blanks) -> None:
        self.number = number
        self._cells = cells
        self._at = at
        self._blanks = blanks

    def text(self, name: str) -> str:
        index = self._at.get(name)
        if index is None or index >= len(self._cells):
            return ""
        text = self._cells[index].strip()
        return self._blanks.word(text) if name in WORDS else self._blanks.value(text)


class _Head:
    """The cells that belong to the whole order, with the row that each was found in."""

    def __init__(self, found: dict[str, tuple[int, str]]) -> None:
        self._found = found

    def text(self, name: str) -> str:
        return self._found.get(name, (0, ""))[1]

    def at(self, name: str) -> int:
        return self._found.get(name, (0, ""))[0]

    def read(self, name: str, how: Callable[[str], T], without: T) -> T:
        text = self.text(name)
        return without if not text else _read(self.at(name), name, text, how)


def _read(index: int, name: str, text: str, how: Callable[[str], T]) -> T:
    try:
        return how(text)
    except TwoWaysError as error:
        raise _FaultError(index, name, str(error), reason="date_two_ways") from error
    except ValueError as error:
        raise _FaultError(index, name, str(error)) from error


def _head(cells: list[_Cells], names: list[str]) -> _Head:
    found: dict[str, tuple[int, str]] = {}
    for index, row in enumerate(cells):
        for name in names:
            text = row.text(name)
            if not text:
                continue
            known = found.setdefault(name, (index, text))
            if known[1] != text:
                raise _FaultError(
                    index,
                    name,
                    f"says {text[:60]!r}, row {cells[known[0]].number} of the order another thing",
                )
    return _Head(found)


def _line(index: int, row: _Cells, amount: Callable[[str], int], count: Callable[[str], int]) -> NewLine:
    def read(name: str, how: Callable[[str], T], without: T) -> T:
        text = row.text(name)
        return without if not text else _read(index, name, text, how)

    for name in ("quantity", "unit_price"):
        if not row.text(name):
            raise _FaultError(index, name, "is empty")
    sku, title = identifier(row.text("sku")), row.text("title")
    if not sku and not title:
        raise _FaultError(index, "sku", "and title are both empty")
    quantity = read("quantity", count, 0)
    if quantity < 1:
        raise _FaultError(index, "quantity", "must be at least 1")
    amounts = {name: read(name, amount, 0) for name in ("unit_price", "discount", "tax")}
    for name, value in amounts.items():
        if value < 0:
            raise _FaultError(index, name, "must not be negative")
    return NewLine(
        external_id=identifier(row.text("line_id")) or str(index + 1), sku=sku, title=title, quantity=quantity,
        unit_price=amounts["unit_price"], discount=amounts["discount"], tax=amounts["tax"],
        tax_included=read("tax_included", yes, True),
    )  # fmt: skip


def _shipping(head: _Head, amount: Callable[[str], int]) -> NewShipping:
    return NewShipping(
        method=head.text("shipping_method") or "standard", price=head.read("shipping", amount, 0),
        discount=head.read("shipping_discount", amount, 0), tax=head.read("shipping_tax", amount, 0),
        tax_included=head.read("shipping_tax_included", yes, True),
    )  # fmt: skip


def _address(head: _Head, prefix: str) -> Address | None:
    parts = {part: head.text(f"{prefix}_{part}") for part in ADDRESS}
    if parts["country"]:
        code = country_code(parts["country"])
        if not code:
            raise _FaultError(
                head.at(f"{prefix}_country"), f"{prefix}_country", f"{parts['country'][:40]!r} is no country"
            )
        parts["country"] = code
    return Address(**parts) if any(parts.values()) else None


def _payment(head: _Head, paid: int) -> NewPayment:
    method = head.text("payment_method") or "other"
    if method not in _METHODS:
        raise _FaultError(
            head.at("payment_method"), "payment_method", f"must be one of {', '.join(_METHODS)}"
        )
    known: Method = method  # type: ignore[assignment]
    return NewPayment("capture", known, "manual", head.text("payment_reference"), paid)
