"""People and keys by API: nobody gives more than they have, and a secret is told once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import world
from trivet.api.tests.calls import Caller, key
from trivet.journal.models import Event, IdempotencyKey
from trivet.lib import clock
from trivet.staff.models import ApiKey, User
from trivet.staff.rules import secret_digest

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a trivet has three legs"


@pytest.fixture
def owner() -> Caller:
    world.build()
    return Caller(key("*", "staff.edit"))


def test_someone_is_taken_on_changed_and_let_go(owner: Caller) -> None:
    new = {
        "username": "lan",
        "password": PASSWORD,
        "role": "warehouse",
        "name": "Lan Pham",
        "places": ["leeds"],
    }
    status, lan = owner.post("/settings/users", new)
    assert status == 201 and lan["places"] and lan["role"] == "warehouse" and "password" not in lan
    assert User.objects.get(username="lan").check_password(PASSWORD)
    assert owner.post("/settings/users", new)[0] == 409
    status, lan = owner.call(
        "PATCH", f"/settings/users/{lan['id']}", {"role": "support", "places": [], "active": False}
    )
    assert status == 200 and (lan["role"], lan["places"], lan["active"]) == ("support", [], False)
    assert owner.call("PATCH", f"/settings/users/{lan['id']}", {"active": True})[1]["active"]
    assert set(Event.objects.filter(subject_kind="user").values_list("kind", flat=True)) == {
        "user.added", "user.changed", "user.deactivated", "user.reactivated",
    }  # fmt: skip


def test_a_change_is_whole_or_nothing(owner: Caller) -> None:
    lan = owner.post("/settings/users", {"username": "lan", "password": PASSWORD, "role": "support"})[1]
    status, told = owner.call(
        "PATCH", f"/settings/users/{lan['id']}", {"role": "analyst", "password": "short"}
    )
    assert status == 422 and told["field"] == "password"
    assert User.objects.get(username="lan").role == "support"
    assert (
        owner.call("PATCH", f"/settings/users/{lan['id']}", {"places": ["mars"]})[1]["field"] == "places[0]"
    )
    assert owner.call("PATCH", f"/settings/users/{lan['id']}", {"role": None})[0] == 422


def test_a_secret_is_told_once_and_not_even_kept_for_a_repeat(owner: Caller) -> None:
    body = {"name": "Shop", "scopes": ["order.place"], "places": ["leeds"]}
    status, made = owner.post("/settings/keys", body, **{"idempotency-key": "once"})
    assert status == 201 and ApiKey.objects.get(id=made["id"]).digest == secret_digest(made["secret"])
    status, told = owner.post("/settings/keys", body, **{"idempotency-key": "once"})
    assert status == 409 and "secret" not in told
    assert ApiKey.objects.filter(name="Shop").count() == 1
    assert [(kept.key, bytes(kept.body)) for kept in IdempotencyKey.objects.all()] == [("once", b"")]
    assert "secret" not in owner.get("/settings/keys")[1][0]
    assert owner.call("DELETE", f"/settings/keys/{made['id']}")[1]["revoked_at"]
    assert owner.call("DELETE", f"/settings/keys/{made['id']}")[0] == 200
    assert Caller(made["secret"]).get("/availability?channel=web")[0] == 401


def test_nobody_gives_more_than_they_have(owner: Caller) -> None:
    clerk = Caller(key("staff.edit", "order.view", "settings.view"))
    assert clerk.post("/settings/keys", {"name": "K", "scopes": ["*"]})[0] == 403
    assert clerk.post("/settings/keys", {"name": "K", "scopes": ["order.view", "stock.adjust"]})[0] == 403
    assert clerk.post("/settings/keys", {"name": "K", "scopes": ["order.view"]})[0] == 201
    assert clerk.post("/settings/users", {"username": "eve", "password": PASSWORD, "role": "owner"})[0] == 403
    boss = owner.post("/settings/users", {"username": "boss", "password": PASSWORD, "role": "owner"})[1]
    assert clerk.call("PATCH", f"/settings/users/{boss['id']}", {"password": PASSWORD + "!"})[0] == 403
    assert Caller(key("*")).post("/settings/keys", {"name": "K", "scopes": ["order.view"]})[0] == 403


def test_a_key_for_some_places_manages_nobody(owner: Caller) -> None:
    leeds = world.Location.objects.get(code="leeds").id
    local = Caller(key("*", "staff.edit", locations=[leeds]))
    assert local.post("/settings/keys", {"name": "K", "scopes": ["order.view"]})[0] == 403
    assert (
        local.post("/settings/users", {"username": "eve", "password": PASSWORD, "role": "support"})[0] == 403
    )


def test_the_last_owner_stays(owner: Caller) -> None:
    boss = owner.post("/settings/users", {"username": "boss", "password": PASSWORD, "role": "owner"})[1]
    assert owner.call("PATCH", f"/settings/users/{boss['id']}", {"active": False})[0] == 409
    assert owner.call("PATCH", f"/settings/users/{boss['id']}", {"role": "support"})[0] == 409


def test_who_works_at_some_places_answers_for_these_alone(owner: Caller, settings: Any) -> None:
    settings.ADJUST_LIMIT_UNITS = 1
    built = world.World(world.Channel.objects.get(), {p.code: p for p in world.Location.objects.all()})
    built.sku("TEE", {"leeds": 9, "london": 9})
    for place in ("leeds", "london"):
        body = {"sku": "TEE", "place": place, "change": -5, "reason": "damaged"}
        assert owner.post("/stock/adjustments", body)[0] in {201, 202}
    leeds = world.Location.objects.get(code="leeds").id
    local = Caller(key("*", locations=[leeds]))
    [waiting] = local.get("/stock/adjustment-requests")[1]["rows"]
    assert waiting["place"] == "leeds"
    both = owner.get("/stock/adjustment-requests")[1]["rows"]
    other = next(row["id"] for row in both if row["place"] == "london")
    assert local.post(f"/stock/adjustment-requests/{other}/approval")[0] == 403
    assert local.post(f"/stock/adjustment-requests/{other}/refusal")[0] == 403
    assert local.post(f"/stock/adjustment-requests/{waiting['id']}/approval")[0] == 200


def test_a_key_makes_none_that_outlasts_it(owner: Caller) -> None:
    ends = clock.now() + timedelta(days=1)
    short = Caller(key("*", "staff.edit", expires_at=ends))
    wanted = {"name": "x", "scopes": ["order.view"]}
    later = (ends + timedelta(seconds=1)).isoformat()
    assert short.post("/settings/keys", wanted)[0] == 403
    assert short.post("/settings/keys", {**wanted, "expires_at": later})[1]["field"] == "expires_at"
    assert short.post("/settings/keys", {**wanted, "expires_at": ends.isoformat()})[0] == 201
    assert owner.post("/settings/keys", wanted)[0] == 201


def test_places_are_told_as_they_are_sent(owner: Caller) -> None:
    wanted = {"name": "till", "scopes": ["stock.view"], "places": ["leeds", "bristol"]}
    assert owner.post("/settings/keys", wanted)[1]["places"] == ["bristol", "leeds"]
    assert owner.get("/settings/keys")[1][0]["places"] == ["bristol", "leeds"]
    new = {"username": "lan", "password": PASSWORD, "role": "warehouse", "places": ["leeds"]}
    lan = owner.post("/settings/users", new)[1]
    again = owner.call("PATCH", f"/settings/users/{lan['id']}", {"places": [*lan["places"], "london"]})[1]
    assert again["places"] == ["leeds", "london"]
