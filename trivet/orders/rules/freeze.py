"""Checking a new order and freezing its money: refund rules R1-R3 start here.

Sources: ISO 4217 for the minor unit; R2 (order discount to lines by largest remainder) and R3 (units of a
line by cumulative half-even rounding) are this product's refund rules, kept for cancel, edit and return alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from trivet.lib.digest import storable
from trivet.lib.errors import Invalid
from trivet.lib.money import is_currency, split, units_share
from trivet.orders.rules.payments import FrozenPayments, freeze_payments
from trivet.orders.rules.value import (
    LONGEST_GIFT_MESSAGE,
    MAX_AMOUNT,
    MAX_LINES,
    MAX_QUANTITY,
    NewLine,
    NewOrder,
    ShopMoney,
)


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """The money of a line as sold: never computed again from prices or today's rates.

    ``order_discount`` is the line's share of all order discounts, ``shares`` the same per code;
    ``paid`` is what the customer owes for the line, with tax.
    """

    gross: int
    discount: int
    order_discount: int
    shares: tuple[tuple[str, int], ...]
    tax: int
    tax_included: bool
    quantity: int

    @property
    def net_of_discounts(self) -> int:
        """Gross − line discount − share of the order discounts."""
        return self.gross - self.discount - self.order_discount

    @property
    def paid(self) -> int:
        """What the line costs the customer, with tax."""
        return self.net_of_discounts + (0 if self.tax_included else self.tax)

    def share(self, start: int, count: int) -> tuple[int, int]:
        """(paid, tax) of ``count`` units after the first ``start``: rule R3."""
        return (
            units_share(self.paid, self.quantity, start, count),
            units_share(self.tax, self.quantity, start, count),
        )


@dataclass(frozen=True, slots=True)
class FrozenOrder:
    """The money of an order as sold. ``total = Σ lines.paid + shipping``; ``payments`` is what came with it."""

    lines: tuple[FrozenLine, ...]
    items: int
    discount: int
    added_tax: int
    included_tax: int
    shipping: int
    total: int
    payments: FrozenPayments


def freeze(order: NewOrder) -> FrozenOrder:
    """The frozen money of ``order``; :class:`Invalid` names the field that breaks a rule."""
    check(order)
    shares = _discount_shares(order)
    lines = tuple(
        FrozenLine(
            gross=line.gross,
            discount=line.discount,
            order_discount=sum(amount for _, amount in shares[i]),
            shares=shares[i],
            tax=line.tax,
            tax_included=line.tax_included,
            quantity=line.quantity,
        )
        for i, line in enumerate(order.lines)
    )
    for i, line in enumerate(lines):
        if line.tax_included and line.tax > line.net_of_discounts:
            raise Invalid(f"lines[{i}].tax", "tax inside the price is larger than the price")
    shipping = order.shipping
    total = sum(line.paid for line in lines) + shipping.total
    if total > MAX_AMOUNT:
        raise Invalid("lines", "the total is too large")
    taxes = [(x.tax, x.tax_included) for x in lines] + [(shipping.tax, shipping.tax_included)]
    return FrozenOrder(
        lines=lines,
        items=sum(line.gross for line in lines),
        discount=sum(line.discount + line.order_discount for line in lines) + shipping.discount,
        added_tax=sum(tax for tax, included in taxes if not included),
        included_tax=sum(tax for tax, included in taxes if included),
        shipping=shipping.price,
        total=total,
        payments=freeze_payments(order.payments, total),
    )


def _discount_shares(order: NewOrder) -> list[tuple[tuple[str, int], ...]]:
    bases = [line.gross - line.discount for line in order.lines]
    if not order.discounts:
        return [()] * len(bases)
    shares: list[list[tuple[str, int]]] = [[] for _ in bases]
    left = list(bases)
    for n, found in enumerate(order.discounts):
        if found.amount > sum(left):
            raise Invalid(f"discounts[{n}].amount", "discounts exceed the price of the lines")
        for i, part in enumerate(_capped(found.amount, bases, left)):
            left[i] -= part
            shares[i].append((found.code, part))
    return [tuple(s) for s in shares]


def _capped(amount: int, weights: Sequence[int], room: Sequence[int]) -> list[int]:
    # Several discounts together can push a rounded share past what is left of a line; the excess moves on.
    parts = split(amount, weights)
    excess = 0
    for i, part in enumerate(parts):
        if part > room[i]:
            excess += part - room[i]
            parts[i] = room[i]
    for i, cap in enumerate(room):
        taken = min(excess, cap - parts[i])
        parts[i] += taken
        excess -= taken
    return parts


def check(order: NewOrder) -> None:
    """Refuse what cannot be an order, naming the field (:class:`Invalid`)."""
    if not storable(order):
        for field, text in _texts(order):
            if "\x00" in text or not _encodable(text):
                raise Invalid(field, "contains characters that cannot be stored")
    if not order.external_id.strip():
        raise Invalid("external_id", "is empty")
    if order.placed_at.tzinfo is None:
        raise Invalid("placed_at", "needs a time zone")
    _check_currency("currency", order.currency, order.placed_at)
    if len(order.gift_message) > LONGEST_GIFT_MESSAGE:
        raise Invalid("gift_message", f"may have {LONGEST_GIFT_MESSAGE} characters at most")
    if order.gift_message and not order.gift:
        raise Invalid("gift_message", "belongs to a gift")
    if not order.lines:
        raise Invalid("lines", "an order needs at least one line")
    if len(order.lines) > MAX_LINES:
        raise Invalid("lines", f"more than {MAX_LINES} lines")
    seen: set[str] = set()
    for i, line in enumerate(order.lines):
        check_line(f"lines[{i}]", line)
        if line.external_id in seen:
            raise Invalid(f"lines[{i}].external_id", f"{line.external_id!r} stands twice")
        seen.add(line.external_id)
    if sum(line.quantity for line in order.lines) > MAX_QUANTITY:
        raise Invalid("lines", f"an order may have {MAX_QUANTITY} units at most")
    _check_amounts(order)


def check_line(at: str, line: NewLine) -> None:
    """Refuse what cannot be a line, naming the field below ``at`` (:class:`Invalid`)."""
    if not line.sku.strip() and not line.title.strip():
        raise Invalid(f"{at}.sku", "a line needs a SKU or a title")
    if not 1 <= line.quantity <= MAX_QUANTITY:
        raise Invalid(f"{at}.quantity", f"must lie between 1 and {MAX_QUANTITY}")
    for name in ("unit_price", "discount", "tax"):
        _check_amount(f"{at}.{name}", getattr(line, name))
    if line.gross > MAX_AMOUNT:
        raise Invalid(f"{at}.unit_price", "the line is too large")
    if line.discount > line.gross:
        raise Invalid(f"{at}.discount", "is larger than the line")
    for j, tax in enumerate(line.tax_lines):
        _check_amount(f"{at}.tax_lines[{j}].amount", tax.amount)
        if not (tax.rate.is_finite() and 0 <= tax.rate <= 10):
            raise Invalid(f"{at}.tax_lines[{j}].rate", "must lie between 0 and 10")
        _check_decimals(f"{at}.tax_lines[{j}].rate", tax.rate, 8)
    if line.tax_lines and sum(t.amount for t in line.tax_lines) != line.tax:
        raise Invalid(f"{at}.tax_lines", f"do not add up to the tax of the line, {line.tax}")


def _check_amounts(order: NewOrder) -> None:
    shipping = order.shipping
    for name in ("price", "discount", "tax"):
        _check_amount(f"shipping.{name}", getattr(shipping, name))
    if shipping.discount > shipping.price:
        raise Invalid("shipping.discount", "is larger than the price")
    if shipping.tax_included and shipping.tax > shipping.price - shipping.discount:
        raise Invalid("shipping.tax", "tax inside the price is larger than the price")
    for n, found in enumerate(order.discounts):
        _check_amount(f"discounts[{n}].amount", found.amount)
    if order.shop_money is not None:
        _check_shop_money(order.shop_money, order.placed_at)


def _check_shop_money(shop: ShopMoney, at: datetime) -> None:
    _check_currency("shop_money.currency", shop.currency, at)
    _check_exchange("shop_money.rate", shop.rate)
    if shop.settlement_currency:
        _check_currency("shop_money.settlement_currency", shop.settlement_currency, at)
    elif shop.settlement_rate is not None:
        raise Invalid("shop_money.settlement_currency", "is needed beside settlement_rate")
    if shop.settlement_rate is not None:
        _check_exchange("shop_money.settlement_rate", shop.settlement_rate)
    elif shop.settlement_rated_at is not None:
        raise Invalid("shop_money.settlement_rate", "is needed beside settlement_rated_at")


def _check_currency(field: str, code: str, at: datetime) -> None:
    # History may be in money of its day.
    if not is_currency(code, at.date()):
        raise Invalid(field, f"{code!r} is not an ISO 4217 currency")


def _check_exchange(field: str, rate: Decimal) -> None:
    if not rate.is_finite() or rate <= 0:
        raise Invalid(field, "must be more than zero")
    if rate >= 10**9:
        raise Invalid(field, "is too large")
    _check_decimals(field, rate, 10)


def _check_decimals(field: str, rate: Decimal, most: int) -> None:
    # Rates are kept as they came: what is finer than its place would be rounded in silence.
    if rate.is_finite() and rate != round(rate, most):
        raise Invalid(field, f"may have {most} decimals at most")


def _check_amount(field: str, amount: int) -> None:
    if not 0 <= amount <= MAX_AMOUNT:
        raise Invalid(field, f"must lie between 0 and {MAX_AMOUNT} minor units")


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    for name in value.__slots__:
        part = getattr(value, name)
        field = f"{at}.{name}" if at else name
        if type(part) is str:
            yield field, part
        elif type(part) is tuple:
            for i, item in enumerate(part):
                if type(item) is str:
                    yield f"{field}[{i}]", item
                else:
                    yield from _texts(item, f"{field}[{i}]")
        elif hasattr(part, "__slots__") and hasattr(part, "__dataclass_fields__"):
            yield from _texts(part, field)
