"""Why a row of a file became what it became, for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, str | Promise] = {
    "orders": _("Orders"),
    "catalog": _("Products"),
    "stock": _("Counted stock"),
}

STOCK_MODES: dict[str, str | Promise] = {
    "skip": _("History: stock stays as it is"),
    "update": _("New orders: promise stock for them"),
    "force": _("Sales that happened: take them off, even beyond stock"),
}

FORMATS: dict[str, str | Promise] = {
    "csv": _("Trivet's columns, one row a line of an order"),
    "uci": _("UCI Online Retail (InvoiceNo, StockCode, …)"),
}

DATES: dict[str, str | Promise] = {
    "": _("As the file shows"),
    "day-first": _("Day before month"),
    "month-first": _("Month before day"),
}

DECIMALS: dict[str, str | Promise] = {
    "": _("As the file shows"),
    "point": _("A point: 12.75"),
    "comma": _("A comma: 12,75"),
}

REASONS: dict[str, str | Promise] = {
    "bad_value": _("A value cannot be used"),
    "bad_row": _("The row has more cells than there are columns"),
    "bad_barcode": _("The barcode is wrong and was left out"),
    "too_long": _("A text is too long"),
    "headings": _("The headings once more"),
    "other_currency": _("Another currency than the channel's"),
    "date_two_ways": _("The date can be read two ways"),
    "two_customers": _("The invoice names two customers"),
    "no_invoice": _("No invoice number"),
    "no_goods": _("Does not say what was sold"),
    "invoice_unreadable": _("Another row of the invoice cannot be read"),
    "order_refused": _("Another row of the order cannot be used"),
    "refused": _("Refused"),
    "conflict": _("Stored before with other content"),
    "zero_quantity": _("No units"),
    "test_entry": _("A trial entry of the shop"),
    "unknown_sku": _("The SKU is not in the catalogue"),
    "unknown_place": _("The place does not exist"),
    "bundle": _("A bundle: its parts are counted, not itself"),
    "free": _("Free of charge"),
    "finer_price": _("The price was finer than a penny"),
    "rounded": _("The price was rounded"),
    "negative_price": _("A negative price"),
    "negative_line": _("Negative units at a price"),
    "write_off": _("Written off"),
    "found": _("Found"),
    "manual": _("Booked by hand"),
    "discount": _("Discount"),
    "samples": _("Samples"),
    "bad_debt": _("Bad debt"),
    "bank_charges": _("Bank charges"),
    "marketplace_fee": _("Fee of a marketplace"),
    "donation": _("Donation"),
    "adjustment": _("Adjustment of the books"),
    "error": _("Refused"),
    "invalid": _("A value cannot be used"),
    "not_found": _("Something it names does not exist"),
    "forbidden": _("Not allowed"),
    "wrong_state": _("The state did not allow it"),
    "out_of_stock": _("Not enough stock"),
    "busy": _("Too busy; import the file again for the rest"),
}
"""By the stable code of a verdict's reason."""

OUTCOMES: dict[str, str | Promise] = {
    "created": _("new"),
    "updated": _("changed"),
    "unchanged": _("known before"),
    "conflict": _("known with other content"),
    "refused": _("refused"),
    "applied": _("applied"),
    "named": _("named by the file"),
}
"""What became of the orders, products or kept rows of a file."""


def reason(code: str) -> str:
    """The reason in words."""
    return str(REASONS.get(code, code.replace("_", " ")))
