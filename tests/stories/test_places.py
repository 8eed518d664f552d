"""A key for one place: what each address of the API shows it and lets it do (row H9). A new address fails here until
it is said what it means for such a key."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.api.v1 import api
from trivet.journal.actions.exceptions import raise_exception
from trivet.journal.models import Event
from trivet.journal.rules import SYSTEM
from trivet.lib import clock, ids
from trivet.staff.rules import MAY, PLACE_VERBS

pytestmark = pytest.mark.django_db(transaction=True)

SEES, DOES, AT_PLACE, ANSWERS, PUTS_BACK, LISTS, WHERE, OPEN, COMPANY, DESK = (
    "sees an order", "changes an order", "changes stock", "answers a request", "puts a case back", "lists", "reads a place", "open", "company",
    "the stock desk: see test_stock_desk_places",
)  # fmt: skip
SALE = {"sku": "HERE", "quantity": 1}
TABLE: dict[str, tuple[str, Any]] = {
    "GET /orders": (LISTS, None),
    "GET /orders/count": (LISTS, None),
    "GET /orders/work": (LISTS, None),
    "GET /exceptions": (LISTS, None),
    "GET /exceptions/counts": (LISTS, None),
    "GET /exceptions/settled": (LISTS, None),
    "GET /stock": (LISTS, None),
    "GET /stock/skus/{sku}": (LISTS, None),
    "GET /stock/skus/{sku}/ledger": (LISTS, None),
    "GET /stock/skus/{sku}/promises": (LISTS, None),
    "GET /stock/adjustment-requests": (LISTS, None),
    "GET /stock/skus/{sku}/places/{place}/why": (WHERE, None),
    "GET /orders/{order}": (SEES, None),
    "GET /orders/{order}/timeline": (SEES, None),
    "GET /orders/{order}/received": (SEES, None),
    "GET /orders/{order}/fulfillment-orders": (SEES, None),
    "GET /orders/{order}/payments": (SEES, None),
    "POST /orders/{order}/payments": (DOES, {"kind": "capture", "amount": 1}),
    "POST /orders/{order}/holds": (DOES, {"kind": "manual"}),
    "DELETE /orders/{order}/holds/{hold}": (DOES, None),
    "POST /orders/{order}/edits": (DOES, {"note": "ring twice", "confirm": True, "expected_version": 1}),
    "POST /orders/{order}/cancellation": (DOES, {"reason": "customer"}),
    "POST /stock/receipts": (AT_PLACE, SALE),
    "POST /stock/adjustments": (AT_PLACE, {"sku": "HERE", "change": 1, "reason": "found"}),
    "POST /stock/counts": (AT_PLACE, {"sku": "HERE", "on_hand": 50}),
    "POST /stock/states": (AT_PLACE, {"sku": "HERE", "state": "damaged", "change": 1}),
    "POST /stock/sales-elsewhere": (AT_PLACE, SALE),
    "POST /stock/adjustment-requests/{item}/approval": (ANSWERS, None),
    "POST /stock/adjustment-requests/{item}/refusal": (ANSWERS, None),
    "POST /exceptions/{item}/resolution": (ANSWERS, {"resolution": "done"}),
    **dict.fromkeys(
        (
            "GET /stock/transfers", "POST /stock/transfers", "GET /stock/transfers/{number}",
            "POST /stock/transfers/{number}/readiness", "POST /stock/transfers/{number}/shipment",
            "POST /stock/transfers/{number}/receipts", "POST /stock/transfers/{number}/completion",
            "POST /stock/transfers/{number}/cancellation",
        ),
        (DESK, None),
    ),
    "POST /exceptions/{item}/reopening": (PUTS_BACK, None),
    "GET /catalog/products": (OPEN, None),
    "GET /catalog/products/{handle}": (OPEN, None),
    "GET /catalog/listings": (OPEN, None),
    **dict.fromkeys(
        (
            "POST /orders", "POST /orders/bulk", "GET /orders/{order}/routing", "GET /customers",
            "GET /customers/{customer}", "GET /customers/{customer}/addresses", "PATCH /customers/{customer}", "POST /customers/{customer}/merges",
            "DELETE /customers/{customer}/merges/{merge}", "POST /catalog/products",
            "DELETE /catalog/listings/{slug}/{external_sku}", "DELETE /catalog/listings/{slug}", "GET /events", "POST /exceptions/jobs/{job}/retry",
            "POST /exceptions/mappings", "GET /exceptions/unmapped", "POST /imports/orders", "POST /imports/catalog",
            "POST /imports/stock", "GET /imports", "GET /imports/{item}", "GET /settings/brands",
            "POST /settings/brands", "PATCH /settings/brands/{slug}", "GET /settings/places", "POST /settings/places",
            "GET /settings/places/{code}", "PATCH /settings/places/{code}", "GET /settings/channels",
            "POST /settings/channels", "GET /settings/channels/{slug}", "PATCH /settings/channels/{slug}",
            "PUT /settings/channels/{slug}/places/{code}", "DELETE /settings/channels/{slug}/places/{code}",
            "GET /settings/routing-policies", "POST /settings/routing-policies", "POST /settings/routing-policies/trials", "GET /settings/users",
            "GET /settings/routing-policies/comparison", "POST /settings/routing-policies/{number}/drafts",
            "POST /settings/routing-policies/{number}/withdrawal", "GET /settings/routing-drafts",
            "POST /settings/routing-drafts", "GET /settings/routing-drafts/{key}", "PUT /settings/routing-drafts/{key}",
            "DELETE /settings/routing-drafts/{key}", "POST /settings/routing-drafts/{key}/version",
            "POST /settings/routing-drafts/{key}/simulations", "GET /settings/routing-drafts/{key}/simulations",
            "POST /settings/routing-drafts/{key}/shadow-runs", "GET /settings/routing-simulations/{key}", "DELETE /settings/routing-simulations/{key}",
            "GET /settings/routing-simulations/{key}/orders",
            "POST /settings/users", "PATCH /settings/users/{user}", "GET /settings/keys", "POST /settings/keys",
            "DELETE /settings/keys/{key}", "PUT /stock/skus/{sku}/backorder", "GET /availability",
            "POST /reservations", "DELETE /reservations/{reservation}", "GET /allocation/runs", "POST /allocation/runs",
            "GET /allocation/runs/{run}", "GET /allocation/runs/{run}/moves", "POST /allocation/runs/{run}/moves",
            "GET /allocation/terms", "PUT /allocation/terms", "GET /orders/{order}/taking", "POST /orders/{order}/taking",
        ),
        (COMPANY, None),
    ),
}  # fmt: skip


class Shop:
    """Goods HERE in Leeds and THERE in London, an order of each and one of both; a key for all, one for Leeds."""

    def __init__(self, settings: Any) -> None:
        settings.ADJUST_LIMIT_UNITS = 20
        built = world.build()
        built.sku("HERE", {"leeds": 40})
        built.sku("THERE", {"london": 40})
        leeds = built.places["leeds"].id
        self.boss = Caller(key("*", "staff.edit"))
        self.local = Caller(key("*", "staff.edit", locations=[leeds]))
        wanted = {"ours": ("HERE",), "theirs": ("THERE",), "both": ("HERE", "THERE")}
        self.orders = {name: self.order(name, skus) for name, skus in wanted.items()}
        self.holds = {
            name: self.boss.post(f"/orders/{order}/holds", {"kind": "fraud"})[1]["id"]
            for name, order in self.orders.items()
        }

    def order(self, name: str, skus: tuple[str, ...]) -> str:
        lines = [{"sku": sku, "quantity": 1, "unit_price": 500} for sku in skus]
        status, placed = self.boss.post("/orders", new_order(name, lines=lines))
        assert status == 201
        assert len(placed["fulfillment_orders"]) == len(skus)
        return str(placed["id"])

    def requests(self) -> dict[str, str]:
        """Adjustments that wait, by place."""
        for sku, place in (("HERE", "leeds"), ("THERE", "london")):
            body = {"sku": sku, "place": place, "change": 30, "reason": "found"}
            assert self.boss.post("/stock/adjustments", body)[0] == 202
        return {row["place"]: row["id"] for row in self.boss.get("/stock/adjustment-requests")[1]["rows"]}

    def cases(self) -> dict[str, str]:
        """Shortfall cases by place, and one about a job."""
        for sku, place in (("HERE", "leeds"), ("THERE", "london")):
            body = {"sku": sku, "place": place, "quantity": 100}
            assert self.boss.post("/stock/sales-elsewhere", body)[0] == 201
        raise_exception("job_failed", ("job", ids.new_id()), "A job failed", by=SYSTEM, at=clock.now())
        rows = self.boss.get("/exceptions")[1]["rows"]
        assert len(rows) == 3
        return {row["facts"].get("location", "job"): row["id"] for row in rows}


@pytest.fixture
def shop(settings: Any) -> Shop:
    return Shop(settings)


def operations(kind: str) -> list[tuple[str, str, Any]]:
    """(method, path, body) of the addresses of a kind."""
    found = [(*name.split(" ", 1), body) for name, (its, body) in TABLE.items() if its == kind]
    assert found, f"no address is of the kind {kind}"
    return found


def test_every_address_says_what_it_means_for_a_key_of_one_place() -> None:
    documented = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, found in api.get_openapi_schema()["paths"].items()
        for method in found
    }
    assert documented == set(TABLE)
    assert set(MAY) > PLACE_VERBS


def test_what_concerns_the_company_is_refused_whole(shop: Shop) -> None:
    events = Event.objects.count()
    for method, path, _ in operations(COMPANY):
        whole = path.replace("{job}", "1").replace("{number}", "1").replace("{order}", shop.orders["ours"])
        for name in ("customer", "merge", "item", "user", "key", "reservation", "run"):
            whole = whole.replace(f"{{{name}}}", str(ids.new_id()))
        response = shop.local.send(method, whole.replace("{", "").replace("}", ""))
        assert (response.status_code, response.json()["code"]) == (403, "forbidden"), (method, path)
    assert Event.objects.count() == events


def test_an_order_is_seen_whole_or_not_at_all(shop: Shop) -> None:
    for method, path, _ in operations(SEES):
        answers = {
            name: shop.local.send(method, path.replace("{order}", order))
            for name, order in shop.orders.items()
        }
        assert {name: a.status_code for name, a in answers.items()} == {
            "ours": 200,
            "theirs": 404,
            "both": 200,
        }, path
    whole = shop.local.get(f"/orders/{shop.orders['both']}")[1]
    assert {line["sku"] for line in whole["lines"]} == {"HERE", "THERE"}


def test_what_is_picked_up_here_is_seen_here(shop: Shop) -> None:
    lines = [{"sku": "NOBODY-KNOWS", "quantity": 1, "unit_price": 500}]
    body = new_order("pickup", lines=lines, pickup_location="leeds", on_shortage="accept")
    placed = shop.boss.post("/orders", body)[1]
    unknown = shop.boss.post("/orders", new_order("unknown", lines=lines, on_shortage="accept"))[1]
    assert shop.local.get(f"/orders/{placed['id']}")[0] == 200
    assert shop.local.get(f"/orders/{unknown['id']}")[0] == 404


def test_an_order_is_changed_by_who_ships_all_of_it(shop: Shop) -> None:
    for method, path, body in operations(DOES):
        status = {}
        for name, order in shop.orders.items():
            address = path.replace("{order}", order).replace("{hold}", shop.holds[name])
            events = Event.objects.count()
            status[name] = shop.local.call(method, address, body)[0]
            assert (status[name] < 300) == (Event.objects.count() > events), path
        assert status["theirs"] == 404 and status["both"] == 403 and status["ours"] in {200, 201}, (
            path,
            status,
        )


def test_stock_is_changed_at_the_own_place_alone(shop: Shop) -> None:
    for method, path, body in operations(AT_PLACE):
        assert shop.local.call(method, path, {**body, "place": "london"})[0] == 403, path
        assert shop.local.call(method, path, {**body, "place": "leeds"})[0] == 201, path


def test_the_second_person_answers_for_the_own_place_alone(shop: Shop) -> None:
    for method, path, body in operations(ANSWERS):
        found = shop.cases() if path.startswith("/exceptions") else shop.requests()
        for where, item in found.items():
            expected = {200} if where == "leeds" else {403, 404}
            assert shop.local.call(method, path.replace("{item}", item), body)[0] in expected, (path, where)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM inventory_adjustmentrequest")


def test_cases_are_put_back_where_they_may_be_seen(shop: Shop) -> None:
    [(method, path, _)] = operations(PUTS_BACK)
    for where, item in shop.cases().items():
        assert shop.boss.post(f"/exceptions/{item}/resolution", {"resolution": "done"})[0] == 200
        expected = {200} if where == "leeds" else {403, 404}
        assert shop.local.call(method, path.replace("{item}", item))[0] in expected, where
    listed = shop.local.get("/exceptions/settled")[1]["rows"]
    assert listed == []


def test_lists_and_their_numbers_hold_what_is_here(shop: Shop) -> None:
    shop.requests()
    shop.cases()
    seen = {path: shop.local.get(path.replace("{sku}", "here"))[1] for _, path, _ in operations(LISTS)}
    assert {row["external_id"] for row in seen["/orders"]["rows"]} == {"ours", "both"}
    assert seen["/orders/count"] == {"count": 2}
    assert shop.local.get("/orders?place=london")[1]["rows"][0]["external_id"] == "both"
    assert [case["facts"]["location"] for case in seen["/exceptions"]["rows"]] == ["leeds"]
    assert seen["/exceptions/counts"] == {"shortfall": 1}
    assert [row["place"] for row in seen["/stock/adjustment-requests"]["rows"]] == ["leeds"]
    grid = {row["sku"]: row for row in seen["/stock"]["rows"]}
    assert grid["HERE"]["total"]["allocated"] == 2 and grid["THERE"]["total"]["allocated"] == 0
    assert grid["THERE"]["places"] == [] and shop.local.get("/stock?place=london")[1]["rows"] == []
    assert [row["sku"] for row in shop.local.get("/stock?only=short")[1]["rows"]] == ["HERE"]
    assert seen["/stock/skus/{sku}"]["total"]["allocated"] == 2 and seen["/stock/skus/{sku}/ledger"]["rows"]
    assert {row["number"] for row in seen["/stock/skus/{sku}/promises"]["rows"]} == {
        row["number"] for row in seen["/orders"]["rows"]
    }
    assert shop.local.get("/stock/skus/there/promises")[1]["rows"] == []
    assert [row["place"] for row in seen["/orders/work"]] == ["leeds"]
    there = shop.local.get("/stock/skus/there")[1]
    assert there["places"] == [] and there["total"]["on_hand"] == 0
    assert shop.local.get("/stock/skus/there/ledger")[1]["rows"] == []
    assert shop.local.get("/stock/skus/there/ledger?place=london")[0] == 403
    for _, path, _ in operations(WHERE):
        assert shop.local.get(path.format(sku="there", place="london"))[0] == 403
        assert shop.local.get(path.format(sku="here", place="leeds"))[0] == 200


def test_the_catalogue_is_open(shop: Shop) -> None:
    for method, path, _ in operations(OPEN):
        assert shop.local.call(method, path.format(handle="there"))[0] == 200, path
