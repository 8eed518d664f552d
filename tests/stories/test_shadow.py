"""A draft that follows the orders that come in: it plans them afterwards, decides nothing and costs intake nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stories.test_simulation import NO_LEEDS, me, place
from tests.world import ALICE, World, build, order
from trivet.api.tests.calls import Caller, key
from trivet.flows import shadow, simulation
from trivet.flows.intake import place_group, prepare
from trivet.flows.policy import put_in_force
from trivet.lib import clock
from trivet.lib.errors import WrongState
from trivet.routing.actions.policy import begin_draft, change_draft
from trivet.routing.models import RoutingDecision, Simulation
from trivet.routing.queries.simulations import both_decisions, otherwise
from trivet.routing.queries.simulations import simulation as shown

pytestmark = pytest.mark.django_db(transaction=True)

SOON = timedelta(minutes=1)


@pytest.fixture
def shop() -> World:
    found = build()
    found.sku("TEE", {"leeds": 50, "london": 50})
    return found


def followed(draft: UUID) -> UUID:
    return shadow.begin(draft, edition=1, target_days=1, **me())


def test_new_orders_are_planned_by_the_draft_too_once_each(shop: World) -> None:
    place("before", {"TEE": 1})
    run = followed(begin_draft(NO_LEEDS, **me()))
    for n in range(3):
        place(str(n), {"TEE": 1})
    assert shadow.follow(now=clock.now()) == 0, "their neighbours may still be under way"
    assert shadow.follow(now=clock.now() + SOON) == 3
    assert shadow.follow(now=clock.now() + SOON) == 0
    place("after", {"TEE": 1}, to=("London", "E1 6AN", "GB"))
    assert shadow.follow(now=clock.now() + SOON) == 1
    found = shown(run)
    assert found.follows and found.result is not None
    assert (found.result["changed"], found.result["live"]["orders"], found.result["draft"]["parcels"]) == (
        3,
        4,
        4,
    )
    assert (found.result["agreed"], found.result["known"]) == (4, 4)
    rows = otherwise(run).rows
    assert [(r.live["legs"][0][0], r.draft["legs"][0][0]) for r in rows] == [("leeds", "london")] * 3
    _, live, _ = both_decisions(run, rows[0].id)
    stored = RoutingDecision.objects.order_by("id")[1].explanation
    assert live.explanation == stored


def test_intake_asks_the_same_whether_drafts_follow_or_not(shop: World) -> None:
    def asked(name: str) -> list[str]:
        group = [prepare(order(f"{name}-{n}", {"TEE": 1}), actor=ALICE) for n in range(3)]
        with CaptureQueriesContext(connection) as captured:
            place_group(group)
        return [q["sql"].split("(")[0][:60] for q in captured.captured_queries]

    asked("warm")
    alone = asked("alone")
    for _ in range(2):
        followed(begin_draft(NO_LEEDS, **me()))
    assert asked("followed") == alone


def test_many_orders_are_followed_in_batches(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow, "BATCH", 2)
    run = followed(begin_draft(NO_LEEDS, **me()))
    for n in range(5):
        place(str(n), {"TEE": 1})

    def follow(_: int) -> int:
        try:
            return shadow.follow(now=clock.now() + SOON)
        finally:
            connection.close()

    # Two workers at once: one of them has the run, nothing is counted twice.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(follow, range(2)))
    shadow.follow(now=clock.now() + SOON)
    found = shown(run)
    assert found.result is not None
    assert (found.done, found.result["changed"]) == (5, 5)


def test_it_follows_until_it_is_stopped_or_the_draft_is_one_no_longer(shop: World) -> None:
    draft = begin_draft(NO_LEEDS, **me())
    run = followed(draft)
    with pytest.raises(WrongState):
        followed(draft)
    place("1", {"TEE": 1})
    shadow.follow(now=clock.now() + SOON)
    simulation.stop(run, **me())
    place("2", {"TEE": 1})
    assert shadow.follow(now=clock.now() + SOON) == 0
    assert shown(run).done == 1
    change_draft(draft, NO_LEEDS, "Once more", edition=1, **me())
    with pytest.raises(WrongState):
        followed(draft)
    again = shadow.begin(draft, edition=2, target_days=1, **me())
    put_in_force(draft, edition=2, seen=0, without="It was followed", **me())
    assert Simulation.objects.get(id=again).state == "stopped"


def test_programs_follow_too(shop: World) -> None:
    api = Caller(key("*"))
    draft = api.post("/settings/routing-drafts", {"rules": NO_LEEDS})[1]["id"]
    status, run = api.post(f"/settings/routing-drafts/{draft}/shadow-runs", {"edition": 1})
    assert (status, run["kind"], run["state"]) == (201, "shadow", "running")
    assert api.post(f"/settings/routing-drafts/{draft}/shadow-runs", {"edition": 1})[0] == 409
    place("1", {"TEE": 1})
    shadow.follow(now=clock.now() + SOON)
    found = api.get(f"/settings/routing-simulations/{run['id']}")[1]
    assert found["result"]["changed"] == 1
    assert api.send("DELETE", f"/settings/routing-simulations/{run['id']}").json()["state"] == "stopped"
    # A shadow run is no simulation of the past: storing the draft still asks for a reason.
    body = {"edition": 1, "seen": 0}
    assert api.post(f"/settings/routing-drafts/{draft}/version", body)[1]["field"] == "without"
