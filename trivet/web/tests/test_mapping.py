"""The page on which a person says what a channel means."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import ALICE, World, order
from trivet.flows.housekeeping import settle_desk
from trivet.flows.intake import place_group, prepare
from trivet.flows.mapping import map_sku
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.orders.rules.value import NewLine
from trivet.staff.models import User
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_line_without_a_sku_is_mapped_by_its_title(world: World, as_: As) -> None:
    new = replace(order("1", {}), lines=(NewLine("1", "", "Warm <scarf>", 1, 500),))
    place_group([prepare(new, actor=ALICE)])
    client = as_("alice")
    page = client.get("/exceptions/mapping").content.decode()
    assert "Warm &lt;scarf&gt;" in page and "by its title: the channel sends no SKU" in page
    typed = {"channel": "web", "external_sku": "", "title": "Warm <scarf>"}
    wrong = client.post("/exceptions/mapping/add", {**typed, "sku": "NONE"})
    assert wrong.status_code == 400 and 'value="NONE"' in wrong.content.decode()
    look = client.get("/exceptions/mapping/add", {**typed, "sku": "scarf"}).content.decode()
    row = Order.objects.get()
    assert f'<a href="/orders/{row.number}">' in look and "enough for all of them" in look
    assert client.get("/exceptions/mapping/add", {**typed, "sku": "NONE"}).status_code == 400
    assert row.holds_open == 1, "looking does nothing"
    done = client.post("/exceptions/mapping/add", {**typed, "sku": "scarf"}, follow=True).content.decode()
    assert "Warm &lt;scarf&gt; is scarf. 1 order waited for it." in done
    row = Order.objects.get()
    assert (row.units_allocated, row.holds_open) == (1, 0)
    assert "Warm &lt;scarf&gt; is SCARF" in client.get(f"/orders/{row.number}").content.decode()


def test_who_looks_is_told_when_the_stock_does_not_suffice(world: World, as_: As) -> None:
    world.sku("RARE", {"leeds": 2})
    placed(3, lines={"MYSTERY": 1}, paid=False)
    typed = {"channel": "web", "external_sku": "MYSTERY", "sku": "RARE"}
    client = as_("alice")
    page = client.get("/exceptions/mapping/add", typed).content.decode()
    assert "Is MYSTERY our RARE?" in page and "not enough for all of them" in page and "3 units" in page
    bundle = client.get("/exceptions/mapping/add", {**typed, "sku": "GIFT"}).content.decode()
    assert "<dd>250 ·" in bundle, "two scarves each, of 500"
    User.objects.update(language="vi")
    assert "MYSTERY có phải là RARE" in html.unescape(
        client.get("/exceptions/mapping/add", typed).content.decode()
    )


def test_what_is_known_is_listed_changed_and_forgotten(world: World, as_: As) -> None:
    map_sku("web", "OLD-1", "SHIRT", by=ALICE, now=clock.now())
    [number] = placed(1, lines={"OLD-1": 1}, paid=False)
    client = as_("dan")
    page = client.get("/exceptions/mapping/known?channel=web").content.decode()
    assert "OLD-1" in page and "SHIRT" in page and "keep what they were sold as" in page
    assert (
        'href="/exceptions/mapping/known?channel=web"'
        in client.get("/settings/channels/web").content.decode()
    )
    known = {"channel": "web", "external_sku": "OLD-1", "title": ""}
    assert "Means so far" in client.get("/exceptions/mapping/add", {**known, "sku": "SCARF"}).content.decode()
    client.post("/exceptions/mapping/add", {**known, "sku": "SCARF"})
    assert "SCARF" in client.get("/exceptions/mapping/known").content.decode()
    said = client.post("/exceptions/mapping/end", known, follow=True).content.decode()
    assert "OLD-1 has no meaning any more." in said and "No code is known yet" in said
    assert "SHIRT" in client.get(f"/orders/{number}").content.decode(), "what was sold stays sold"
    assert as_("carol").post("/exceptions/mapping/end", known).status_code == 403


def test_the_desk_names_code_channel_age_and_the_next_step(world: World, as_: As) -> None:
    [old] = placed(1, lines={"MYSTERY": 1}, paid=False)
    Order.objects.filter(number=old).update(placed_at=clock.now() - timedelta(days=3))
    placed(2, start=2, lines={"MYSTERY": 1}, paid=False)
    world.sku("RARE", {"leeds": 1})
    [short] = placed(1, start=9, lines={"RARE": 3}, paid=False, on_shortage="accept")
    settle_desk(now=clock.now())
    client = as_("alice")
    page = client.get("/exceptions").content.decode()
    assert page.count('<span class="mono">MYSTERY</span> · Web') == 3
    assert (
        page.count("3 days ago") == 3 and "3 days ago" in client.get("/exceptions/mapping").content.decode()
    )
    assert f'<a class="btn btn-sm" href="/orders/{short}">Open the order: what is missing?' in page


def test_the_desk_asks_a_fixed_number_of_questions(world: World, as_: As) -> None:
    client = as_("alice")
    world.sku("RARE", {"leeds": 1})
    counts = []
    for start in (1, 20):
        for n in range(start, start + (1 if start == 1 else 6)):
            placed(1, start=n, lines={f"MYSTERY-{n}": 1}, paid=False)
            placed(1, start=n + 100, lines={"RARE": 3}, paid=False, on_shortage="accept")
        settle_desk(now=clock.now())
        client.get("/exceptions")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/exceptions").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 8
