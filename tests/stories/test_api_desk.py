"""Everything else the API can do: change orders, stock, set-up, catalogue and customers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.journal.actions.sequence import sequence
from trivet.staff.models import ApiKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Caller:
    built = world.build()
    built.sku("TEE", {"leeds": 3})
    return Caller(key())


def placed(shop: Caller, external_id: str, **more: Any) -> dict[str, Any]:
    status, order = shop.post("/orders", new_order(external_id, **more))
    assert status == 201, order
    found: dict[str, Any] = order
    return found


def test_cancelling_shows_first_and_is_done_once(shop: Caller) -> None:
    order = placed(shop, "1", lines=[{"sku": "TEE", "quantity": 2, "unit_price": 500}])
    path, line = f"/orders/{order['id']}/cancellation", order["lines"][0]["id"]
    part = {"lines": [{"line": line, "quantity": 1}], "reason": "customer"}
    status, seen = shop.post(path, {**part, "preview": True})
    assert status == 200 and seen["value"] == 500 and seen["preview"]
    status, done = shop.post(path, {**part, "expected_version": seen["version"]})
    assert status == 201 and done["lines"] == [{"line": line, "quantity": 1, "value": 500}]
    assert shop.post(path, {**part, "expected_version": seen["version"]})[1]["code"] == "wrong_state"
    assert shop.post(path, {"reason": "customer"})[1]["whole"] is True
    assert shop.post(path, {"reason": "customer"})[0] == 409
    assert shop.post(path, {"reason": "boredom"})[1]["field"] == "reason"
    assert shop.get("/stock/skus/tee")[1]["total"]["allocated"] == 0


def test_orders_are_filtered_in_words(shop: Caller) -> None:
    one, two = placed(shop, "1", tags=["vip"]), placed(shop, "2")
    for words, found in (
        ("tag:vip", [one]),
        ("-tag:vip placed>=2020-01-01", [two]),
        ("status:cancelled", []),
    ):
        status, page = shop.get(f"/orders?q={quote(words)}")
        assert status == 200 and [row["id"] for row in page["rows"]] == [order["id"] for order in found]
        assert shop.get(f"/orders/count?q={quote(words)}")[1] == {"count": len(found)}
    status, refused = shop.get("/orders?q=statos:open")
    assert (status, refused["field"]) == (422, "q") and "did you mean status?" in refused["detail"]


def test_holds_and_money(shop: Caller) -> None:
    order = placed(shop, "2")
    status, hold = shop.post(f"/orders/{order['id']}/holds", {"kind": "fraud", "reason": "odd"})
    assert status == 201 and hold["released_at"] is None
    assert shop.get(f"/orders/{order['id']}")[1]["status"]["fulfillment"] == "on_hold"
    assert shop.call("DELETE", f"/orders/{order['id']}/holds/{hold['id']}")[0] == 200
    assert shop.call("DELETE", f"/orders/{order['id']}/holds/{hold['id']}")[0] == 409
    money = f"/orders/{order['id']}/payments"
    status, auth = shop.post(money, {"kind": "authorize", "amount": 500, "method": "card"})
    assert status == 201 and auth["amount"] == 500
    assert shop.post(money, {"kind": "capture", "amount": 500, "parent": auth["id"]})[0] == 201
    assert shop.post(money, {"kind": "capture", "amount": 500, "parent": auth["id"]})[0] == 409
    assert [p["kind"] for p in shop.get(money)[1]] == ["authorize", "capture"]
    assert shop.get(f"/orders/{order['id']}")[1]["status"]["payment"] == "paid"


def test_money_told_again_is_the_same_money(shop: Caller) -> None:
    order = placed(shop, "2")
    path = f"/orders/{order['id']}/payments"
    told = {"method": "card", "gateway": "stripe"}
    _, auth = shop.post(path, {"kind": "authorize", "amount": 500, "reference": "a", **told})
    void = {"kind": "void", "reference": "v-1", "amount": 200, "parent": auth["id"]}
    first, again = shop.post(path, void), shop.post(path, void)
    assert first == again and first[0] == 201 and first[1]["gateway"] == "stripe"
    assert shop.get(f"/orders/{order['id']}")[1]["voided"] == 200
    assert shop.post(path, {**void, "amount": 300})[1]["code"] == "conflict"
    for field, body in (
        ("parent", {"kind": "void", "reference": "v-2"}),
        ("parent", {"kind": "authorize", "amount": 1, "parent": auth["id"]}),
        ("expires_at", {"kind": "capture", "amount": 1, "expires_at": "2099-01-01T00:00:00Z"}),
        ("currency", {"kind": "capture", "amount": 1, "currency": "EUR"}),
    ):
        status, problem = shop.post(path, body)
        assert status == 422 and problem["field"] == field


def test_stock_is_counted_adjusted_and_explained(shop: Caller) -> None:
    at = {"sku": "TEE", "place": "leeds"}
    assert shop.post("/stock/receipts", {**at, "quantity": 4})[1]["level"]["on_hand"] == 7
    assert shop.post("/stock/adjustments", {**at, "change": -1, "reason": "damaged"})[0] in {201, 202}
    assert shop.post("/stock/counts", {**at, "on_hand": 5})[1]["level"]["on_hand"] == 5
    assert shop.post("/stock/states", {**at, "state": "damaged", "change": 1})[1]["level"]["available"] == 4
    status, why = shop.get("/stock/skus/tee/places/leeds/why")
    assert status == 200 and why["agrees"] and why["level"]["on_hand"] == 5
    assert shop.get("/stock/skus/tee/places/leeds/why?at=2020-01-01T00:00:00Z")[1]["level"]["on_hand"] == 0
    assert sum(t["available"] for t in why["terms"]) == why["level"]["available"] == 4
    assert {row["kind"] for row in why["rows"]} == {t["kind"] for t in why["terms"]}
    _, first = shop.get("/stock/skus/tee/places/leeds/why?limit=1&kind=receive")
    assert ([row["delta"] for row in first["rows"]], first["next_cursor"]) == ([{"on_hand": 4}], "")
    assert shop.get("/stock/skus/tee/places/leeds/why?at=2020-01-01T00:00:00Z")[1]["rows"] == []
    assert shop.get("/stock/skus/TEE/ledger?until=2020-01-01T00:00:00Z")[1]["rows"] == []
    assert {row["kind"] for row in shop.get("/stock/skus/TEE/ledger?kind=damage")[1]["rows"]} == {"damage"}
    assert shop.get("/stock/skus/TEE/ledger?kind=magic")[0] == 422
    _, page = shop.get("/stock/skus/TEE/ledger?limit=2")
    assert len(page["rows"]) == 2 and page["next_cursor"]
    assert shop.get("/stock?search=te&place=leeds")[1]["rows"][0]["sku"] == "TEE"
    assert shop.post("/stock/receipts", {**at, "quantity": 0})[1]["field"] == "quantity"
    assert shop.post("/stock/receipts", {"sku": "NONE", "place": "leeds", "quantity": 1})[0] == 404


def test_a_reservation_keeps_units_for_its_order(shop: Caller) -> None:
    lines = [{"sku": "TEE", "quantity": 3}]
    status, kept = shop.post("/reservations", {"channel": "web", "lines": lines, "ttl": 60})
    assert status == 201
    assert shop.post("/reservations", {"channel": "web", "lines": lines})[0] == 409
    assert shop.get("/availability?channel=web&sku=TEE")[1]["rows"][0]["available"] == 0
    assert shop.post("/orders", new_order("3"))[0] == 409
    order = placed(shop, "4", reservation=kept["id"], lines=[{"sku": "TEE", "quantity": 3, "unit_price": 5}])
    assert order["lines"][0]["allocated"] == 3
    assert shop.call("DELETE", f"/reservations/{kept['id']}")[0] == 409


def test_the_feed_is_gapless_and_in_order(shop: Caller) -> None:
    placed(shop, "5")
    shop = Caller(key("*", "staff.edit"))
    assert shop.get("/events")[1]["events"] == []
    sequence()
    _, told = shop.get("/events?limit=2")
    seen = [e["position"] for e in told["events"]]
    while told["next"] < told["head"]:
        _, told = shop.get(f"/events?limit=2&after={told['next']}")
        seen += [e["position"] for e in told["events"]]
    assert seen == list(range(1, len(seen) + 1)) and len(seen) >= 3
    _, stock = shop.get("/events?kinds=stock.changed")
    assert {e["kind"] for e in stock["events"]} == {"stock.changed"} and stock["next"] == stock["head"]
    assert shop.get("/events?after=-1")[1]["field"] == "after"


def test_the_set_up_is_changed_by_part(shop: Caller) -> None:
    assert shop.post("/settings/brands", {"slug": "b2", "name": "Second"})[0] == 201
    place = {"code": "york", "name": "York", "country": "GB", "postal_code": "YO1 7HH"}
    status, york = shop.post("/settings/places", place)
    assert status == 201 and york["latitude"] is not None
    assert shop.call("PATCH", "/settings/places/york", {"capacity_per_day": 9})[1]["capacity_per_day"] == 9
    assert shop.call("PATCH", "/settings/places/york", {"name": None})[1]["field"] == "name"
    channel = {"slug": "till", "name": "Till", "brand": "b2", "currency": "GBP"}
    assert shop.post("/settings/channels", channel)[0] == 201
    assert shop.post("/settings/channels", channel)[0] == 409
    status, till = shop.call("PUT", "/settings/channels/till/places/york", {"countries": ["GB"]})
    assert status == 200 and till["places"][0]["countries"] == ["GB"]
    assert shop.call("DELETE", "/settings/channels/till/places/york")[1]["places"] == []
    assert shop.call("PATCH", "/settings/channels/till", {"buffer": 2})[1]["buffer"] == 2
    assert shop.get("/settings/keys")[1][0]["name"] == "Test" and shop.get("/settings/users")[0] == 200


def test_products_come_with_verdicts(shop: Caller) -> None:
    body = {
        "products": [
            {"handle": "mug", "title": "Mug", "variants": [{"sku": "MUG", "barcodes": ["4006381333931"]}]},
            {"handle": "pen", "variants": [{"sku": "PEN", "barcodes": ["4006381333932"]}]},
        ]
    }
    status, verdicts = shop.post("/catalog/products", body)
    assert status == 200 and [v["outcome"] for v in verdicts] == ["created", "refused"]
    assert verdicts[1]["problem"]["field"] == "products[1].variants[0].barcodes[0]"
    assert shop.get("/catalog/products/mug")[1]["variants"][0]["barcodes"] == ["4006381333931"]
    assert shop.get("/catalog/products?search=4006381333931")[1]["rows"][0]["handle"] == "mug"
    assert shop.get("/catalog/products/none")[0] == 404


def test_customers_are_joined_and_taken_apart(shop: Caller) -> None:
    one = placed(shop, "6", customer={"email": "a@example.com", "name": "Ann"})["customer"]
    other = placed(shop, "7", customer={"email": "b@example.com", "name": "Ann B"})["customer"]
    status, joined = shop.post(f"/customers/{one}/merges", {"other": other, "reason": "she said so"})
    assert status == 201 and joined["orders"] == 2 and len(joined["records"]) == 2
    assert shop.get("/customers?search=b@example.com")[1]["rows"][0]["id"] == joined["id"]
    merge = joined["merges"][0]["id"]
    assert shop.call("DELETE", f"/customers/{one}/merges/{merge}")[1]["orders"] == 1
    assert shop.call("PATCH", f"/customers/{one}", {"note": "kind"})[1]["note"] == "kind"


def test_a_key_for_one_place_works_there_alone(shop: Caller) -> None:
    leeds = next(p for p in shop.get("/settings/places")[1] if p["code"] == "leeds")
    till = Caller(key("stock.view", "stock.receive", locations=[leeds["id"]]))
    assert till.post("/stock/receipts", {"sku": "TEE", "place": "leeds", "quantity": 1})[0] == 201
    assert till.post("/stock/receipts", {"sku": "TEE", "place": "london", "quantity": 1})[0] == 403
    assert till.get("/stock/skus/TEE/ledger?place=london")[0] == 403
    assert ApiKey.objects.count() == 2


def test_a_file_comes_in_with_a_report(shop: Caller) -> None:
    rows = b"sku,location,on_hand\nTEE,london,7\nNONE,london,1\n"
    head = {"raw": rows, "content_type": "application/octet-stream"}
    response = shop.send("POST", "/imports/stock?name=opening.csv", **head)
    assert response.status_code == 201, response.content
    report = response.json()
    assert report["rows"] == 2 and report["verdicts"]["skipped"] == 1
    assert shop.send("POST", "/imports/stock?name=opening.csv", **head).json()["verdicts"]["unchanged"] == 1
    assert {found["report"]["file"] for found in shop.get("/imports")[1]["rows"]} == {"opening.csv"}
    assert len(shop.get(f"/imports/{report['id']}")[1]["rows"]) == 2
    assert shop.send("POST", "/imports/orders", **head).json()["field"] == "channel"
    assert shop.send("POST", "/imports/poems", **head).status_code in {404, 405}
    assert shop.send("POST", "/imports/stock", raw=b"").status_code == 422


def test_the_routing_policy_has_versions(shop: Caller) -> None:
    status, first = shop.post("/settings/routing-policies", {"rules": {"parcel_penalty": 999}})
    assert status == 201 and (first["version"], first["live"]) == (1, True)
    placed(shop, "p1")
    order = shop.get("/orders")[1]["rows"][0]["id"]
    assert shop.get(f"/orders/{order}/routing")[1][0]["policy_version"] == 1
    assert shop.post("/settings/routing-policies", {"rules": {"mood": 1}})[1]["field"] == "mood"
    for path in ("/settings/routing-policies", "/settings/routing-policies/trials"):
        for field, value in (
            ("exact_steps", 10**12),
            ("exact_steps", 0),
            ("max_parcels", 51),
            ("late_per_day", 10**11),
        ):
            status, told = shop.post(path, {"rules": {field: value}})
            assert (status, told["field"]) == (422, field), (path, field)
    assert len(shop.get("/settings/routing-policies")[1]) == 1


def test_a_key_gives_the_answer_again_whatever_the_method(shop: Caller) -> None:
    order = placed(shop, "1")
    _, hold = shop.post(f"/orders/{order['id']}/holds", {"kind": "fraud"})
    shop.post("/exceptions/mappings", {"channel": "web", "external_sku": "zz", "sku": "TEE"})
    calls: list[tuple[str, str, Any, int]] = [
        ("DELETE", f"/orders/{order['id']}/holds/{hold['id']}", None, 200),
        ("DELETE", "/catalog/listings/web/zz", None, 204),
        ("PATCH", "/settings/places/leeds", {"name": "Leeds North"}, 200),
        ("PUT", "/stock/skus/TEE/backorder", {"limit": 5}, 200),
    ]
    for n, (method, path, body, status) in enumerate(calls):
        first, again = (shop.send(method, path, body, **{"idempotency-key": f"k-{n}"}) for _ in range(2))
        assert (first.status_code, again.status_code) == (status, status), path
        assert "Idempotent-Replayed" not in first and again["Idempotent-Replayed"] == "true"
        assert first.content == again.content
    head = {"idempotency-key": "k-0"}
    assert shop.send("DELETE", "/catalog/listings/web/zz", **head).json()["code"] == "idempotency_key_reused"
    for method, path, body, _ in calls:
        told = shop.send(method, path, body, **{"idempotency-key": "not one"}).json()
        assert (told["code"], told["field"]) == ("invalid", "Idempotency-Key")


def test_a_method_that_an_address_does_not_know_takes_no_key(shop: Caller) -> None:
    for _ in range(2):
        told = shop.send("DELETE", "/orders", **{"idempotency-key": "k"})
        assert told.status_code == 405 and told["Allow"]
    assert shop.send("POST", "/orders", new_order("1"), **{"idempotency-key": "k"}).status_code == 201
