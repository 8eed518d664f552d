"""Orders through the API: placed once, refused cleanly, read back whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.journal.rules import SYSTEM
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.staff.actions import revoke_api_key
from trivet.staff.models import ApiKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Caller:
    built = world.build()
    built.sku("TEE", {"leeds": 3})
    return Caller(key())


def test_new_same_and_other(shop: Caller) -> None:
    status, placed = shop.post("/orders", new_order("1"))
    assert status == 201
    assert placed["status"]["lifecycle"] == "open" and placed["lines"][0]["allocated"] == 1
    assert placed["fulfillment_orders"][0]["location"] == "leeds" and placed["routing"]
    status, again = shop.post("/orders", new_order("1", note="tags and note do not count"))
    assert status == 200 and again["id"] == placed["id"]
    assert again["fulfillment_orders"][0]["id"] == placed["fulfillment_orders"][0]["id"]
    assert again.keys() == placed.keys()
    status, told = shop.post("/orders", new_order("1", currency="EUR"))
    assert status == 409 and told["code"] == "conflict"
    assert Order.objects.count() == 1


def test_stock_is_refused_with_a_problem(shop: Caller) -> None:
    response = shop.send(
        "POST", "/orders", new_order("2", lines=[{"sku": "TEE", "quantity": 4, "unit_price": 1}])
    )
    assert response.status_code == 409 and response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "out_of_stock"
    assert Order.objects.count() == 0


def test_an_order_is_read_back_whole(shop: Caller) -> None:
    _, placed = shop.post("/orders", new_order("3", tags=["gift"], discounts=[{"code": "X", "amount": 100}]))
    status, order = shop.get(f"/orders/{placed['id']}")
    assert status == 200 and order["total"] == 400 and order["tags"] == ["gift"]
    assert order["lines"][0]["order_discount"] == 100 and order["discounts"] == [{"code": "X", "amount": 100}]
    for part in ("timeline", "routing", "fulfillment-orders"):
        status, rows = shop.get(f"/orders/{placed['id']}/{part}")
        assert status == 200 and rows
        assert shop.get(f"/orders/01890000-0000-7000-8000-000000000000/{part}")[0] == 404


def test_money_of_customer_shop_and_bank_is_kept_to_the_letter(shop: Caller) -> None:
    """Row A11: what the customer saw, what the shop counts in, what is paid out, each with rate and time."""
    told = {
        "currency": "EUR", "rate": "0.0000290", "rated_at": "2026-11-23T08:00:00+00:00",
        "settlement_currency": "USD", "settlement_rate": "0.00000039", "settlement_rated_at": "2026-11-25T01:02:03+00:00",
    }  # fmt: skip
    lines = [{"sku": "TEE", "quantity": 1, "unit_price": 199_000}]
    paid = [{"kind": "capture", "method": "wallet", "amount": 199_000}]
    new = new_order("a11", currency="VND", lines=lines, payments=paid, shop_money=told)
    _, made = shop.post("/orders", new)
    order = shop.get(f"/orders/{made['id']}")[1]
    assert (order["currency"], order["total"], order["captured"]) == ("VND", 199_000, 199_000)
    assert order["shop_money"] == told
    assert shop.get(f"/orders/{made['id']}/payments")[1][0]["currency"] == "VND"
    later = {**told, "settlement_rated_at": "2026-11-26T00:00:00Z"}
    assert shop.post("/orders", {**new, "shop_money": later})[0] == 409
    plain = {k: v for k, v in told.items() if not k.startswith("settlement")}
    _, made = shop.post("/orders", {**new, "external_id": "a11-b", "shop_money": plain})
    kept = shop.get(f"/orders/{made['id']}")[1]["shop_money"]
    assert kept == {
        **plain,
        "settlement_currency": None,
        "settlement_rate": None,
        "settlement_rated_at": None,
    }
    for name, value in (
        ("currency", "XXX"), ("settlement_currency", "not money"), ("settlement_currency", "XAU"),
        ("settlement_rate", "-3"), ("rate", "0"), ("rate", "Infinity"), ("settlement_rated_at", "today"),
    ):  # fmt: skip
        status, problem = shop.post("/orders", {**new, "shop_money": {**told, name: value}})
        assert status == 422 and problem["field"] == f"shop_money.{name}", problem
    assert shop.post("/orders", {**new, "external_id": "a11-c", "currency": "DEM"})[1]["field"] == "currency"


def test_the_list_goes_by_cursor(shop: Caller) -> None:
    for n in range(3):
        assert shop.post("/orders", new_order(f"c{n}"))[0] == 201
    _, first = shop.get("/orders?limit=2")
    _, second = shop.get(f"/orders?limit=2&cursor={first['next_cursor']}")
    assert len(first["rows"]) == 2 and len(second["rows"]) == 1 and second["next_cursor"] == ""
    assert shop.get("/orders?lifecycle=open&place=leeds&search=C1")[1]["rows"][0]["external_id"] == "c1"
    assert shop.get("/orders/count?channel=web")[1] == {"count": 3}
    for bad in ("cursor=!!", "cursor=abc", "limit=0", "limit=201", "lifecycle=x", "search=%00"):
        status, told = shop.get(f"/orders?{bad}")
        assert status == 422, (bad, told)
        assert told.get("field") == bad.partition("=")[0], told


def test_bulk_answers_each_row(shop: Caller) -> None:
    rows = [
        json.dumps(new_order("b1")),
        "{broken",
        "",
        json.dumps(new_order("b1")),
        json.dumps(new_order("b2", currency="XXZ")),
        json.dumps(new_order("b3", lines=[{"sku": "TEE", "quantity": 9, "unit_price": 1}])),
        json.dumps(new_order("b4", note="x" * 1_000_001)),
        json.dumps(new_order("b5")),
    ]
    response = shop.send(
        "POST", "/orders/bulk", raw="\n".join(rows).encode(), content_type="application/x-ndjson"
    )
    assert response.status_code == 200
    told = [json.loads(line) for line in response.getvalue().splitlines()]
    assert [(t["row"], t["status"]) for t in told] == [
        (1, 201), (2, 400), (4, 200), (5, 422), (6, 409), (7, 413), (8, 201)
    ]  # fmt: skip
    assert told[3]["problem"]["field"] == "currency" and told[0]["number"]
    assert set(Order.objects.values_list("external_id", flat=True)) == {"b1", "b5"}


def test_an_unknown_sku_waits_for_its_mapping(shop: Caller) -> None:
    status, placed = shop.post(
        "/orders", new_order("m", lines=[{"sku": "??", "quantity": 1, "unit_price": 1}])
    )
    assert status == 201 and placed["holds"] == ["mapping"] and placed["lines"][0]["mapped"] is False


def test_a_revoked_key_places_nothing_even_where_it_is_remembered(shop: Caller) -> None:
    assert shop.post("/orders", new_order("k1"))[0] == 201
    revoke_api_key(ApiKey.objects.get().id, by=SYSTEM, now=clock.now())
    status, _ = shop.post("/orders", new_order("k2"))
    assert status in {401, 403} and Order.objects.count() == 1
    body = json.dumps(new_order("k3")).encode()
    assert shop.send("POST", "/orders/bulk", raw=body, content_type="application/x-ndjson").status_code == 401


def test_an_idempotency_key_gives_the_answer_again(shop: Caller) -> None:
    head = {"idempotency-key": "k-1"}
    first = shop.send("POST", "/orders", new_order("i"), **head)
    again = shop.send("POST", "/orders", new_order("i"), **head)
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    other = shop.send("POST", "/orders", new_order("j"), **head)
    assert other.status_code == 422 and other.json()["code"] == "idempotency_key_reused"
    assert Order.objects.count() == 1


def test_a_row_that_is_no_json_spoils_no_other_of_a_bulk_upload(shop: Caller) -> None:
    good = [json.dumps(new_order(f"good-{n}")).encode() for n in range(2)]
    digits = b'{"a": ' + b"9" * 5_000
    body = b"\n".join([good[0], digits + b"}}", digits + b', "b": ' + b"[" * 100_000, good[1]])
    response = shop.send("POST", "/orders/bulk", raw=body, content_type="application/x-ndjson")
    told = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert [row["status"] for row in told] == [201, 400, 400, 201]


def test_a_gift_is_told_to_who_packs_and_routes_like_any_other(shop: Caller) -> None:
    plain = shop.post("/orders", new_order("p"))[1]
    gift = new_order("g", gift=True, gift_message="Happy\nbirthday <3")
    status, placed = shop.post("/orders", gift)
    assert status == 201 and shop.post("/orders", gift)[0] == 200
    assert shop.post("/orders", gift | {"gift_message": "other"})[1]["code"] == "conflict"
    told = shop.get(f"/orders/{placed['id']}")[1]
    assert (told["gift"], told["gift_message"]) == (True, "Happy\nbirthday <3")
    told = shop.get(f"/orders/{plain['id']}")[1]
    assert (told["gift"], told["gift_message"]) == (False, "")
    assert [fo["location"] for fo in placed["fulfillment_orders"]] == [
        fo["location"] for fo in plain["fulfillment_orders"]
    ]


def test_the_guide_tells_the_truth(shop: Caller) -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs/guide/api.md").read_text()
    body = json.loads(guide.partition("```json\n")[2].partition("```")[0])
    status, placed = shop.post("/orders", body)
    assert status == 201 and placed["status"]["payment"] == "paid" and placed["routing"]
    assert shop.post("/orders", body)[0] == 200
    assert shop.post("/orders", body | {"external_id": "1002"})[1]["code"] == "out_of_stock"
    told = set(re.findall(r"`GET (/[^`{]*)`", guide)) - {"/events?after=POSITION"}
    assert len(told) >= 2
    for path in told:
        assert shop.get(path.replace("wait=20", "wait=0"))[0] == 200, path
