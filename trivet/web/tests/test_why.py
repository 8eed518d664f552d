"""Why is this 47? Every term of what may be promised, with the changes behind it, now and at any time."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.world import ALICE, World
from trivet.flows import promises, stock
from trivet.journal.models import ExceptionItem
from trivet.lib import clock
from trivet.staff.models import User
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "/stock/why/leeds/TEE"


@pytest.fixture
def tee(world: World) -> World:
    """Sixty-odd tees in Leeds that have seen everything that can happen to them."""
    world.sku("TEE", {"leeds": 60})
    me: Any = {"by": ALICE, "now": clock.now()}
    for state, units in (("damaged", 3), ("quality_control", 4), ("safety_stock", 5)):
        stock.change_state("TEE", "leeds", state, units, **me)
    promises.reserve("web", [("TEE", 2)], timedelta(hours=1), **me)
    placed(1, lines={"TEE": 1}, paid=False)
    stock.set_count("TEE", "leeds", 62, **me)
    return world


def cells(page: str, part: str) -> list[list[str]]:
    """The texts of the cells of the first ``thead``, ``tbody`` or ``tfoot``, row by row."""
    found = page.split(f"<{part}>", 1)[1].split(f"</{part}>", 1)[0]
    return [
        [html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL)
    ]  # fmt: skip


def read(client: Client, query: str = "") -> str:
    answer = client.get(WHY + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_term_stands_there_and_they_make_what_is_available(tee: World, as_: As) -> None:
    page = read(as_("alice"))
    assert "Why is this 47?" in page
    head = cells(page, "thead")[0]
    assert head[2:] == [
        "On hand", "Damaged", "In quality control", "Safety stock", "Reserved", "Promised", "Available", "Last",
    ]  # fmt: skip
    assert cells(page, "tfoot")[0][2:9] == ["62", "3", "4", "5", "2", "1", "47"]
    assert {row[0] for row in cells(page, "tbody")} >= {
        "Opening stock",
        "Counted",
        "State changed",
        "Reserved",
    }


def test_the_past_shows_the_changes_until_then_and_none_later(tee: World, as_: As) -> None:
    then = (clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    later = clock.now() + timedelta(hours=2)
    stock.set_count("TEE", "leeds", 60, by=ALICE, now=later)
    past, present = read(as_("alice"), f"?at={then}"), read(as_("alice"))
    assert "Why is this 47?" in past and "Why is this 45?" in present
    assert past.split('id="changes"')[1].count("Counted") + 1 == present.split('id="changes"')[1].count(
        "Counted"
    )


def test_behind_each_term_are_its_changes_page_by_page(tee: World, as_: As) -> None:
    for n in range(63, 63 + 25):
        stock.set_count("TEE", "leeds", n, by=ALICE, now=clock.now())
    client = as_("alice")
    page = read(client, "?kind=count")
    assert page.split('id="changes"')[1].count("Counted") == 21  # the heading and twenty rows
    cursor = re.search(r"cursor=([A-Za-z0-9_-]+)", page)
    assert cursor is not None
    rest = read(client, f"?kind=count&cursor={cursor[1]}").split('id="changes"')[1]
    assert rest.count("Counted") == 7
    assert "kind=count" in read(client)


def test_it_is_told_in_vietnamese(tee: World, as_: As) -> None:
    client = as_("alice")
    User.objects.filter(username="alice").update(language="vi")
    assert cells(read(client), "thead")[0][3:6] == ["Hư hỏng", "Đang kiểm hàng", "Tồn an toàn"]


def test_who_counted_a_large_loss_cannot_settle_it(tee: World, as_: As) -> None:
    bob = as_("bob")
    tee.sku("MUG", {"leeds": 500})
    counter = User.objects.get(username="bob")
    by = type(ALICE)("user", str(counter.pk), "Bob")
    stock.set_count("MUG", "leeds", 10, by=by, now=clock.now())
    item = ExceptionItem.objects.get(kind="write_off")
    assert "490 units written off" in bob.get("/exceptions").content.decode()
    assert "Someone else must confirm" in bob.get("/exceptions").content.decode()
    assert bob.post(f"/exceptions/{item.id}/resolution", {"resolution": "fine"}).status_code == 403
    assert as_("alice").post(f"/exceptions/{item.id}/resolution", {"resolution": "seen"}).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.resolved_by) == ("resolved", "Alice")
