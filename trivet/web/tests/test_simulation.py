"""The simulation of a draft at the desk: asked for, watched, read, and each order that would ship differently told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import ALICE, World
from trivet.flows import shadow, simulation
from trivet.lib import clock
from trivet.routing.actions.policy import begin_draft
from trivet.routing.models import RoutingPolicy, Simulation
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)

NO_LEEDS = {"rules": [{"allow": False, "places": ["leeds"]}]}
HOW = {"edition": "1", "weeks": "8", "target_days": "1"}


def _said(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.content.decode()))


def _draft(rules: dict[str, Any]) -> str:
    return f"/settings/routing/drafts/{begin_draft(rules, by=ALICE, now=clock.now())}"


def _run(client: Any, draft: str) -> str:
    address: str = client.post(f"{draft}/simulations", HOW).url
    simulation.carry_out(UUID(address.rsplit("/", 1)[1]))
    return address


def test_a_draft_is_simulated_watched_and_stored(world: World, as_: As) -> None:
    [number] = placed(1, lines={"SHIRT": 2}, paid=False)
    client, draft = as_("dan"), _draft(NO_LEEDS)
    assert "Why without a simulation?" in _said(client.get(draft))
    address = client.post(f"{draft}/simulations", HOW).url
    page = client.get(address)
    assert "Waits for its turn" in _said(page)
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 200
    simulation.carry_out(UUID(address.rsplit("/", 1)[1]))
    assert client.get(address, headers={"HX-Request": "true"})["HX-Redirect"] == address
    said = _said(client.get(address))
    for told in (
        "1 of 1 orders ship differently", "Parcels an order", "Cost an order, at the prices in force", f"#{number}",
        "Leeds (2)", "London (2)", "Leeds: rule 1 of the policy keeps it from this order", "What this assumes",
        "the policy in force has routed itself: 1. It ships 1 of them here as it did then.",
    ):  # fmt: skip
        assert told in said, told
    row = re.search(r'href="([^"]+/orders/\d+)"', client.get(address).content.decode())
    assert row is not None
    said = _said(client.get(row[1]))
    assert "As the policy in force ships it" in said and "As the draft would ship it" in said
    assert "rule 1 of the policy keeps it from this order" in said
    assert "Why without a simulation?" not in _said(client.get(draft))
    assert client.post(f"{draft}/version", {"edition": 1, "seen": 0}).status_code == 302
    assert RoutingPolicy.objects.get().simulation is not None
    assert "simulated" in _said(client.get("/settings/routing"))


def test_nothing_to_ship_and_nothing_to_look_at_are_said_plainly(world: World, as_: As) -> None:
    client = as_("dan")
    said = _said(client.get(_run(client, _draft(NO_LEEDS))))
    assert "No orders to plan again" in said
    placed(2)
    said = _said(client.get(_run(client, _draft({"kinds": ["supplier"]}))))
    assert "Under this draft nothing could be shipped." in said
    assert "Orders that no place may ship" in said
    said = _said(client.get(_run(client, _draft({}))))
    assert "None: both policies ship every order alike." in said


def test_it_can_be_stopped_at_the_desk(world: World, as_: As) -> None:
    client, draft = as_("dan"), _draft(NO_LEEDS)
    address = client.post(f"{draft}/simulations", HOW).url
    assert client.post(f"{draft}/simulations", HOW).status_code == 409
    assert client.post(f"{address}/stop").status_code == 302
    assert "Nothing of it was kept." in _said(client.get(address))
    assert client.post(f"{address}/stop").status_code == 409


@pytest.mark.parametrize(("field", "value"), [("weeks", "0"), ("target_days", "31"), ("target_days", "")])
def test_what_makes_no_sense_is_said_at_its_field(world: World, as_: As, field: str, value: str) -> None:
    answer = as_("dan").post(f"{_draft({})}/simulations", HOW | {field: value})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Simulation.objects.exists()


def test_who_may_only_look_reads_and_does_not_start(world: World, as_: As) -> None:
    placed(1)
    draft = _draft(NO_LEEDS)
    address = _run(as_("dan"), draft)
    ana = as_("ana")
    assert ana.get(address).status_code == ana.get(draft).status_code == 200
    assert "csrfmiddlewaretoken" not in ana.get(draft).content.decode().split("<main")[1]
    assert ana.post(f"{draft}/simulations", HOW).status_code == 403
    assert as_("bob").get(address).status_code == 403


def test_the_pages_ask_the_same_however_many_orders_there_are(world: World, as_: As) -> None:
    client, asked = as_("dan"), []
    for start in (1, 20):
        placed(15, start=start)
        draft = _draft(NO_LEEDS)
        address = _run(client, draft)
        row = re.search(r'href="([^"]+/orders/\d+)"', client.get(address).content.decode())
        assert row is not None
        for page in (address, draft, row[1]):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(page).status_code == 200
            asked.append(len(captured))
    assert asked[:3] == asked[3:]
    assert max(asked) <= 12


def test_a_draft_follows_new_orders_until_it_is_stopped(world: World, as_: As) -> None:
    client, draft = as_("dan"), _draft(NO_LEEDS)
    how = {"shadow-edition": "1", "shadow-target_days": "1"}
    assert client.post(f"{draft}/shadow", how | {"shadow-target_days": "x"}).status_code == 400
    address = client.post(f"{draft}/shadow", how).url
    assert "No order has come in since." in _said(client.get(address))
    placed(1, lines={"SHIRT": 2}, paid=False)
    shadow.follow(now=clock.now() + timedelta(minutes=1))
    said = _said(client.get(address))
    assert "1 of 1 orders ship differently" in said and "Follows new orders since" in said
    assert "Follow new orders" not in _said(client.get(draft)).replace("Follows new orders", "")
    assert client.post(f"{address}/stop").status_code == 302
    assert "1 of 1 orders ship differently" in _said(client.get(address))
    assert "Followed new orders from" in _said(client.get(draft))
