"""The routing policy at the desk: in words, changed, tried, with its history; only some may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import ALICE, World
from trivet.flows.policy import change_policy
from trivet.lib import clock
from trivet.routing.models import RoutingPolicy
from trivet.routing.rules import Policy
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def _filled(page: str) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    form = page[page.index("data-guard") :]
    found: dict[str, Any] = {}
    for field in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', field), re.search(r'value="([^"]*)"', field)
        if name is None or name[1] == "csrfmiddlewaretoken":
            continue
        if 'type="checkbox"' in field:
            if "checked" in field and value:
                found.setdefault(name[1], []).append(value[1])
        else:
            found[name[1]] = value[1] if value else ""
    for name_, body in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        found[name_] = re.findall(r'value="([^"]*)" selected', body)
    return found


def _form(client: Any) -> dict[str, Any]:
    return _filled(client.get("/settings/routing/edit").content.decode())


def test_the_form_says_what_is_in_force(world: World, as_: As) -> None:
    client = as_("dan")
    assert client.post("/settings/routing/edit", _form(client)).status_code == 302
    stored = RoutingPolicy.objects.get()
    assert Policy.from_dict(stored.rules) == Policy()
    assert stored.made_by == "Dan"


def test_a_change_is_a_version_that_says_who_and_what(world: World, as_: As) -> None:
    client = as_("dan")
    form = _form(client) | {"parcel_penalty": "3.50", "note": "Fewer boxes", "zones-6-km": "9000"}
    form |= {"zones-6-base": "12", "zones-6-per_kg": "3.3"}
    form |= {"rules-0-allow": "no", "rules-0-places": ["glasgow"], "rules-0-countries": "ie, gb"}
    form |= {"rules-0-methods": "express"}
    client.post("/settings/routing/edit", form)
    policy = Policy.from_dict(RoutingPolicy.objects.get().rules)
    assert policy.parcel_penalty == 350
    assert [z.km for z in policy.zones] == [50, 200, 600, 1500, 4000, 9000, 30000]
    assert (policy.rules[0].allow, policy.rules[0].places) == (False, ("glasgow",))
    assert (policy.rules[0].countries, policy.rules[0].methods) == (("IE", "GB"), ("express",))
    page = client.get("/settings/routing").content.decode()
    for said in (
        "Version 1",
        "Fewer boxes",
        "£3.50",
        "£2.00",
        "Glasgow: may not ship to Ireland, United Kingdom",
    ):
        assert said in page, said
    assert _form(client)["parcel_penalty"] == "3.50"
    page = client.get(f"/orders/{placed(1)[0]}").content.decode()
    assert "policy version 1" in re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parcel_penalty": "-1"}, "parcel_penalty"), ({"parcel_penalty": "0.001"}, "parcel_penalty"),
        ({"currency": "QQQ"}, "currency"), ({"max_parcels": "0"}, "max_parcels"),
        ({"max_parcels": "51"}, "max_parcels"), ({"exact_steps": "200001"}, "exact_steps"), ({"zones-0-base": ""}, "zones-0-base"),
        ({"zones-0-km": "200"}, ""), ({"rules-0-countries": "GB"}, "rules-0-allow"),
        ({"currency": "VND", "parcel_penalty": "1.5"}, "parcel_penalty"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_at_its_field(
    world: World, as_: As, change: dict[str, str], field: str
) -> None:
    client = as_("dan")
    answer = client.post("/settings/routing/edit", _form(client) | change)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page if field else 'role="alert"' in page
    assert RoutingPolicy.objects.count() == 0


def test_the_form_tells_the_bounds(world: World, as_: As) -> None:
    page = as_("dan").get("/settings/routing/edit").content.decode()
    assert "From 1 to 200,000." in page and "From 1 to 50." in page


def test_trying_shows_which_orders_would_ship_otherwise(world: World, as_: As) -> None:
    [number] = placed(1)
    client = as_("dan")
    form = _form(client) | {"rules-0-allow": "no", "rules-0-places": ["leeds"], "try": "yes"}
    page = client.post("/settings/routing/edit", form).content.decode()
    assert "1 of the latest 1 decisions would come out differently" in page
    assert f'href="/orders/{number}"' in page
    assert RoutingPolicy.objects.count() == 0
    form |= {"rules-0-places": []}
    assert "units without stock" in client.post("/settings/routing/edit", form).content.decode()
    same = client.post("/settings/routing/edit", _form(client) | {"try": "yes"}).content.decode()
    assert "0 of the latest 1 decisions would come out differently" in same


@pytest.mark.parametrize("name", ["bob", "carol", "ana", "eve"])
def test_who_may_not_change_the_policy_gets_nowhere(world: World, as_: As, name: str) -> None:
    form = _form(as_("dan"))
    answer = as_(name).post("/settings/routing/edit", form)
    assert answer.status_code == (302 if name == "eve" else 403)
    assert RoutingPolicy.objects.count() == 0
    if name == "ana":
        page = as_(name).get("/settings/routing").content.decode()
        assert "By which rules" in page
        assert "/settings/routing/edit" not in page


def test_the_pages_ask_the_same_however_many_rules_and_versions_there_are(world: World, as_: As) -> None:
    client = as_("dan")

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    pages = ("/settings/routing", "/settings/routing/edit")
    few = [asked(page) for page in pages]
    rules = [
        {"allow": True, "places": ["leeds"], "channels": ["web"]},
        {"allow": False, "kinds": ["store"]},
    ] * 5
    for n in range(5):
        change_policy({"parcel_penalty": n, "rules": rules}, by=ALICE, now=clock.now())
    assert [asked(page) for page in pages] == few


def test_a_rule_without_conditions_is_said_as_it_is_meant(world: World, as_: As) -> None:
    rules = [{"allow": False, "places": ["leeds"]}, {"allow": True}]
    change_policy({"rules": rules}, by=ALICE, now=clock.now())
    page = as_("ana").get("/settings/routing").content.decode()
    assert "Leeds: may not ship anything" in page
    assert "Every place: may ship everything" in page
