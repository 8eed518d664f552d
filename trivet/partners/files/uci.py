"""Files of the shape of UCI Online Retail: one row a line of an invoice, a few kinds of rows mixed together.

Columns of both editions are known (``InvoiceNo``/``Invoice``, ``UnitPrice``/``Price``, ``CustomerID``/``Customer
ID``). Source of the shape: UCI Machine Learning Repository, DOI 10.24432/C5BW33 and 10.24432/C5CG6D. Every
decision about a quirk is told in this folder's README.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from trivet.catalog.rules import sku_key
from trivet.lib.money import exponent, was_currency
from trivet.orders.rules.value import (
    LONGEST,
    MAX_AMOUNT,
    MAX_QUANTITY,
    Address,
    NewDiscount,
    NewOrder,
    NewShipping,
    Person,
)
from trivet.partners.files.codes import FEES, SHIPPING, country_code, is_goods
from trivet.partners.files.dates import TwoWaysError, instant
from trivet.partners.files.habits import Habits
from trivet.partners.files.invoice_rows import Parsed, classify, letter, movement, new_line, one_customer
from trivet.partners.files.naming import Named, Names
from trivet.partners.files.parse import FINE, Remembered, fine, identifier, in_major, whole
from trivet.partners.files.readers import Row, Table, fitting
from trivet.partners.files.verdicts import (
    Kept,
    Mapped,
    Verdict,
    Worth,
    gathered,
    headings,
    long_cell,
    numbered,
    overlong,
)

VERSION = 3
"""Of the mapping: raised when the same file would map to other content (A13)."""
MAPPER = f"uci/{VERSION}"

COLUMNS = {
    "invoice": ("invoiceno", "invoice"), "sku": ("stockcode",), "title": ("description",),
    "quantity": ("quantity",), "at": ("invoicedate",), "price": ("unitprice", "price"),
    "customer": ("customerid",), "country": ("country",), "currency": ("currency", "currencycode"),
}  # fmt: skip
REQUIRED = ("invoice", "sku", "quantity", "at", "price")
FITS = fitting(COLUMNS, REQUIRED)
ZONE = ZoneInfo("Europe/London")
_LARGEST = MAX_AMOUNT * FINE


@dataclass(slots=True)
class Survey:
    """What a first pass over the file learns: rows, invoices, how values are written, what SKUs are called."""

    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    habits: Habits = field(default_factory=Habits)
    names: Names = field(default_factory=Names)


def survey(table: Table, habits: Habits | None = None) -> Survey:
    """Read the file once to count and learn; nothing of it is kept but counts. ``habits``: what was told of it."""
    at = table.columns(COLUMNS, REQUIRED)
    invoice, sku, quantity, when, price = (at[name] for name in REQUIRED)
    title = at.get("title", -1)
    needed = max(invoice, sku, quantity, when, price, title) + 1
    telling = [
        index for name, index in at.items() if name in ("invoice", "quantity", "price", "at", "customer")
    ]
    found = Survey(habits=habits or Habits.of(table))
    counts, names = found.counts, found.names
    days, numbers, blanks = found.habits.days, found.habits.numbers, found.habits.blanks
    for number, cells in table.rows():
        found.rows += 1
        key = identifier(cells[invoice]) if invoice < len(cells) else ""
        counts[key] = counts.get(key, 0) + 1
        if len(cells) < needed or key == table.header[invoice]:
            continue
        numbers.see(cells[quantity])
        numbers.see(cells[price])
        for index in telling:
            if index < len(cells):
                blanks.see(cells[index])
        if cells[when][4:5] != "-":
            days.see(cells[when], number, key)
        if code := sku_key(cells[sku]):
            # Rows without a price are described by whoever counted stock ("check"); what was taken back was sold.
            paid = cells[price] if cells[price].strip("0., ") else ""
            sold = not letter(key) and cells[quantity][:1] != "-"
            names.see(code, cells[title] if paid and title >= 0 else "", paid if sold else "")
    return found


def named(found: Survey, currency: str) -> Iterator[Named]:
    """The goods that the file sells, each with the description and price it carries most often."""
    return (goods for goods in found.names.named(currency, found.habits) if is_goods(goods.sku))


class Mapper:
    """Maps invoices of one file for one channel; holds only what repeats (dates, prices) to be quick."""

    def __init__(
        self, table: Table, found: Survey, *, channel: str, currency: str, zone: ZoneInfo = ZONE
    ) -> None:
        self._table = table
        self._survey = found
        self._channel = channel
        self._currency = currency
        self._zone = zone
        self._at = table.columns(COLUMNS, REQUIRED)
        self._width = max(self._at.values()) + 1
        self._blanks = found.habits.blanks
        self._habits = found.habits.as_dict()
        month_first, digits = found.habits.days.month_first, exponent(currency)
        numbers = found.habits.numbers
        self._instant = Remembered(lambda text: instant(text, zone, month_first=month_first))
        self._whole = Remembered(lambda text: whole(numbers.plain(text)))
        self._fine = Remembered(lambda text: fine(numbers.plain(text, digits), digits))
        self._foreign: dict[str, Remembered[int]] = {}

    def invoices(self) -> Iterator[Mapped]:
        """Every invoice of the file, in the order in which they end."""
        for key, rows in gathered(self._table.rows(), self._at["invoice"], self._survey.counts):
            yield self.invoice(key, rows)

    def invoice(self, key: str, rows: list[Row]) -> Mapped:
        """One invoice from all its rows."""
        if again := headings(key, self._table.header, rows):
            return again
        mapped = self._invoice(key, rows)
        if mapped.order is not None or (
            not letter(key) and any(v.verdict == "skipped" for v in mapped.verdicts)
        ):
            mapped.mapper = MAPPER
            mapped.raw = {
                "columns": list(self._table.header), "rows": [cells for _, cells in rows], "key": key,
                "channel": self._channel, "currency": self._currency, "zone": self._zone.key,
                **self._habits,
            }  # fmt: skip
        return mapped

    def _invoice(self, key: str, rows: list[Row]) -> Mapped:
        mapped, kind = Mapped(key[:LONGEST], []), letter(key)
        self._count(mapped, rows)
        parsed = [
            self._parse(verdict, cells) for verdict, (_, cells) in zip(mapped.verdicts, rows, strict=True)
        ]
        good = [row for row in parsed if row is not None]
        if not kind and "customer" in self._at:
            one_customer(good, self._table.header[self._at["customer"]])
        if len(good) < len(parsed) or any(row.verdict.message for row in good):
            for row in good:
                if not row.verdict.message:
                    row.verdict.skip("invoice_unreadable", "another row of this invoice cannot be read")
            mapped.refused = not kind
            return mapped
        if kind == "C":
            self._keep(mapped, "cancellation", "uci.cancellation", good, rows)
        elif kind == "A":
            self._keep(mapped, "bad_debt", "uci.bad_debt", good, rows)
        else:
            self._sale(mapped, good, dict(rows))
        return mapped

    def _count(self, mapped: Mapped, rows: list[Row]) -> None:
        """Give every row a verdict with what its cells say it is worth, before anything is made of it."""
        at, wide, named = self._at, len(self._table.header), "currency" in self._at
        quantity, price, key = at["quantity"], at["price"], mapped.key
        own = mapped.worth[self._currency] = Worth()
        for number, cells in rows:
            verdict = Verdict(number, "skipped", key)
            mapped.verdicts.append(verdict)
            worth, amount = own, self._fine
            try:
                if named and (code := self._other_currency(cells)):
                    amount = self._amount_in(code)
                    worth = mapped.worth.setdefault(code, Worth())
                    verdict.currency = code
                exact = self._whole[cells[quantity]] * amount[cells[price]]
            except (ValueError, IndexError):
                worth.unreadable += 1
                continue
            if -_LARGEST <= exact <= _LARGEST and not overlong(cells, wide):
                verdict.value = worth.add(exact)
            else:
                worth.unreadable += 1

    def _amount_in(self, code: str) -> Remembered[int]:
        found = self._foreign.get(code)
        if found is None:
            if not was_currency(code):
                raise ValueError(f"{code!r} is not an ISO 4217 currency")
            digits, plain = exponent(code), self._survey.habits.numbers.plain
            found = self._foreign[code] = Remembered(lambda text: fine(plain(text, digits), digits))
        return found

    def _parse(self, verdict: Verdict, cells: list[str]) -> Parsed | None:
        number = verdict.row
        if overlong(cells, len(self._table.header)):
            verdict.skip("bad_row", f"row {number}: has more cells than there are columns")
            return None
        if len(cells) < self._width:
            cells = cells + [""] * (self._width - len(cells))
        at, column = self._at, "invoice"
        if max(map(len, cells)) > LONGEST and (index := long_cell(cells, at.values())) >= 0:
            heading = self._table.header[index]
            verdict.skip("too_long", f"row {number}, {heading}: may have {LONGEST} characters at most")
            return None
        if not self._blanks.value(verdict.key):
            verdict.skip("no_invoice", f"row {number}: the invoice number is empty")
            return None
        try:
            column = "quantity"
            quantity = self._whole[cells[at["quantity"]]]
            if abs(quantity) > MAX_QUANTITY:
                raise ValueError(f"must be from -{MAX_QUANTITY} to {MAX_QUANTITY}")
            column = "price"
            price = self._fine[cells[at["price"]]]
            if abs(quantity * price) > _LARGEST:
                raise ValueError("the line is too large")
            column = "at"
            when = self._instant[cells[at["at"]]]
        except TwoWaysError as error:
            verdict.skip("date_two_ways", f"row {number}, {self._table.header[at['at']]}: {error}")
            return None
        except ValueError as error:
            heading = self._table.header[at[column]]
            verdict.skip(f"bad_{column}", f"row {number}, {heading}: {error}")
            return None
        if other := self._other_currency(cells):
            heading = self._table.header[at["currency"]]
            verdict.skip(
                "other_currency",
                f"row {number}, {heading}: says {other!r}, the channel sells in {self._currency}",
            )
            return None
        customer, country = at.get("customer"), at.get("country")
        title = at.get("title")
        value, word = self._blanks.value, self._blanks.word
        return Parsed(
            verdict, sku_key(word(cells[at["sku"]].strip())), "" if title is None else word(cells[title].strip()),
            quantity, price, when, "" if customer is None else value(identifier(cells[customer])),
            "" if country is None else word(cells[country].strip()),
        )  # fmt: skip

    def _other_currency(self, cells: list[str]) -> str:
        index = self._at.get("currency")
        if index is None or index >= len(cells):
            return ""
        code = self._blanks.value(cells[index].strip()).upper()
        return "" if code == self._currency else code[:40]

    def _keep(self, mapped: Mapped, verdict: str, kind: str, good: list[Parsed], rows: list[Row]) -> None:
        for row in good:
            row.verdict.verdict = verdict
            row.verdict.reason = FEES.get(row.sku, "shipping" if row.sku in SHIPPING else "")
        mapped.kept.append(self._kept(kind, mapped.key, good, dict(rows)))

    def _kept(self, kind: str, key: str, good: list[Parsed], rows: dict[int, list[str]]) -> Kept:
        payload = {
            "columns": list(self._table.header), "rows": [rows[row.verdict.row] for row in good],
            "currency": self._currency, "channel": self._channel,
        }  # fmt: skip
        content = sorted(
            [row.sku, row.title, row.quantity, str(row.price), row.at.isoformat(), row.customer, row.country]
            for row in good
        )
        return Kept(kind, key, payload, sum(row.verdict.value for row in good), [self._currency, content])

    def _sale(self, mapped: Mapped, good: list[Parsed], rows: dict[int, list[str]]) -> None:
        sold = any(
            row.customer or row.sku in SHIPPING or (row.price > 0 and row.quantity > 0) for row in good
        )
        lines: list[Parsed] = []
        charges: list[Parsed] = []
        apart: dict[str, list[Parsed]] = {}
        for row in good:
            group = classify(row, sold=sold)
            if group == "line":
                lines.append(row)
            elif group == "charge":
                charges.append(row)
            elif group:
                apart.setdefault(group, []).append(row)
        mapped.movements = [movement(mapped.key, row) for row in apart.get("uci.stock_adjustment", ())]
        if lines:
            mapped.order, refused = self._order(mapped.key, lines, charges)
            if refused:
                apart.setdefault("uci.credit", []).extend(refused)
        elif charges:
            # A charge without goods (bank charges, a correction of postage) is no order: nothing was promised.
            apart["uci.charge"] = charges
        mapped.kept = [self._kept(kind, mapped.key, group, rows) for kind, group in apart.items()]

    def _order(self, key: str, lines: list[Parsed], charges: list[Parsed]) -> tuple[NewOrder, list[Parsed]]:
        extra = [row for row in charges if row.verdict.value >= 0]
        off = [row for row in charges if row.verdict.value < 0]
        refused: list[Parsed] = []
        if -sum(row.verdict.value for row in off) > sum(row.verdict.value for row in lines):
            refused, off = off, []
            for row in refused:
                row.verdict.verdict = "cancellation"
        place = next((row.country for row in lines if row.country), "")
        customer = next((row.customer for row in lines if row.customer), "")
        order = NewOrder(
            channel=self._channel, external_id=key, placed_at=min(row.at for row in (*lines, *charges)),
            currency=self._currency, lines=tuple(new_line(n, row) for n, row in enumerate(lines, 1)),
            customer=Person(external_id=customer) if customer else None, ship_to=_address(place),
            shipping=NewShipping(price=sum(row.verdict.value for row in extra)),
            discounts=tuple(NewDiscount(row.sku or row.title, -row.verdict.value) for row in off),
            note=_note([row for row in extra if row.sku not in SHIPPING], exponent(self._currency)),
        )  # fmt: skip
        return order, refused


def remap(raw: dict[str, Any]) -> NewOrder | None:
    """The order that the kept rows of an invoice make today; None when they make none."""
    return again(raw).order


def again(raw: dict[str, Any]) -> Mapped:
    """What the kept rows of an invoice come to today."""
    found = Survey(habits=Habits.from_dict(raw))
    mapper = Mapper(
        Table.of_header(raw["columns"]), found, channel=raw["channel"], currency=raw["currency"],
        zone=ZoneInfo(raw["zone"]),
    )  # fmt: skip
    return mapper.invoice(raw["key"], numbered(raw))


def _address(country: str) -> Address | None:
    if not country or country.casefold() == "unspecified":
        return None
    code = country_code(country)
    return Address(country=code) if code else Address(region=country)


def _note(charges: list[Parsed], digits: int) -> str:
    if not charges:
        return ""
    told = (f"{row.title or row.sku} {in_major(row.verdict.value, digits)}" for row in charges)
    return f"Charged with the shipping: {', '.join(told)}"
