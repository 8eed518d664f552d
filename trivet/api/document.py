"""The OpenAPI document: what the framework derives, plus what holds for every address."""

from __future__ import annotations

from typing import Any

from trivet.api.order_in import EXCHANGE, FRACTION
from trivet.api.problems import CONTENT_TYPE, TABLE
from trivet.orders.rules.value import (
    LONGEST,
    LONGEST_GIFT_MESSAGE,
    LONGEST_NOTE,
    MAX_AMOUNT,
    MAX_LINES,
    MAX_QUANTITY,
)

WRITES = {"post", "put", "patch", "delete"}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "for people"},
        "code": {"type": "string", "description": "stable, for programs"},
        "field": {
            "type": "string",
            "description": (
                "path of the field at fault, such as lines[0].quantity; the name of a header or parameter; body for "
                "the body as a whole; of a key that stands twice, its name"
            ),
        },
        "facts": {"type": "object", "description": "what else is known, by code"},
    },
}

_TITLES = {status: title for _, status, title in reversed(TABLE)}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add the problem answers, the idempotency key and the wire format of orders."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    schemas["NewOrder"] = new_order()
    for operations in document["paths"].values():
        for method, operation in operations.items():
            _complete_operation(method, operation)
    return document


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    # Always possible: an unknown key of an address, a parameter out of range or unknown.
    statuses = {400, 404, 422, 503}
    if operation.get("security"):
        statuses |= {401, 403}
    if method in WRITES:
        statuses |= {409, 413, 415}
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The answer is kept for two days and given again for the same request. The key of a "
                "request that was cut off before it did anything is free again after a minute.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    for status in sorted(statuses):
        operation["responses"].setdefault(
            status,
            {
                "description": _TITLES[status],
                "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )


def _fields(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": required, "additionalProperties": False
    }  # fmt: skip


def _text(longest: int = LONGEST) -> dict[str, Any]:
    return {"type": ["string", "null"], "maxLength": longest}


_AMOUNT = {"type": "integer", "minimum": 0, "maximum": MAX_AMOUNT, "description": "minor units"}
_INSTANT = {"type": "string", "format": "date-time"}
_MAYBE = {"type": ["string", "null"], "format": "date-time"}
_RATE = {"type": "string", "pattern": f"^{FRACTION}$", "description": "a fraction: 0.10 is 10 %"}
_EXCHANGE = {
    "type": "string", "pattern": f"^{EXCHANGE}$",
    "description": "units of this currency for one unit of the order's",
}  # fmt: skip
_COUNTRY = {"type": ["string", "null"], "pattern": "^([A-Z]{2})?$"}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": items, "maxItems": most}


def new_order() -> dict[str, Any]:
    """The schema of an order on the wire."""
    person = _fields({k: _text() for k in ("external_id", "email", "phone", "name", "locale")}, [])
    discount = _fields({"code": _text(), "amount": _AMOUNT}, ["amount"])
    properties = {
        "channel": {"type": "string", "maxLength": LONGEST},
        "external_id": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        "placed_at": _INSTANT,
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "customer": _or_null(person),
        "ship_to": _or_null(_address()),
        "bill_to": _or_null(_address()),
        "pickup_location": _text(),
        "lines": {"type": "array", "items": _line(), "minItems": 1, "maxItems": MAX_LINES},
        "shipping": _or_null(_shipping()),
        "discounts": _list(discount, 100),
        "payments": _list(_payment(), 100),
        "shop_money": _or_null(_shop_money()),
        "reservation": {"type": ["string", "null"], "format": "uuid"},
        "on_shortage": {"enum": ["accept", "backorder", "refuse", None]},
        "ship_together": {"type": "boolean"},
        "never_split_lines": {"type": "boolean"},
        "fulfill_at": _MAYBE,
        "gift": {"type": "boolean"},
        "gift_message": {**_text(LONGEST_GIFT_MESSAGE), "description": "for a gift only"},
        "tags": _list({"type": "string", "minLength": 1, "maxLength": 100}, 100),
        "note": _text(LONGEST_NOTE),
    }
    needed = ["channel", "external_id", "placed_at", "currency", "lines"]
    return {**_fields(properties, needed), "title": "NewOrder"}


def _address() -> dict[str, Any]:
    texts = ("name", "line1", "line2", "city", "region", "postal_code", "phone")
    return _fields({**{k: _text() for k in texts}, "country": _COUNTRY}, [])


def _line() -> dict[str, Any]:
    tax = {
        "title": _text(), "rate": _RATE, "amount": _AMOUNT, "jurisdiction": _text(), "marketplace": {"type": "boolean"},
    }  # fmt: skip
    line = {
        "external_id": _text(), "sku": _text(), "title": _text(),
        "quantity": {"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY}, "unit_price": _AMOUNT,
        "discount": _AMOUNT, "tax": _AMOUNT, "tax_included": {"type": "boolean"},
        "tax_lines": _list(_fields(tax, ["amount"]), 100),
    }  # fmt: skip
    return _fields(line, ["quantity", "unit_price"])


def _shipping() -> dict[str, Any]:
    amounts = dict.fromkeys(("price", "discount", "tax"), _AMOUNT)
    return _fields({"method": _text(), **amounts, "tax_included": {"type": "boolean"}}, [])


def _payment() -> dict[str, Any]:
    methods = [
        "card", "wallet", "bank_transfer", "cod", "store_credit", "gift_card", "marketplace", "cash", "other",
    ]  # fmt: skip
    return _fields(
        {
            "kind": {"enum": ["authorize", "capture"]}, "method": {"enum": methods}, "gateway": _text(),
            "reference": _text(), "amount": {**_AMOUNT, "minimum": 1},
            "parent": {**_text(), "description": "of a capture: the reference of the authorisation that it captures"},
            "expires_at": {**_MAYBE, "description": "of an authorisation: when it ends"},
        },
        ["kind", "method", "amount"],
    )  # fmt: skip


def _shop_money() -> dict[str, Any]:
    return _fields(
        {
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}, "rate": _EXCHANGE, "rated_at": _INSTANT,
            "settlement_currency": {"type": ["string", "null"], "pattern": "^([A-Z]{3})?$"},
            "settlement_rate": _or_null(_EXCHANGE), "settlement_rated_at": _MAYBE,
        },
        ["currency", "rate", "rated_at"],
    )  # fmt: skip
