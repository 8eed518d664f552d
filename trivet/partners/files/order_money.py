"""What the rows of an order in our own columns are worth, from their cells alone.

Counted before an order is made, whatever becomes of it, so that what the order comes to can be compared with it: this
module knows nothing of lines, discounts' shares or verdicts, and reads amounts that the mapper refuses (negative ones,
ones finer than the currency).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from trivet.lib.money import exponent, was_currency
from trivet.orders.rules.value import MAX_AMOUNT
from trivet.partners.files.numbers import Numbers
from trivet.partners.files.parse import FINE, Remembered, fine, whole, yes
from trivet.partners.files.verdicts import Mapped, Worth

Text = Callable[[str], str]
"""The cell of a row in a named column; empty when it is missing."""

_OF_ORDER = {"order_discount": -1, "shipping": 1, "shipping_discount": -1, "shipping_tax": 1}


class OrderMoney:
    """Reads the money of orders; ``columns`` are those that the file has, ``currency`` counts where it names none."""

    def __init__(self, columns: Collection[str], numbers: Numbers, currency: str) -> None:
        self._has = frozenset(columns)
        self._of_order = [(name, sign) for name, sign in _OF_ORDER.items() if name in columns]
        self._numbers = numbers
        self._currency = currency
        self._whole = Remembered(lambda text: whole(numbers.plain(text)))
        self._amounts: dict[int, Remembered[int]] = {}

    def count(self, mapped: Mapped, rows: Sequence[Text | None], *, together: bool = True) -> None:
        """Tell ``mapped`` and each of its verdicts what the rows are worth; None for a row that is out of its columns.

        quantity × price − discount, with the tax beside the price; an amount of the whole order (its discount, its
        shipping) counts once, in the first row that holds it, or in each when the rows are not one order
        (``together``).
        """
        currency = _first(rows, "currency") or self._currency
        shipping_included = _first(rows, "shipping_tax_included")
        counted: set[str] = set()
        for verdict, text in zip(mapped.verdicts, rows, strict=True):
            code = ((text("currency") if text is not None else "") or currency).upper()
            if text is None or not was_currency(code):
                mapped.worth.setdefault(self._currency, Worth()).unreadable += 1
                continue
            worth = mapped.worth.get(code)
            if worth is None:
                worth = mapped.worth[code] = Worth()
            verdict.currency = code
            held = [(name, sign) for name, sign in self._of_order if name not in counted and text(name)]
            try:
                exact = self._exact(text, held, shipping_included, exponent(code))
            except ValueError:
                worth.unreadable += 1
                continue
            verdict.value = worth.add(exact)
            if together:
                counted.update(name for name, _ in held)

    def _exact(self, text: Text, held: Iterable[tuple[str, int]], shipping_included: str, digits: int) -> int:
        amount = self._amounts.get(digits)
        if amount is None:
            plain = self._numbers.plain
            amount = self._amounts[digits] = Remembered(lambda cell: fine(plain(cell, digits), digits))
        exact = self._whole[text("quantity")] * amount[text("unit_price")]
        if "discount" in self._has and (cell := text("discount")):
            exact -= amount[cell]
        if "tax" in self._has and (cell := text("tax")) and not yes(text("tax_included")):
            exact += amount[cell]
        for name, sign in held:
            if name != "shipping_tax" or not yes(shipping_included):
                exact += sign * amount[text(name)]
        if abs(exact) > MAX_AMOUNT * FINE:
            raise ValueError(f"{exact!r} is too large")
        return exact


def _first(rows: Sequence[Text | None], name: str) -> str:
    return next((found for text in rows if text is not None and (found := text(name))), "")
