"""The routing policy as versioned data: drafted, scheduled, withdrawn, taken up again; nobody overwrites anybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.flows.policy import change_policy, put_in_force
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import DomainError, Invalid
from trivet.routing.actions.policy import begin_draft
from trivet.routing.models import RoutingPolicy

pytestmark = pytest.mark.django_db(transaction=True)

NO_LEEDS = {"rules": [{"allow": False, "places": ["leeds"]}]}


@pytest.fixture
def shop() -> Caller:
    """A key that may do everything, in the named world."""
    world.build().sku("TEE", {"leeds": 50, "london": 50})
    return Caller(key("*"))


def ships_from(shop: Caller, name: str) -> str:
    placed = shop.post("/orders", new_order(name, lines=[{"sku": "TEE", "quantity": 1, "unit_price": 500}]))[
        1
    ]
    return str(placed["fulfillment_orders"][0]["location"])


def drafted(shop: Caller, rules: dict[str, Any], note: str = "") -> dict[str, Any]:
    status, made = shop.post("/settings/routing-drafts", {"rules": rules, "note": note})
    assert status == 201, made
    return made


def store(shop: Caller, made: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    body = {"edition": made["edition"], "seen": made["base"], "without": "a test", **more}
    return shop.post(f"/settings/routing-drafts/{made['id']}/version", body)


def standings(shop: Caller) -> dict[int, str]:
    return {p["version"]: p["standing"] for p in shop.get("/settings/routing-policies")[1]}


def test_a_draft_decides_nothing_until_it_is_stored(shop: Caller) -> None:
    made = drafted(shop, NO_LEEDS, "Leeds moves house")
    assert (made["standing"], made["edition"], made["base"]) == ("draft", 1, 0)
    assert ships_from(shop, "1") == "leeds"
    assert shop.get("/settings/routing-policies")[1] == []
    assert store(shop, made, without="")[1]["field"] == "without"
    status, version = store(shop, made)
    assert (status, version["version"], version["live"], version["unsimulated"]) == (201, 1, True, "a test")
    assert (version["note"], version["id"]) == ("Leeds moves house", made["id"])
    assert ships_from(shop, "2") == "london"
    assert shop.get("/settings/routing-drafts")[1] == []
    assert store(shop, {**made, "base": 1})[0] == 409
    kinds = Event.objects.filter(subject_id=made["id"]).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["routing_policy.drafted", "routing_policy.added"]


def test_a_scheduled_version_takes_over_at_its_time_whatever_came_meanwhile(shop: Caller) -> None:
    now = clock.now()
    status, first = store(shop, drafted(shop, NO_LEEDS), active_from=(now + timedelta(hours=2)).isoformat())
    assert (status, first["standing"]) == (201, "scheduled")
    assert ships_from(shop, "1") == "leeds"
    shop.post("/settings/routing-policies", {"rules": {"parcel_penalty": 1}})
    assert standings(shop) == {1: "scheduled", 2: "live"}
    assert ships_from(shop, "2") == "leeds"
    with time_machine.travel(now + timedelta(hours=3)):
        assert standings(shop) == {1: "live", 2: "past"}
        assert ships_from(shop, "3") == "london"
        status, told = shop.post("/settings/routing-policies/1/withdrawal")
        assert (status, told["code"]) == (409, "wrong_state")


def test_a_scheduled_version_can_be_withdrawn_and_is_never_in_force(shop: Caller) -> None:
    now = clock.now()
    store(shop, drafted(shop, NO_LEEDS), active_from=(now + timedelta(hours=2)).isoformat())
    status, gone = shop.post("/settings/routing-policies/1/withdrawal")
    assert (status, gone["standing"], gone["withdrawn_by"]) == (200, "withdrawn", "Test")
    assert shop.post("/settings/routing-policies/1/withdrawal")[0] == 409
    assert shop.post("/settings/routing-policies/7/withdrawal")[0] == 404
    with time_machine.travel(now + timedelta(hours=3)):
        assert ships_from(shop, "1") == "leeds"
    # Its number is not used again.
    assert store(shop, drafted(shop, {}))[1]["version"] == 2
    assert Event.objects.filter(kind="availability.changed").count() == 3


def test_rolling_back_is_a_new_version_with_the_old_content(shop: Caller) -> None:
    shop.post("/settings/routing-policies", {"rules": {"parcel_penalty": 500}})
    shop.post("/settings/routing-policies", {"rules": NO_LEEDS["rules"] and NO_LEEDS})
    assert ships_from(shop, "1") == "london"
    status, again = shop.post("/settings/routing-policies/1/drafts")
    assert (status, again["repeats"], again["rules"]) == (201, 1, {"parcel_penalty": 500})
    status, version = store(shop, again, without="Leeds is back")
    assert (version["version"], version["repeats"], version["live"]) == (3, 1, True)
    assert ships_from(shop, "2") == "leeds"
    assert shop.get("/settings/routing-policies/comparison?before=1&after=3")[1] == []
    told = shop.get("/settings/routing-policies/comparison?before=2&after=3")[1]
    assert [(d["field"], d["row"]) for d in told] == [("parcel_penalty", None), ("rules", 1)]
    assert shop.get("/settings/routing-policies/comparison?before=2&after=9")[0] == 404


def test_two_people_at_one_draft_see_each_others_change(shop: Caller) -> None:
    made = drafted(shop, {"parcel_penalty": 100})
    where = f"/settings/routing-drafts/{made['id']}"

    def put(rules: dict[str, Any], edition: int) -> Any:
        answer = shop.send("PUT", where, {"rules": rules, "note": "", "edition": edition})
        return answer.status_code, answer.json()

    status, first = put({"parcel_penalty": 150}, 1)
    assert (status, first["edition"], first["changed_by"]) == (200, 2, "Test")
    status, told = put({"parcel_penalty": 300}, 1)
    assert (status, told["code"], told["facts"]["edition"]) == (409, "wrong_state", 2)
    assert told["facts"]["changes"] == [{"field": "parcel_penalty", "row": None, "before": 150, "after": 300}]
    assert put({"parcel_penalty": 300}, 2)[0] == 200
    assert put({"parcel_penalty": -1}, 3)[1]["field"] == "parcel_penalty"
    assert put({"zones": [{"km": 1, "base": 1}]}, 3)[1]["field"] == "zones[0]"
    # Whoever stores the edition that they saw does not store what came after it.
    assert store(shop, first)[0] == 409
    assert shop.send("DELETE", where).json()["standing"] == "withdrawn"
    assert put({}, 3)[0] == 409
    assert store(shop, {**made, "edition": 3})[0] == 409


def test_a_draft_of_yesterday_says_what_has_changed_since(shop: Caller) -> None:
    made = drafted(shop, NO_LEEDS)
    change_policy({"parcel_penalty": 700}, by=world.ALICE, now=clock.now())
    status, told = store(shop, made)
    assert (status, told["facts"]["newest"]) == (409, 1)
    assert [(d["field"], d["after"]) for d in told["facts"]["changes"]] == [("parcel_penalty", 700)]
    assert store(shop, made, seen=1)[0] == 201


def test_when_two_store_at_once_one_is_told_what_the_other_changed(shop: Caller) -> None:
    now = clock.now()
    keys = [begin_draft({"parcel_penalty": n}, by=world.ALICE, now=now) for n in range(4)]

    def put(draft: Any) -> int:
        try:
            return put_in_force(draft, edition=1, seen=0, without="a race", by=world.ALICE, now=clock.now())
        except DomainError as error:
            return -int(error.facts["newest"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(put, keys)) == [-1, -1, -1, 1]
    assert RoutingPolicy.objects.filter(state="stored").count() == 1


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_a_time_that_is_over_is_no_time_to_begin(shop: Caller, late: timedelta) -> None:
    now = clock.now()
    with pytest.raises(Invalid, match="future"):
        change_policy({}, now - late, by=world.ALICE, now=now)
    assert RoutingPolicy.objects.count() == 0
