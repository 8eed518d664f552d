"""A row of an invoice of the UCI shape: what its cells say, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trivet.orders.rules.value import NewLine
from trivet.partners.files.codes import FEES, SHIPPING, is_test
from trivet.partners.files.parse import FINE
from trivet.partners.files.verdicts import Movement, Verdict


@dataclass(slots=True)
class Parsed:
    """A row with its cells read. ``sku`` is in upper case, ``price`` in millionths of a minor unit."""

    verdict: Verdict
    sku: str
    title: str
    quantity: int
    price: int
    at: datetime
    customer: str
    country: str


def letter(key: str) -> str:
    # C536379 takes back, A563185 adjusts a debt; an invoice called CARD-7 does neither.
    return key[0].upper() if key[:1] in ("C", "c", "A", "a") and key[1:].isdigit() else ""


def one_customer(good: list[Parsed], heading: str) -> None:
    # An invoice of two buyers is two orders or a slip of the keyboard; whose it is would be a guess.
    named = [row for row in good if row.customer]
    for row in named:
        if row.customer != named[0].customer:
            verdict = row.verdict
            verdict.skip(
                "two_customers",
                f"row {verdict.row}, {heading}: says {row.customer[:60]!r}, row {named[0].verdict.row} of the order "
                "another thing",
            )


def classify(row: Parsed, *, sold: bool) -> str:
    """Give one row of a plain invoice its verdict; answers the group it belongs to, empty when it is skipped.

    ``sold``: somebody bought, something was paid or posted on this invoice, so goods at price 0 are a gift to the
    buyer; otherwise they only correct the stock.
    """
    verdict = row.verdict
    if row.quantity == 0:
        verdict.skip("zero_quantity", "a row of no units says nothing")
        return ""
    if row.sku in SHIPPING or row.sku in FEES:
        verdict.verdict = "shipping" if row.sku in SHIPPING else "fee"
        verdict.reason = FEES.get(row.sku, "")
        return "charge"
    if is_test(row.sku):
        verdict.skip("test_entry", "a trial entry of the shop, not a sale")
        return ""
    if row.price < 0:
        verdict.verdict, verdict.reason = "cancellation", "negative_price"
        return "uci.credit"
    if row.quantity > 0 and (row.price > 0 or sold):
        if not row.sku and not row.title:
            verdict.skip("no_goods", "neither stock code nor description says what was sold")
            return ""
        verdict.verdict = "order_line"
        verdict.reason = "" if row.price else "free"
        return "line"
    if row.price > 0:
        verdict.verdict, verdict.reason = "cancellation", "negative_line"
        return "uci.credit"
    if not row.sku:
        verdict.skip("no_goods", "no stock code says what was counted")
        return ""
    verdict.verdict = "stock_adjustment"
    verdict.reason = "write_off" if row.quantity < 0 else "found"
    return "uci.stock_adjustment"


def movement(key: str, row: Parsed) -> Movement:
    return Movement(key, row.sku, row.quantity, row.verdict.reason, row.title, row.at)


def new_line(number: int, row: Parsed) -> NewLine:
    # A price finer than the currency is kept exact for the line: the unit price is rounded up, the line discount
    # takes back what that is too much.
    value, quantity = row.verdict.value, row.quantity
    unit = -(-value // quantity)
    if unit * quantity != value:
        row.verdict.reason = "finer_price"
    elif row.price % FINE:
        row.verdict.reason = "rounded"
    return NewLine(
        external_id=str(number), sku=row.sku, title=row.title, quantity=quantity, unit_price=unit,
        discount=unit * quantity - value,
    )  # fmt: skip
