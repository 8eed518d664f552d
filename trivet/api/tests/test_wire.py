"""Bad input is named, never guessed at."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from trivet.api import wire
from trivet.api.order_in import read_order
from trivet.api.tests.calls import new_order
from trivet.lib.errors import DomainError, Invalid


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "'c' stands twice"),
        (b'{"a": 1, "": {"c": 1}, "": 1}', "'' stands twice"),
        (b"1e999", "no JSON number"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "no JSON number"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b'{"a": }', "not JSON"),
        (b"[" * 100 + b"]" * 100, "deeper than 32"),
        (b"[" * 100_000, "too deep"),
        (b"", "not JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}}", "not JSON"),
        (b'{"a": ' + b"9" * 5_000 + b', "b": }', "not JSON"),
        (b'{"a": ' + b"9" * 5_000 + b', "b": ' + b"[" * 100_000, "too deep"),
    ],
)
def test_what_is_not_strict_json_is_malformed(body: bytes, message: str) -> None:
    with pytest.raises(wire.Malformed, match=message) as caught:
        wire.load(body)
    named = {b'{"a": 1, "b": {"c": 1, "c": 2}}': "c", b'{"a": 1e999}': "a"}
    assert caught.value.facts["field"] == named.get(body, "body")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"a": [{"id": 9007199254740993}]}', "a[0].id"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "a"),
        (rb'{"a": {"b": "x\u0000"}}', "a.b"),
        (rb'{"a": "\ud800"}', "a"),
    ],
)
def test_what_cannot_be_kept_is_named(body: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        wire.load(body)
    assert caught.value.field == field


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text('ab\u0e01é\n"\\'),
        lambda x: st.lists(x) | st.dictionaries(st.text("abc"), x),
        max_leaves=20,
    )
)
def test_plain_json_comes_through_unchanged(value: Any) -> None:
    assert wire.load(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (wire.load, lambda raw: read_order(wire.load_order(raw))):
        try:
            read(body)
        except DomainError:
            continue


def at(path: str, value: Any) -> dict[str, Any]:
    """A good order with one field changed; the path has dots and list indexes."""
    order = new_order(
        "1", customer={"email": "a@b.cd"}, shipping={"price": 1}, discounts=[{"code": "x", "amount": 1}],
        payments=[{"kind": "capture", "method": "card", "amount": 1}],
        shop_money={"currency": "EUR", "rate": "1.1", "rated_at": "2026-11-23T08:15:00Z"},
    )  # fmt: skip
    order["lines"][0]["tax_lines"] = [{"rate": "0.1", "amount": 0}]
    *parents, last = path.replace("[", ".[").split(".")
    found: Any = order
    for part in parents:
        found = found[int(part[1:-1])] if part.startswith("[") else found[part]
    found[last] = value
    return order


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("channel", 5), ("channel", None), ("external_id", None), ("placed_at", "2026-11-23"),
        ("placed_at", "2026-11-23T08:15:00"), ("placed_at", 5), ("currency", ["GBP"]), ("lines", {}),
        ("lines", None), ("lines[0].quantity", "1"), ("lines[0].quantity", 1.0), ("lines[0].quantity", True),
        ("lines[0].quantity", 2**60), ("lines[0].sku", 5), ("lines[0].colour", "red"),
        ("lines[0].tax_lines", 5), ("lines[0].tax_lines[0].rate", "NaN"), ("lines[0].tax_lines[0].rate", 0.1),
        ("lines[0].tax_included", 1), ("customer", []), ("customer.mail", "x"), ("ship_to.country", "UKR"),
        ("shipping.price", "1"), ("discounts[0].amount", None), ("payments[0].kind", "refund"),
        ("payments[0].method", ["card"]), ("shop_money.rate", "1e99"), ("shop_money.rated_at", None),
        ("on_shortage", "panic"), ("on_shortage", []), ("ship_together", "yes"), ("gift", 1), ("gift_message", 5), ("gift_message", "x" * 501),
        ("tags", "x"), ("tags", [1]),
        ("note", "x" * 10_001), ("fulfill_at", "soon"), ("extra", 1),
    ],
)  # fmt: skip
def test_each_fault_of_an_order_names_its_field(path: str, value: Any) -> None:
    read_order(at("note", "fine"))
    with pytest.raises(Invalid) as caught:
        read_order(at(path, value))
    assert caught.value.field.startswith(path)


def test_the_documented_example_is_read() -> None:
    order = read_order(at("reservation", None))
    assert order.lines[0].external_id == "1" and order.lines[0].tax_included
    assert order.placed_at.isoformat() == "2026-11-23T08:15:00+00:00" and order.never_split_lines


def chunked(data: bytes) -> Any:
    request = RequestFactory().post("/", b"", content_type="application/json")
    request.META |= {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(data)}
    return request


def test_a_chunked_body_is_read_and_bounded() -> None:
    assert wire.receive(chunked(b"{}")) == b"{}"
    with pytest.raises(wire.TooLarge):
        wire.receive(chunked(b"x" * 1_000_001))


def test_a_large_body_is_refused_by_its_length_alone() -> None:
    request = RequestFactory().post("/", b"{}", content_type="application/json")
    request.META["CONTENT_LENGTH"] = "10000000"
    with pytest.raises(wire.TooLarge):
        wire.receive(request)


def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    request = RequestFactory().post("/", b'{"on_hand": 12', content_type="application/json")
    request.META["CONTENT_LENGTH"] = "20"
    with pytest.raises(wire.Malformed, match="14 of 20 bytes"):
        wire.receive(request)
