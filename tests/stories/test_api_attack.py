"""Outsiders at the API: whatever they send is a problem that names the field, and leaves nothing behind."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.journal.rules import SYSTEM
from trivet.lib import clock, ids
from trivet.orders.models import Order
from trivet.staff.actions import revoke_api_key
from trivet.staff.models import ApiKey

pytestmark = pytest.mark.django_db(transaction=True)

NDJSON = {"content_type": "application/x-ndjson"}


@pytest.fixture
def shop() -> Caller:
    built = world.build()
    built.sku("TEE", {"leeds": 300})
    return Caller(key())


def rows_of_all_tables() -> dict[str, int]:
    """How much there is, by table; the sequencer's and the use of keys aside."""
    return {m._meta.db_table: m._base_manager.count() for m in apps.get_models()}


def line(**more: Any) -> dict[str, Any]:
    return {"lines": [{"sku": "TEE", "quantity": 1, "unit_price": 500, **more}]}


ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("currency", {"currency": "gbp"}), ("currency", {"currency": "XXZ"}), ("currency", {"currency": ""}),
    ("currency", {"currency": None}), ("channel", {"channel": "nobody"}), ("channel", {"channel": "web\n"}),
    ("external_id", {"external_id": " "}), ("external_id", {"external_id": "x" * 501}),
    ("external_id", {"external_id": "a\x00b"}), ("external_id", {"external_id": 2**53 + 1}),
    ("placed_at", {"placed_at": "0001-01-01T00:00:00+14:00"}), ("placed_at", {"placed_at": "9999-12-31T23:59:59-14:00"}),
    ("placed_at", {"placed_at": "2026-02-30T00:00:00Z"}), ("placed_at", {"placed_at": "2026-11-23T08:15:00+25:00"}),
    ("placed_at", {"placed_at": 1}), ("fulfill_at", {"fulfill_at": "9999-12-31T23:59:59Z"}),
    ("lines", {"lines": []}), ("lines", {"lines": [{"sku": "TEE", "quantity": 1, "unit_price": 1}] * 5_001}),
    ("lines[0]", {"lines": [None]}), ("lines[0]", {"lines": [[]]}), ("lines[0].sku", line(sku="")),
    ("lines[0].sku", line(sku="\ud800")), ("lines[0].quantity", line(quantity=0)),
    ("lines[0].quantity", line(quantity=-1)), ("lines[0].quantity", line(quantity=1.5)),
    ("lines[0].quantity", line(quantity=10**30)), ("lines[0].quantity", line(quantity="1")),
    ("lines[0].unit_price", line(unit_price=-1)), ("lines[0].unit_price", line(unit_price=10**15)),
    ("lines[0].unit_price", line(unit_price=10**14, quantity=2)), ("lines[0].discount", line(discount=501)),
    ("lines[0].tax", line(tax=501)), ("lines[0].tax", line(tax=-1)),
    ("lines[0].tax_lines", line(tax=10, tax_lines=[{"amount": 9}])),
    ("lines[0].tax_lines[0].rate", line(tax_lines=[{"amount": 0, "rate": "NaN"}])),
    ("lines[0].tax_lines[0].rate", line(tax_lines=[{"amount": 0, "rate": "0.123456789"}])),
    ("lines[0].price", line(price=1)),
    ("lines[1].external_id", {"lines": [{"external_id": "1", "sku": "TEE", "quantity": 1, "unit_price": 1}] * 2}),
    ("shipping.discount", {"shipping": {"price": 1, "discount": 2}}), ("shipping.tax", {"shipping": {"price": 1, "tax": 2}}),
    ("discounts[0].amount", {"discounts": [{"code": "x", "amount": 501}]}),
    ("discounts[0].amount", {"discounts": [{"code": "x", "amount": -1}]}),
    ("payments", {"payments": [{"kind": "capture", "method": "card", "amount": 501}]}),
    ("payments[0].amount", {"payments": [{"kind": "capture", "method": "card", "amount": 0}]}),
    ("payments[0].kind", {"payments": [{"kind": "refund", "method": "card", "amount": 1}]}),
    ("payments[1].reference", {"payments": [{"kind": "capture", "method": "card", "amount": 1, "reference": "r"}] * 2}),
    ("customer.email", {"customer": {"email": "not an address"}}), ("customer", {"customer": "Lan"}),
    ("customer.name", {"customer": {"name": "x" * 501}}), ("ship_to.country", {"ship_to": {"country": "UKR"}}),
    ("ship_to.line1", {"ship_to": {"line1": "\x00"}}), ("reservation", {"reservation": "x"}),
    ("pickup_location", {"pickup_location": "atlantis"}), ("on_shortage", {"on_shortage": "pray"}),
    ("shop_money.rate", {"shop_money": {"currency": "EUR", "rate": "0", "rated_at": "2026-11-23T08:15:00Z"}}),
    ("shop_money.currency", {"shop_money": {"currency": "E", "rate": "1", "rated_at": "2026-11-23T08:15:00Z"}}),
    ("shop_money.rate", {"shop_money": {"currency": "EUR", "rate": "0.000000000001", "rated_at": "2026-11-23T08:15:00Z"}}),
    ("shop_money.rate", {"shop_money": {"currency": "EUR", "rate": "1e-3", "rated_at": "2026-11-23T08:15:00Z"}}),
    ("tags[0]", {"tags": ["\udfff"]}), ("tags", {"tags": ["x"] * 101}), ("note", {"note": "x" * 10_001}),
    ("total", {"total": 1}), ("__proto__", {"__proto__": {}}),
]  # fmt: skip


def test_each_wrong_order_names_its_field_alone_and_in_bulk(shop: Caller) -> None:
    before = rows_of_all_tables()
    bodies = [json.dumps(new_order("1") | more).encode() for _, more in ORDERS]
    for (field, _), body in zip(ORDERS, bodies, strict=True):
        response = shop.send("POST", "/orders", raw=body)
        told = response.json()
        assert 400 <= response.status_code < 500, (field, told)
        assert response["Content-Type"] == "application/problem+json"
        assert told["field"] == field, told
    verdicts = bulk(shop, b"\n".join(bodies))
    assert [v["problem"]["field"] for v in verdicts] == [field for field, _ in ORDERS]
    assert rows_of_all_tables() == before


def bulk(shop: Caller, body: bytes) -> list[dict[str, Any]]:
    response = shop.send("POST", "/orders/bulk", raw=body, **NDJSON)
    assert response.status_code == 200
    return [json.loads(text) for text in response.getvalue().splitlines()]


GOOD = json.dumps(new_order("1")).encode()
BODIES: list[tuple[int, str, bytes]] = [
    (400, "malformed", b""), (400, "malformed", b"{"), (400, "malformed", GOOD + b"x"), (400, "malformed", b"[" * 200_000),
    (400, "malformed", GOOD.replace(b'"web"', b'"web", "channel": "web"')),
    (400, "malformed", GOOD.replace(b"500", b"NaN")), (400, "malformed", GOOD.replace(b"500", b"-Infinity")),
    (422, "invalid", GOOD.replace(b"500", b"1e999")), (422, "invalid", GOOD.replace(b"500", b"9" * 5_000)),
    (422, "invalid", GOOD.replace(b"500", b"5e2")), (400, "malformed", GOOD.replace(b"Leeds", b"L\xff\xfe")),
    (400, "malformed", GOOD.decode().encode("utf-16")), (400, "malformed", b"\xef\xbb\xbf" + GOOD),
    (422, "invalid", b"[]"), (422, "invalid", b"null"), (422, "invalid", b'"' + b"x" * 900_000 + b'"'),
    (422, "invalid", GOOD.replace(b"Leeds", rb"\ud800")), (422, "invalid", GOOD.replace(b"Leeds", rb"\u0000")),
    (413, "too_large", GOOD.replace(b"Leeds", b"L" * 10_000_000)),
]  # fmt: skip


def test_what_is_not_an_order_at_all(shop: Caller) -> None:
    before = rows_of_all_tables()
    for status, code, body in BODIES:
        response = shop.send("POST", "/orders", raw=body)
        told = response.json()
        assert (response.status_code, told["code"]) == (status, code), (body[:80], told)
        assert response["Content-Type"] == "application/problem+json" and told["detail"]
        assert told["field"], told
    assert rows_of_all_tables() == before
    assert "byte order mark" in shop.send("POST", "/orders", raw=b"\xef\xbb\xbf" + GOOD).json()["detail"]


def test_bulk_bodies_of_any_shape(shop: Caller) -> None:
    def row(name: str) -> bytes:
        return json.dumps(new_order(name)).encode()

    body = (
        b"\n\r\n"
        + row("a")
        + b"\r\n   \r\n"
        + b'{"x": "'
        + b"y" * 10_000_000
        + b'"}\n'
        + b"\xff\n"
        + row("b")
    )
    assert [(v["row"], v["status"]) for v in bulk(shop, body)] == [(3, 201), (5, 413), (6, 400), (7, 201)]
    marked = bulk(shop, b"\xef\xbb\xbf" + row("c") + b"\n" + row("d"))
    assert [(v["row"], v["status"]) for v in marked] == [(1, 400), (2, 201)]
    assert bulk(shop, b"") == bulk(shop, b"\r\n\n") == []
    assert bulk(shop, b"[" + row("e") + b"," + row("f") + b"]")[0]["problem"]["field"] == "body"
    assert bulk(shop, b"\n".join([b"["] * 3_000))[-1]["row"] == 3_000
    assert set(Order.objects.values_list("external_id", flat=True)) == {"a", "b", "d"}


def test_media_types_and_codings_that_nobody_understands(shop: Caller) -> None:
    for kind in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        for path in ("/orders", "/orders/bulk", "/customers/01890000-0000-7000-8000-000000000000/merges"):
            response = shop.send("POST", path, raw=GOOD, content_type=kind)
            assert (response.status_code, response.json()["code"]) == (415, "wrong_media_type"), (path, kind)
    for path in ("/orders", "/orders/bulk", "/imports/stock"):
        kind = "application/x-ndjson" if path == "/orders/bulk" else "application/json"
        response = shop.send("POST", path, raw=GOOD, content_type=kind, **{"content-encoding": "gzip"})
        assert (response.status_code, response.json()["code"]) == (415, "wrong_media_type"), path
    assert Order.objects.count() == 0


def test_a_body_whose_end_is_told_twice_is_an_attack(shop: Caller) -> None:
    for path in ("/orders", "/orders/bulk", "/imports/stock", "/stock/receipts", "/settings/brands"):
        kind = NDJSON["content_type"] if path == "/orders/bulk" else "application/json"
        head = {"content_type": kind, "transfer-encoding": "chunked"}
        told = shop.send("POST", path, raw=GOOD, **head).json()
        assert (told["status"], told["code"], told["field"]) == (400, "malformed", "Content-Length"), path
    assert Order.objects.count() == 0


def test_methods_that_an_address_does_not_know(shop: Caller) -> None:
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "OPTIONS"):
        for path in ("/orders", "/orders/bulk", "/stock/receipts", "/settings/keys"):
            response = shop.send(method, path)
            assert response.status_code == 405 and response["Allow"], (method, path)
            assert response["Content-Type"] == "application/problem+json"


def test_cursors_of_nobody(shop: Caller) -> None:
    def made(text: str | bytes) -> str:
        raw = text.encode() if isinstance(text, str) else text
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    some = str(ids.new_id())
    cursors = [
        "x", "_" * 999, made("\n"), made(b"\xff"), made("\x00"), made("a\x00\n" + some), made("9" * 5_000)[:1000], made("-1"),
        made("9" * 30), made(f"0001-01-01T00:00:00+14:00\n{some}"), made(f"9999-12-31T23:59:59-14:00\n{some}"),
        made(f"2026-11-23T08:15:00\n{some}"), made(f"2026-11-23T08:15:00+00:00\n{some}x"), made("a\nb\nc"),
    ]  # fmt: skip
    lists = (
        "/orders", "/customers", "/catalog/products", "/catalog/listings", "/stock", "/stock/skus/TEE/ledger",
        "/availability?channel=web",
    )  # fmt: skip
    for path in lists:
        for cursor in cursors:
            status, told = shop.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
            assert status == 200 or (status == 422 and told["field"] == "cursor"), (path, cursor, told)
        for bad in ("%00", "%FF", "a%20b", "x" * 1_001):
            status, told = shop.get(f"{path}{'&' if '?' in path else '?'}cursor={bad}")
            assert (status, told["field"]) == (422, "cursor"), (path, bad)


def test_addresses_with_what_no_name_may_hold(shop: Caller) -> None:
    for name in (
        "%00",
        "a%00b",
        "%ED%A0%80",
        "%FF",
        "x" * 5_000,
        "..%2f..%2fetc",
        "%E2%80%AE",
        "'; DROP TABLE x --",
    ):
        for path in (
            "/stock/skus/{}", "/stock/skus/{}/ledger", "/stock/skus/{}/places/leeds/why", "/stock/skus/TEE/places/{}/why",
            "/catalog/products/{}", "/settings/places/{}", "/settings/channels/{}", "/orders/{}", "/customers/{}",
        ):  # fmt: skip
            response = shop.send("GET", path.format(name))
            assert response.status_code in {404, 422}, (path, name, response.content)
            assert response["Content-Type"] == "application/problem+json"
        for method, path, body in (
            ("DELETE", "/catalog/listings/web/{}", None), ("PATCH", "/settings/brands/{}", {"name": "x"}),
            ("PATCH", "/settings/places/{}", {"name": "x"}), ("PUT", "/settings/channels/{}/places/leeds", {}),
            ("PUT", "/stock/skus/{}/backorder", {"limit": 1}), ("DELETE", "/settings/channels/web/places/{}", None),
        ):  # fmt: skip
            response = shop.send(method, path.format(name), body)
            assert response.status_code in {404, 422}, (path, name, response.content)


FAR = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "2026-11-23T08:15:00",
    "1e400",
)


@pytest.mark.parametrize("at", FAR)
def test_instants_that_no_calendar_reaches(shop: Caller, at: str) -> None:
    _, order = shop.post("/orders", new_order("1"))
    before = rows_of_all_tables()
    boss = Caller(key("*", "staff.edit"))
    where = f"/orders/{order['id']}"
    for path, field, body in (
        (f"{where}/holds", "expires_at", {"kind": "manual", "expires_at": at}),
        (f"{where}/payments", "expires_at", {"kind": "authorize", "amount": 1, "expires_at": at}),
        ("/settings/routing-policies", "active_from", {"rules": {}, "active_from": at}),
        ("/settings/keys", "expires_at", {"name": "x", "scopes": ["order.view"], "expires_at": at}),
    ):  # fmt: skip
        status, told = boss.post(path, body)
        assert (status, told.get("field")) == (422, field), (path, told)
    status, told = shop.get(f"/stock/skus/TEE/places/leeds/why?at={at.replace('+', '%2B')}")
    assert (status, told.get("field")) == (422, "at"), told
    after = rows_of_all_tables()
    assert {k for k in after if after[k] != before[k]} <= {"staff_apikey", "journal_event"}
    assert shop.get(where)[0] == 200 and shop.get(f"{where}/payments")[0] == 200


def keys_that_open_nothing() -> Iterator[str]:
    soon = clock.now() + timedelta(hours=1)
    yield from ("", "x" * 100_000, "tvk_\x7f", "tvk_%00", "null", "' OR 1=1 --")
    expired = key(expires_at=soon)
    ApiKey.objects.filter(expires_at=soon).update(expires_at=clock.now())
    yield expired
    revoked = key()
    revoke_api_key(ApiKey.objects.latest("created_at").id, by=SYSTEM, now=clock.now())
    yield revoked


def test_keys_that_open_nothing(shop: Caller) -> None:
    for secret in keys_that_open_nothing():
        for method, path, body in (
            ("POST", "/orders", GOOD), ("POST", "/orders/bulk", GOOD), ("GET", "/orders", b""), ("POST", "/stock/counts", b"{}"),
        ):  # fmt: skip
            kind = NDJSON["content_type"] if path == "/orders/bulk" else "application/json"
            response = Caller(secret).send(
                method, path, raw=body, content_type=kind, **{"idempotency-key": "k"}
            )
            assert response.status_code == 401, (secret[:20], path)
    assert Order.objects.count() == 0


def test_idempotency_keys_that_are_none(shop: Caller) -> None:
    for bad in ("", " ", "a b", "x" * 256, "é", "\t"):
        response = shop.send("POST", "/orders", new_order("1"), **{"idempotency-key": bad})
        assert (response.status_code, response.json()["field"]) == (422, "Idempotency-Key"), bad
    assert Order.objects.count() == 0
    head = {"idempotency-key": "k-1"}
    receipt = {"sku": "TEE", "place": "leeds", "quantity": 1}
    assert shop.send("POST", "/stock/receipts", receipt, **head).status_code == 201
    assert shop.send("POST", "/stock/receipts", receipt, **head)["Idempotent-Replayed"] == "true"
    for path, body in (("/stock/receipts", {**receipt, "quantity": 2}), ("/stock/sales-elsewhere", receipt)):
        assert shop.send("POST", path, body, **head).json()["code"] == "idempotency_key_reused"
    assert shop.get("/stock/skus/TEE")[1]["total"]["on_hand"] == 301
    other = Caller(key())
    assert other.send("POST", "/stock/receipts", receipt, **head).status_code == 201


def test_parameters_twice_and_unknown(shop: Caller) -> None:
    for query in (
        "limt=1",
        "limit=1&limt=1",
        "limit=1e3",
        "limit=-1",
        "limit=" + "9" * 400,
        "lifecycle=open%00",
        "late=maybe",
    ):
        status, told = shop.get(f"/orders?{query}")
        assert status == 422 and told["field"] in {"limt", "limit", "lifecycle", "late"}, (query, told)
    for after in ("-1", str(2**63), "9" * 400, "x", "1.5"):
        assert shop.get(f"/events?after={after}")[0] == 422
    assert shop.get("/events?kinds=%27%2C%2C&wait=0")[0] == 200


def test_a_file_that_breaks_off_is_not_imported(shop: Caller) -> None:
    half = b"sku,location,quantity\nTEE,leeds,12"
    for broken in ({"CONTENT_LENGTH": "37"}, {"HTTP_TRANSFER_ENCODING": "chunked"}):
        environ: Any = {"wsgi.input": BytesIO(half), **broken}
        response: Any = shop.client.generic(
            "POST",
            "/api/v1/imports/stock",
            data=half,
            content_type="text/csv",
            headers=shop.headers,
            **environ,
        )
        assert (response.status_code, response.json()["code"]) == (400, "malformed"), broken
    assert shop.get("/stock/skus/TEE")[1]["total"]["on_hand"] == 300
    assert shop.send("POST", "/imports/stock", raw=half, content_type="text/csv").status_code == 201
    assert shop.get("/stock/skus/TEE")[1]["total"]["on_hand"] == 12
