"""Who is tied to a place, at the stock desk: goods leave by the hand of the place they are at, and arrive likewise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import World, build
from trivet.api.tests.calls import Caller, key

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """SHIRT in London; a key for all, one for London, Leeds and Glasgow each."""

    def __init__(self) -> None:
        self.world: World = build()
        self.world.sku("SHIRT", {"london": 40})
        self.boss = Caller(key())
        self.local = {
            place: Caller(key("*", locations=[self.world.places[place].id]))
            for place in ("london", "leeds", "glasgow")
        }


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return Desk()


def test_a_transfer_leaves_by_one_hand_and_arrives_by_another(desk: Desk) -> None:
    body = {"source": "london", "destination": "leeds", "lines": [{"sku": "shirt", "quantity": 5}]}
    london, leeds, glasgow = (desk.local[name] for name in ("london", "leeds", "glasgow"))
    assert leeds.post("/stock/transfers", body)[0] == 403
    status, made = london.post("/stock/transfers", body)
    assert (status, made["state"], made["lines"][0]["sku"]) == (201, "draft", "SHIRT")
    at = f"/stock/transfers/{made['number']}"
    arrival = {"reference": "van", "lines": [{"sku": "SHIRT", "quantity": 2, "damaged": 1}]}
    steps: list[tuple[str, Any, str]] = [
        ("readiness", None, "ready_to_ship"), ("shipment", {}, "in_transit"),
        ("receipts", arrival, "partially_received"), ("completion", None, "received"),
    ]  # fmt: skip
    for step, sent, state in steps:
        mine, other = (london, leeds) if step in {"readiness", "shipment"} else (leeds, london)
        assert glasgow.post(f"{at}/{step}", sent)[0] == 404
        assert other.post(f"{at}/{step}", sent)[0] == 403, step
        status, found = mine.post(f"{at}/{step}", sent)
        assert (status, found["state"]) == (200, state), step
        if step == "receipts":
            assert mine.post(f"{at}/{step}", sent) == (200, found)
    assert found["lines"][0] | {"title": ""} == {
        "sku": "SHIRT", "title": "", "planned": 5, "shipped": 5, "received": 2, "damaged": 1, "missing": 2,
        "in_transit": 0, "extra": 0,
    }  # fmt: skip
    assert london.post(f"{at}/cancellation")[0] == 409
    assert glasgow.get(at)[0] == 404 and leeds.get(at)[0] == london.get(at)[0] == 200
    seen = {name: len(who.get("/stock/transfers")[1]["rows"]) for name, who in desk.local.items()}
    assert seen == {"london": 1, "leeds": 1, "glasgow": 0}
    assert [r["kind"] for r in leeds.get("/exceptions")[1]["rows"]] == ["transfer"]
    assert london.get("/exceptions")[1]["rows"] == []
    assert desk.boss.get("/stock/transfers?state=open")[1]["rows"] == []


def test_what_is_promised_leaves_only_by_who_may_approve(desk: Desk) -> None:
    weak = Caller(key("stock.view", "stock.transfer"))
    body = {"source": "london", "destination": "leeds", "lines": [{"sku": "SHIRT", "quantity": 50}]}
    at = f"/stock/transfers/{weak.post('/stock/transfers', body)[1]['number']}"
    assert weak.post(f"{at}/readiness")[0] == 200
    status, refused = weak.post(f"{at}/shipment", {})
    assert (status, refused["code"], refused["facts"]["free"]) == (409, "out_of_stock", {"SHIRT": 40})
    assert weak.post(f"{at}/shipment", {"promised_too": True})[0] == 403
    assert desk.boss.post(f"{at}/shipment", {"promised_too": True})[1]["state"] == "in_transit"
    assert (
        weak.post(f"{at}/receipts", {"reference": "x", "lines": [{"sku": "SHIRT", "quantity": 1}]})[0] == 403
    )
