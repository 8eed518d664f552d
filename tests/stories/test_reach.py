"""What a number counts can be reached: every list goes on to its end, and the API lists what the console does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests import world
from tests.world import World
from trivet.api.tests.calls import Caller, key, new_order
from trivet.flows.imports.past import remember
from trivet.flows.imports.report import Report
from trivet.fulfillment.models import FulfillmentOrder
from trivet.journal.actions.exceptions import raise_exception
from trivet.journal.rules import SYSTEM
from trivet.lib import clock, ids
from trivet.web.tests.conftest import As, as_

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["as_"]

MANY = 53
"""More than a page."""


@pytest.fixture
def built(settings: Any) -> World:
    settings.ADJUST_LIMIT_UNITS = 0
    found = world.build()
    found.sku("TEE", {"leeds": 500, "london": 500})
    return found


@pytest.fixture
def shop(built: World) -> Caller:
    return Caller(key())


def lines(*skus: str, quantity: int = 1) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity, "unit_price": 500} for sku in skus]


def bring(shop: Caller, what: str) -> str:
    """Make ``MANY`` of something; the address of the page that lists them."""
    now = clock.now()
    if what == "/exceptions":
        for n in range(MANY):
            # Some of the same instant, so that the cursor has to tell them apart.
            raise_exception(
                "job_failed",
                ("job", ids.new_id()),
                f"Job {n}",
                by=SYSTEM,
                at=now + timedelta(seconds=n // 20),
            )
    elif what == "/exceptions/unmapped":
        skus = [f"NEW-{n:03}" for n in range(MANY)]
        assert shop.post("/orders", new_order("1", lines=lines(*skus), on_shortage="accept"))[0] == 201
    elif what == "/stock/adjustment-requests":
        for _ in range(MANY):
            body = {"sku": "TEE", "place": "leeds", "change": 1, "reason": "found"}
            assert shop.post("/stock/adjustments", body)[0] == 202
    elif what == "/imports":
        for n in range(MANY):
            remember(Report("stock", f"{n}.csv", "csv", False), by=SYSTEM, now=now)
    else:
        for n in range(MANY):
            assert shop.post("/orders", new_order(str(n)))[0] == 201
    return {"/exceptions/unmapped": "/exceptions/mapping", "/stock/adjustment-requests": "/stock/adjustments",
            "/imports": "/settings/imports", "/stock/skus/TEE/promises": "/stock/sku/TEE"}.get(what, what)  # fmt: skip


@pytest.mark.parametrize(
    ("what", "marks"),
    [
        ("/exceptions", r"/exceptions/[0-9a-f-]{36}/retry"), ("/exceptions/unmapped", r'name="external_sku" value="(NEW-\d+)"'),
        ("/stock/adjustment-requests", r"/stock/adjustments/([0-9a-f-]{36})"),
        ("/imports", r"/settings/imports/([0-9a-f-]{36})\""), ("/stock/skus/TEE/promises", r'href="/orders/(\d+)"'),
    ],
)  # fmt: skip
def test_every_list_goes_on_to_its_end(shop: Caller, as_: As, what: str, marks: str) -> None:
    page = bring(shop, what)
    cursor, seen = "", []
    while True:
        status, told = shop.get(f"{what}?limit=7&cursor={cursor}")
        assert status == 200 and len(told["rows"]) <= 7
        seen += [str(row) for row in told["rows"]]
        if not (cursor := told["next_cursor"]):
            break
    assert len(seen) == len(set(seen)) == MANY
    assert shop.get(f"{what}?cursor=bm9uc2Vuc2U")[1]["field"] == "cursor"
    desk, address, shown = as_("alice"), page, set()
    for _ in range(2):
        text = desk.get(address).content.decode()
        shown |= set(re.findall(marks, text))
        # A SKU's page has its ledger too, which goes on by itself.
        param = "held" if "/sku/" in page else "cursor"
        onward = re.search(rf'rel="next" href="([^"]*[?;]{param}=[^"&]+)"', text)
        address = page + onward[1].replace("&amp;", "&") if onward else ""
    assert len(shown) == MANY and not address


def test_a_code_is_mapped_on_the_page_it_stands_on(shop: Caller, as_: As) -> None:
    page, desk = bring(shop, "/exceptions/unmapped"), as_("alice")
    onward = re.search(r'rel="next" href="([^"]+)"', desk.get(page).content.decode())
    assert onward is not None
    second = desk.get(page + onward[1]).content.decode()
    cursor, code = re.search(r'name="cursor" value="([^"]+)"', second), re.search(r"NEW-\d+", second)
    assert cursor is not None and code is not None
    form = {"channel": "web", "external_sku": code[0], "sku": "NONE", "cursor": cursor[1]}
    wrong = desk.post("/exceptions/mapping/add", form)
    assert wrong.status_code == 400 and "There is no such SKU." in wrong.content.decode()


def test_the_number_on_today_is_that_of_all(shop: Caller, as_: As) -> None:
    bring(shop, "/exceptions/unmapped")
    bring(shop, "/stock/adjustment-requests")
    text = as_("alice").get("/today").content.decode()
    assert re.search(rf"Unknown SKUs</span><strong>{MANY}<", text)
    assert re.search(rf"Adjustments to confirm</span><strong>{MANY}<", text)


def test_the_orders_of_a_customer_are_those_of_the_person(shop: Caller) -> None:
    people = [{"email": f"{name}@example.com", "name": "Lan"} for name in ("lan", "lan.pham")]
    for n, person in enumerate(people):
        assert shop.post("/orders", new_order(str(n), customer=person))[0] == 201
    one, other = (row["id"] for row in shop.get("/customers")[1]["rows"])
    assert len(shop.get(f"/orders?customer={one}")[1]["rows"]) == 1
    shop.post(f"/customers/{one}/merges", {"other": other, "reason": "she said so"})
    for record in (one, other):
        assert len(shop.get(f"/orders?customer={record}")[1]["rows"]) == 2
        assert shop.get(f"/orders/count?customer={record}")[1] == {"count": 2}
        [address] = shop.get(f"/customers/{record}/addresses")[1]
        assert address["to"]["postal_code"] == "LS2 7EW"
    assert shop.get(f"/orders?customer={ids.new_id()}")[1]["rows"] == []
    assert shop.get(f"/customers/{ids.new_id()}/addresses")[0] == 404


def test_work_is_counted_by_place_and_listed_behind_each_number(shop: Caller, as_: As) -> None:
    for n in range(5):
        assert shop.post("/orders", new_order(str(n)))[0] == 201
    held = shop.get("/orders")[1]["rows"][0]["id"]
    assert shop.post(f"/orders/{held}/holds", {"kind": "fraud"})[0] == 201
    now = clock.now()
    late, due = FulfillmentOrder.objects.filter(state="open").order_by("id")[:2]
    FulfillmentOrder.objects.update(dispatch_by=now + timedelta(hours=30))
    FulfillmentOrder.objects.filter(id=late.id).update(dispatch_by=now - timedelta(hours=1))
    FulfillmentOrder.objects.filter(id=due.id).update(dispatch_by=now + timedelta(hours=3))
    FulfillmentOrder.objects.filter(order=held).update(dispatch_by=now - timedelta(hours=1))
    [work] = shop.get("/orders/work")[1]
    assert work == {"place": "leeds", "name": "Leeds", "ready": 4, "held": 1, "late": 1, "due": 1}
    for name in ("late", "due", "ready"):
        assert shop.get(f"/orders/count?{name}=true&place=leeds")[1] == {"count": work[name]}, name
        assert shop.get(f"/orders/count?{name}=true&place=london")[1] == {"count": 0}
    assert shop.get("/orders?due=true")[1]["rows"][0]["id"] == str(due.order_id)
    assert shop.get("/orders?due=true&late=true")[1]["rows"] == []


def test_a_policy_is_tried_without_being_stored(shop: Caller) -> None:
    placed = shop.post("/orders", new_order("1", lines=lines("TEE", quantity=2)))[1]
    [routed] = placed["fulfillment_orders"]
    rules = {"rules": [{"allow": False, "places": [routed["location"]]}]}
    status, told = shop.post("/settings/routing-policies/trials", {"rules": rules})
    assert status == 200 and told["looked_at"] == 1
    [otherwise] = told["otherwise"]
    assert otherwise["number"] == placed["number"] and otherwise["order"] == placed["id"]
    assert [p["place"] for p in otherwise["before"]["parcels"]] == [routed["location"]]
    assert otherwise["after"]["parcels"][0]["units"] == 2 and otherwise["after"]["short"] == 0
    assert otherwise["after"]["cost"] > otherwise["before"]["cost"]
    assert shop.post("/settings/routing-policies/trials", {"rules": {}})[1]["otherwise"] == []
    assert shop.post("/settings/routing-policies/trials", {"rules": {"colour": 1}})[0] == 422
    assert shop.get("/settings/routing-policies")[1] == []
