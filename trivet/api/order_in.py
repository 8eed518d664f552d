"""An order on the wire → ``NewOrder``. Written by hand because intake's throughput hangs on it.

Unknown fields are refused: a misspelt ``on_shortage`` must not become a default. Rules of the business (sums,
currencies, ranges) are checked by ``orders.rules``; here it is about shape and type.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from trivet.lib.errors import Invalid
from trivet.orders.rules.value import (
    LONGEST,
    LONGEST_NOTE,
    Address,
    NewDiscount,
    NewLine,
    NewOrder,
    NewPayment,
    NewShipping,
    NewTaxLine,
    OnShortage,
    Person,
    ShopMoney,
)

MAPPER = "api/1"
"""Name and version of this mapping: the version is raised when the same JSON would map to other content (A13)."""

MOST_TAGS = 100
FRACTION = r"\d{1,2}(\.\d{1,8})?"
"""The rate of a tax as text: what its column holds, exactly."""
EXCHANGE = r"\d{1,9}(\.\d{1,10})?"
"""A rate of exchange as text."""
_INT = 2**53

_SHORTAGE: dict[object, OnShortage] = {"accept": "accept", "backorder": "backorder", "refuse": "refuse"}
_KINDS = frozenset({"authorize", "capture"})
_METHODS = frozenset(
    {"card", "wallet", "bank_transfer", "cod", "store_credit", "gift_card", "marketplace", "cash", "other"}
)
_ORDER = frozenset(NewOrder.__dataclass_fields__)
_ADDRESS = frozenset(Address.__dataclass_fields__)
_PERSON = frozenset(Person.__dataclass_fields__)
_LINE = frozenset(NewLine.__dataclass_fields__)
_TAX = frozenset(NewTaxLine.__dataclass_fields__)
_SHIPPING = frozenset(NewShipping.__dataclass_fields__)
_DISCOUNT = frozenset(NewDiscount.__dataclass_fields__)
_PAYMENT = frozenset(NewPayment.__dataclass_fields__)
_SHOP = frozenset(ShopMoney.__dataclass_fields__)


def read_order(data: Any) -> NewOrder:
    """The order that ``data`` (parsed JSON) describes; :class:`Invalid` names the field at fault."""
    _object("", data, _ORDER)
    get = data.get
    lines = get("lines")
    if type(lines) is not list:
        raise Invalid("lines", "must be a list of lines" if "lines" in data else "is missing")
    shipping, person, shop = get("shipping"), get("customer"), get("shop_money")
    ship_to, bill_to, shortage = get("ship_to"), get("bill_to"), get("on_shortage")
    if shortage is not None and (type(shortage) is not str or shortage not in _SHORTAGE):
        raise Invalid("on_shortage", "must be accept, backorder or refuse")
    return NewOrder(
        channel=_text("channel", data, "", needed=True),
        external_id=_text("external_id", data, "", needed=True),
        placed_at=_instant("placed_at", get("placed_at"), "placed_at" in data),
        currency=_text("currency", data, "", needed=True),
        lines=tuple([_line(i, line) for i, line in enumerate(lines)]),
        customer=None if person is None else _person(person),
        ship_to=None if ship_to is None else _address("ship_to", ship_to),
        bill_to=None if bill_to is None else _address("bill_to", bill_to),
        pickup_location=_text("pickup_location", data, ""),
        shipping=NewShipping() if shipping is None else _shipping(shipping),
        discounts=_items("discounts", data, _discount),
        payments=_items("payments", data, _payment),
        shop_money=None if shop is None else _shop_money(shop),
        reservation=_text("reservation", data, ""),
        on_shortage=None if shortage is None else _SHORTAGE[shortage],
        ship_together=_flag("ship_together", data, "", False),
        never_split_lines=_flag("never_split_lines", data, "", True),
        fulfill_at=_maybe_instant("fulfill_at", get("fulfill_at")),
        gift=_flag("gift", data, "", False),
        gift_message=_text("gift_message", data, ""),
        tags=_tags(get("tags")),
        note=_text("note", data, "", longest=LONGEST_NOTE),
    )


def _object(at: str, data: Any, known: frozenset[str]) -> None:
    if type(data) is not dict:
        raise Invalid(at or "body", "must be an object")
    if not data.keys() <= known:
        stray = min(data.keys() - known)
        raise Invalid(f"{at}.{stray}" if at else stray, "is not a field of the format")


def _text(name: str, data: dict[str, Any], at: str, *, needed: bool = False, longest: int = LONGEST) -> str:
    value = data.get(name)
    if type(value) is str:
        if len(value) > longest:
            raise Invalid(at + name, f"may have {longest} characters at most")
        return value
    if value is None and not needed:
        return ""
    raise Invalid(at + name, "must be text" if name in data else "is missing")


def _number(name: str, data: dict[str, Any], at: str, default: int | None = 0) -> int:
    value = data.get(name)
    if type(value) is int:
        if not -_INT < value < _INT:
            raise Invalid(at + name, "is beyond 2^53")
        return value
    if name not in data and default is not None:
        return default
    raise Invalid(at + name, "must be a whole number" if name in data else "is missing")


def _flag(name: str, data: dict[str, Any], at: str, default: bool) -> bool:
    value = data.get(name, default)
    if type(value) is not bool:
        raise Invalid(at + name, "must be true or false")
    return value


def _instant(field: str, value: Any, given: bool) -> datetime:
    if type(value) is not str:
        raise Invalid(field, "must be a time such as 2026-11-23T08:15:00Z" if given else "is missing")
    try:
        # RFC 3339 has the T (or a blank), so a bare date is not an instant.
        found = datetime.fromisoformat(value) if 19 <= len(value) <= 40 and value[10] in "Tt " else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid(field, "must be a time with its zone, such as 2026-11-23T08:15:00Z")
    if not 1990 <= found.year <= 2200:
        raise Invalid(field, "must lie between 1990 and 2200")
    return found.astimezone(UTC)


def _maybe_instant(field: str, value: Any) -> datetime | None:
    return None if value is None else _instant(field, value, True)


def _ratio(field: str, value: Any, form: str, means: str) -> Decimal:
    if type(value) is str and value.isascii() and re.fullmatch(form, value):
        return Decimal(value)
    raise Invalid(field, f'must be a decimal number as text, such as "0.10", with {means} at most')


def _items(name: str, data: dict[str, Any], read: Any) -> tuple[Any, ...]:
    value = data.get(name)
    if value is None:
        return ()
    if type(value) is not list:
        raise Invalid(name, "must be a list")
    if len(value) > 100:
        raise Invalid(name, "may have 100 entries at most")
    return tuple([read(f"{name}[{i}]", item) for i, item in enumerate(value)])


def _line(i: int, data: Any) -> NewLine:
    at = f"lines[{i}]"
    _object(at, data, _LINE)
    at += "."
    taxes = data.get("tax_lines")
    if taxes:
        if type(taxes) is not list or len(taxes) > 100:
            raise Invalid(f"{at}tax_lines", "must be a list of 100 taxes at most")
        tax_lines = tuple([_tax(f"{at}tax_lines[{j}]", tax) for j, tax in enumerate(taxes)])
    elif taxes is None or taxes == []:
        tax_lines = ()
    else:
        raise Invalid(f"{at}tax_lines", "must be a list")
    return NewLine(
        external_id=_text("external_id", data, at) or str(i + 1),
        sku=_text("sku", data, at),
        title=_text("title", data, at),
        quantity=_number("quantity", data, at, None),
        unit_price=_number("unit_price", data, at, None),
        discount=_number("discount", data, at),
        tax=_number("tax", data, at),
        tax_included=_flag("tax_included", data, at, True),
        tax_lines=tax_lines,
    )


def _tax(at: str, data: Any) -> NewTaxLine:
    _object(at, data, _TAX)
    return NewTaxLine(
        title=_text("title", data, f"{at}."),
        rate=_ratio(f"{at}.rate", data.get("rate", "0"), FRACTION, "8 decimals"),
        amount=_number("amount", data, f"{at}.", None),
        jurisdiction=_text("jurisdiction", data, f"{at}."),
        marketplace=_flag("marketplace", data, f"{at}.", False),
    )


def _shipping(data: Any) -> NewShipping:
    _object("shipping", data, _SHIPPING)
    return NewShipping(
        method=_text("method", data, "shipping.") or "standard",
        price=_number("price", data, "shipping."),
        discount=_number("discount", data, "shipping."),
        tax=_number("tax", data, "shipping."),
        tax_included=_flag("tax_included", data, "shipping.", True),
    )


def _person(data: Any) -> Person:
    _object("customer", data, _PERSON)
    at = "customer."
    return Person(
        _text("external_id", data, at),
        _text("email", data, at),
        _text("phone", data, at),
        _text("name", data, at),
        _text("locale", data, at),
    )


def _address(at: str, data: Any) -> Address:
    _object(at, data, _ADDRESS)
    country = _text("country", data, f"{at}.")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        raise Invalid(f"{at}.country", "must be a country code of two capitals (ISO 3166-1)")
    at += "."
    return Address(
        _text("name", data, at),
        _text("line1", data, at),
        _text("line2", data, at),
        _text("city", data, at),
        _text("region", data, at),
        _text("postal_code", data, at),
        country,
        _text("phone", data, at),
    )


def _discount(at: str, data: Any) -> NewDiscount:
    _object(at, data, _DISCOUNT)
    return NewDiscount(_text("code", data, f"{at}."), _number("amount", data, f"{at}.", None))


def _payment(at: str, data: Any) -> NewPayment:
    _object(at, data, _PAYMENT)
    kind, method = data.get("kind"), data.get("method")
    if type(kind) is not str or kind not in _KINDS:
        raise Invalid(f"{at}.kind", "must be authorize or capture")
    if type(method) is not str or method not in _METHODS:
        raise Invalid(f"{at}.method", f"must be one of {', '.join(sorted(_METHODS))}")
    return NewPayment(
        kind,  # type: ignore[arg-type]  # checked above
        method,  # type: ignore[arg-type]  # checked above
        _text("gateway", data, f"{at}.") or "manual",
        _text("reference", data, f"{at}."),
        _number("amount", data, f"{at}.", None),
        _text("parent", data, f"{at}."),
        _maybe_instant(f"{at}.expires_at", data.get("expires_at")),
    )


def _shop_money(data: Any) -> ShopMoney:
    _object("shop_money", data, _SHOP)
    settled = data.get("settlement_rate")
    return ShopMoney(
        currency=_text("currency", data, "shop_money.", needed=True),
        rate=_ratio("shop_money.rate", data.get("rate"), EXCHANGE, "10 decimals"),
        rated_at=_instant("shop_money.rated_at", data.get("rated_at"), "rated_at" in data),
        settlement_currency=_text("settlement_currency", data, "shop_money."),
        settlement_rate=None
        if settled is None
        else _ratio("shop_money.settlement_rate", settled, EXCHANGE, "10 decimals"),
        settlement_rated_at=_maybe_instant("shop_money.settlement_rated_at", data.get("settlement_rated_at")),
    )


def _tags(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if type(value) is not list or len(value) > MOST_TAGS:
        raise Invalid("tags", f"must be a list of {MOST_TAGS} texts at most")
    for i, tag in enumerate(value):
        if type(tag) is not str or not 0 < len(tag) <= 100:
            raise Invalid(f"tags[{i}]", "must be text of 1 to 100 characters")
    return tuple(dict.fromkeys(value))
