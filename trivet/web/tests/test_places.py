"""People who are tied to places: every desk shows and lets them do what is there, and nothing else (row H9)."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.world import World
from trivet.orders.models import Order
from trivet.staff.models import ApiKey, User
from trivet.staff.rules import PLACE_VERBS, may
from trivet.web.tests.conftest import PEOPLE, As, placed
from trivet.web.tests.test_access import OPEN_TO_ALL, _address, _patterns

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """Orders that ship from Leeds, from London, and from both; ``at`` logs somebody in who is tied to Leeds."""

    def __init__(self, world: World, as_: As) -> None:
        world.sku("HERE", {"leeds": 40})
        world.sku("THERE", {"london": 40})
        self.world, self.as_ = world, as_
        wanted = ({"HERE": 1}, {"THERE": 1}, {"HERE": 1, "THERE": 1})
        numbers = [placed(1, start=n, lines=lines, paid=False)[0] for n, lines in enumerate(wanted, 1)]
        self.ours, self.theirs, self.both = numbers

    def at(self, name: str) -> Client:
        client = self.as_(name)
        User.objects.get(username=name).locations.set([self.world.places["leeds"]])
        return client


@pytest.fixture
def desk(world: World, as_: As) -> Desk:
    return Desk(world, as_)


@pytest.mark.parametrize("name", [name for name, role in PEOPLE.items() if role != "owner"])
def test_each_role_keeps_what_can_be_done_place_by_place(desk: Desk, name: str) -> None:
    client = desk.at(name)
    for pattern in _patterns():
        if pattern.name in OPEN_TO_ALL or pattern.name in {"why", "adjustment_answer"}:
            continue
        verb = pattern.callback.needs
        answer = client.get(_address(pattern, desk.ours))
        allowed = may(PEOPLE[name], verb) and verb in PLACE_VERBS
        assert (answer.status_code != 403) == allowed, (pattern.name, answer.status_code)


def test_the_owner_is_never_tied(desk: Desk) -> None:
    client = desk.at("alice")
    assert client.get(f"/orders/{desk.theirs}").status_code == 200
    assert client.get("/settings/people").status_code == 200


def test_orders_of_other_places_are_not_there(desk: Desk) -> None:
    client = desk.at("dan")
    page = client.get("/orders?view=all").content.decode()
    assert f">{desk.theirs}<" not in page.replace("#", "") and f"/orders/{desk.theirs}" not in page
    assert f"/orders/{desk.ours}" in page and f"/orders/{desk.both}" in page
    assert client.get(f"/orders/{desk.theirs}").status_code == 404
    assert client.get(f"/orders/{desk.both}").status_code == 200
    assert client.get(f"/search?q={desk.ours}").url == f"/orders/{desk.ours}"
    assert "/search/results" in client.get(f"/search?q={desk.theirs}").url
    found = client.get("/search/results?q=Lan").content.decode()
    assert f"/orders/{desk.theirs}" not in found and f"/orders/{desk.ours}" in found
    today = client.get("/today").content.decode()
    assert "Leeds" in today and "London" not in today


def test_an_order_that_ships_from_elsewhere_too_is_only_looked_at(desk: Desk) -> None:
    client = desk.at("dan")
    for number, expected in ((desk.theirs, 404), (desk.both, 403), (desk.ours, 302)):
        answer = client.post(f"/orders/{number}/holds", {"kind": "manual", "reason": "look"})
        assert answer.status_code == expected
        assert client.get(f"/orders/{number}/cancellation").status_code == (
            200 if expected == 302 else expected
        )
        paid = client.get(f"/orders/{number}/payments/capture")
        assert paid.status_code == (200 if expected == 302 else expected)
    assert Order.objects.filter(holds_open__gt=0).count() == 1


def test_stock_is_that_of_the_own_place(desk: Desk) -> None:
    client = desk.at("bob")
    page = client.get("/stock").content.decode()
    assert "Leeds" in page and "London" not in page
    assert client.get("/stock/why/london/THERE").status_code == 403
    assert client.get("/stock/why/leeds/HERE").status_code == 200
    form = {"place": "london", "quantity": "1", "reference": ""}
    assert client.post("/stock/receive/THERE", form).status_code == 403
    assert client.post("/stock/receive/HERE", form | {"place": "leeds"}).status_code == 302
    assert f"/orders/{desk.theirs}" not in client.get("/stock/sku/THERE").content.decode()


def test_the_exception_desk_is_that_of_the_own_place(desk: Desk) -> None:
    from trivet.flows import stock
    from trivet.journal.models import ExceptionItem
    from trivet.journal.rules import SYSTEM
    from trivet.lib import clock

    for sku, place in (("HERE", "leeds"), ("THERE", "london")):
        stock.set_count(sku, place, 0, by=SYSTEM, now=clock.now())
    client = desk.at("bob")
    page = client.get("/exceptions").content.decode()
    assert "HERE" in page and "THERE" not in page
    other = ExceptionItem.objects.get(facts__location="london")
    assert client.post(f"/exceptions/{other.id}/resolution", {"resolution": "x"}).status_code == 404


def test_a_key_is_made_for_a_place(world: World, as_: As) -> None:
    leeds = world.places["leeds"].id
    form = {"name": "Till", "scopes": ["stock.view"], "locations": [str(leeds)], "expires_at": ""}
    page = as_("alice").post("/settings/keys", form).content.decode()
    assert "tvk_" in page and '<div class="sub">Leeds</div>' in page
    assert list(ApiKey.objects.values_list("locations", flat=True)) == [leeds]
