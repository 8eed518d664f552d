"""Today and the pages that say no: each person is shown what they can do something about."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from tests.world import World
from trivet.flows import stock
from trivet.inventory.models import AdjustmentRequest
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.staff.models import User
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def _tiles(client: Client) -> set[str]:
    page = html.unescape(client.get("/today").content.decode())
    return {tile.split("<span>", 1)[1].split("</span>", 1)[0] for tile in page.split('class="tile')[2:]}


def test_a_tile_is_for_who_can_do_something_about_it(world: World, as_: As) -> None:
    placed(1, lines={"MYSTERY": 1}, paid=False)
    told: Any = {"by": Actor("user", "x", "Xenia"), "now": clock.now()}
    stock.adjust("SHIRT", "leeds", -400, "lost", **told)
    assert AdjustmentRequest.objects.count() == 1
    both = {"Unknown SKUs", "Adjustments to confirm"}
    for name in ("alice", "dan"):
        assert both <= _tiles(as_(name)), name
    for name in ("bob", "carol", "ana"):
        assert not both & _tiles(as_(name)), name
    assert "Not paid" in _tiles(as_("carol")) and "Not paid" not in _tiles(as_("bob"))


def test_who_is_logged_in_keeps_their_desks_on_every_error_page(world: World, as_: As) -> None:
    bob = as_("bob")
    for address, status in (("/settings/people", 403), ("/orders/999999", 404), ("/nowhere/at/all", 404)):
        answer = bob.get(address)
        page = answer.content.decode()
        assert answer.status_code == status, address
        assert 'id="search"' in page and 'class="sidenav"' in page and "Your desks:" in page, address
        assert 'href="/stock"' in page and 'href="/settings"' not in page, address
    stranger = Client().get("/nowhere/at/all").content.decode()
    assert "To the first page" in stranger and "sidenav" not in stranger
    User.objects.update(language="vi")
    assert "Các bàn làm việc của bạn:" in html.unescape(bob.get("/orders/999999").content.decode())


def test_a_page_is_called_by_what_it_is_about(world: World, as_: As) -> None:
    [number] = placed(1)
    client = as_("alice")
    assert "<title>SHIRT · Shirt · Trivet</title>" in client.get("/stock/sku/SHIRT").content.decode()
    assert f"<title>Order #{number} · Trivet</title>" in client.get(f"/orders/{number}").content.decode()
