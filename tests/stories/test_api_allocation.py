"""Allocation over all waiting orders through the API."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_allocate import misplaced, where
from tests.stories.test_take import late_but_first
from tests.world import World, build
from trivet.api.tests.calls import Caller, key
from trivet.flows import allocate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def test_asked_for_looked_at_and_made(world: World) -> None:
    row, shop = misplaced(world), Caller(key())
    status, run = shop.post("/allocation/runs", {})
    assert (status, run["state"], run["apply"]) == (202, "waiting", False)
    assert shop.post(f"/allocation/runs/{run['id']}/moves")[0] == 409
    allocate.carry_out(UUID(run["id"]))
    status, seen = shop.get(f"/allocation/runs/{run['id']}")
    assert (status, seen["state"], seen["proposed"], seen["moved"]) == (200, "proposed", 1, 0)
    assert seen["bound"] <= seen["cost_after"] + seen["move_cost"] <= seen["cost_greedy"] + seen["move_cost"]
    status, moves = shop.get(f"/allocation/runs/{run['id']}/moves?limit=1")
    assert [(m["number"], m["origin"], m["target"], m["why"]) for m in moves["rows"]] == [
        (row.number, {"london": 1}, {"leeds": 1}, "cheaper")
    ]
    assert shop.post(f"/allocation/runs/{run['id']}/moves")[0] == 202
    allocate.carry_out(UUID(run["id"]))
    assert where("1") == {"leeds": 1}
    listed = shop.get("/allocation/runs")[1]["rows"]
    assert [(r["state"], r["saved"] > 0) for r in listed] == [("applied", True)]


def test_terms_have_their_rules(world: World) -> None:
    shop = Caller(key())
    assert shop.get("/allocation/terms")[1]["mode"] == "off"
    status, told = shop.call(
        "PUT", "/allocation/terms", {"mode": "daily", "at": "07:30", "timezone": "Europe/London"}
    )
    assert (status, told["at"], told["move_cost"]) == (200, "07:30", 30)
    for wrong, field in (
        ({"mode": "daily"}, "at"),
        ({"mode": "never"}, "mode"),
        ({"seconds": 1}, "seconds"),
        ({"timezone": "X"}, "timezone"),
    ):
        status, told = shop.call("PUT", "/allocation/terms", wrong)
        assert (status, told["field"]) == (400, field) or (status, told["field"]) == (422, field)


def test_only_a_key_that_may(world: World) -> None:
    for scopes, status in ((("order.view",), 403), (("order.allocate",), 202)):
        assert Caller(key(*scopes)).post("/allocation/runs", {})[0] == status


def test_an_order_takes_units_of_later_orders(world: World) -> None:
    row, shop = late_but_first(world), Caller(key())
    status, seen = shop.get(f"/orders/{row.id}/taking")
    assert (status, [g["units"] for g in seen["gifts"]]) == (200, [2])
    assert shop.post(f"/orders/{row.id}/taking", {"expected_version": seen["version"] + 1})[0] == 409
    assert (
        shop.post(f"/orders/{row.id}/taking", {"expected_version": seen["version"]})[1]["gifts"]
        == seen["gifts"]
    )
    assert shop.get(f"/orders/{row.id}/taking")[0] == 409
