"""All waiting orders weighed at once, at the desk: looked at, made, told in words; only some may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import ALICE, World, order
from trivet.flows import allocate, stock
from trivet.flows.intake import place_group, prepare
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.routing.models import AllocationMove, AllocationRun
from trivet.web.tests.conftest import As

pytestmark = pytest.mark.django_db(transaction=True)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


def crossed(world: World, n: int = 1) -> None:
    """An order for London that ships from Leeds, and one for Leeds from London."""
    for k in range(n):
        world.sku(f"TEE-{k}", {"leeds": 1, "london": 0}, weight_g=20_000)
        for to, place in ((("London", "E1 7AA", "GB"), "london"), (("Leeds", "LS2 7EW", "GB"), "")):
            place_group([prepare(order(f"{k}-{to[0]}", {f"TEE-{k}": 1}, to=to), actor=ALICE)])
            if place:
                stock.receive(f"TEE-{k}", place, 1, **me())
    assert Order.objects.count() == 2 * n


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_look_shows_what_would_move_and_moves_nothing_until_told(world: World, as_: As) -> None:
    crossed(world)
    dan = as_("dan")
    assert "Nothing was weighed yet" in text(dan.get("/settings/allocation"))
    answer = dan.post("/settings/allocation/new")
    run = AllocationRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/settings/allocation/{run.id}")
    waiting = text(dan.get(answer["Location"]))
    assert "How far is it?" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    part = text(dan.get(answer["Location"], HTTP_HX_REQUEST="true"))
    assert "<h1" not in part
    assert "Waits for its turn" in part
    allocate.carry_out(run.id, by=ALICE)
    assert dan.get(answer["Location"], HTTP_HX_REQUEST="true")["HX-Redirect"] == answer["Location"]
    page = text(dan.get(answer["Location"]))
    assert "Which orders would move, and why?" in page
    assert "London (1)" in page
    assert page.count("It costs less from there.") == 2
    assert "Move them" in page
    assert AllocationMove.objects.filter(state="moved").count() == 0
    assert dan.post(f"/settings/allocation/{run.id}/moves").status_code == 302
    assert "How far is it?" in text(dan.get(answer["Location"]))
    assert dan.post(f"/settings/allocation/{run.id}/moves").status_code == 409
    allocate.carry_out(run.id, by=ALICE)
    assert "Which orders moved, and why?" in text(dan.get(answer["Location"]))
    assert "Saved by the moves made" in text(dan.get(answer["Location"]))
    row = Order.objects.order_by("number").first()
    assert row is not None
    told = text(dan.get(f"/orders/{row.number}"))
    assert "Moved from Leeds (1) to London (1)" in told
    assert "when all waiting orders were weighed at once" in told
    assert dan.post(f"/settings/allocation/{run.id}/moves").status_code == 409


def test_every_reason_is_said_in_words(world: World, as_: As) -> None:
    crossed(world)
    key = allocate.ask(apply_at_once=False, **me())
    allocate.carry_out(key, by=ALICE)
    one, other = AllocationMove.objects.order_by("id")
    AllocationMove.objects.filter(id=one.id).update(why="makes_way", saving_minor=-40, for_orders=[1234])
    AllocationMove.objects.filter(id=other.id).update(why="fewer_parcels", state="skipped", skip="full")
    page = text(as_("dan").get(f"/settings/allocation/{key}"))
    assert "It makes way for #1234, which saves more than it costs." in page
    assert "the day at the other place was full by then" in page
    AllocationRun.objects.filter(id=key).update(state="stopped")
    assert "Stopped on the way" in text(as_("dan").get(f"/settings/allocation/{key}"))


def test_terms_are_set_at_the_desk_and_faults_stand_at_their_field(world: World, as_: As) -> None:
    dan = as_("dan")
    filled = {
        "mode": "daily",
        "every_minutes": "60",
        "at": "07:30",
        "timezone": "Europe/London",
        "move_cost": "45",
        "seconds": "20",
    }
    assert dan.post("/settings/allocation/terms", filled).status_code == 302
    assert "Once a day, before picking begins" in text(dan.get("/settings/allocation"))
    wrong = dan.post("/settings/allocation/terms", filled | {"timezone": "Europe/Nowhere"})
    assert wrong.status_code == 400
    assert "must be an IANA time zone" in text(wrong)
    wrong = dan.post("/settings/allocation/terms", filled | {"at": ""})
    assert "is needed beside daily" in text(wrong)


@pytest.mark.parametrize(
    ("name", "sees"), [("alice", 200), ("dan", 200), ("bob", 403), ("carol", 403), ("ana", 403)]
)
def test_only_the_desk_weighs_orders(world: World, as_: As, name: str, sees: int) -> None:
    client = as_(name)
    assert client.get("/settings/allocation").status_code == sees
    asked = client.post("/settings/allocation/new").status_code
    assert asked == (302 if sees == 200 else 403)


def test_the_number_of_queries_does_not_grow(world: World, as_: As) -> None:
    crossed(world)
    dan = as_("dan")
    key = allocate.ask(apply_at_once=False, **me())
    allocate.carry_out(key, by=ALICE)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert dan.get(f"/settings/allocation/{key}").status_code == 200
            assert dan.get("/settings/allocation").status_code == 200
        return len(seen)

    queries()
    few = queries()
    one = AllocationMove.objects.first()
    assert one is not None
    for n in range(3):
        AllocationRun.objects.create(made_by="Dan", asked_at=clock.now(), currency="GBP", orders=n)
    crossed_before = AllocationMove.objects.count()
    assert queries() == few
    assert crossed_before == 2


def test_an_order_that_waits_takes_units_of_later_ones_after_a_look(world: World, as_: As) -> None:
    world.sku("MUG", {"leeds": 2})
    rows = []
    for name, days in (("late", 1), ("first", 5)):
        new = order(name, {"MUG": 2}, on_shortage="backorder", placed_at=clock.now() - timedelta(days=days))
        place_group([prepare(new, actor=ALICE)])
        rows.append(Order.objects.get(external_id=name))
    late, first = rows
    dan, address = as_("dan"), f"/orders/{first.number}/taking"
    assert "Take units of later orders" in text(dan.get(f"/orders/{first.number}"))
    assert "Take units of later orders" not in text(dan.get(f"/orders/{late.number}"))
    assert as_("carol").get(address).status_code == 403
    look = text(dan.get(address))
    assert f"#{late.number}" in look
    assert dan.post(address, {"version": "77"}).status_code == 409
    assert dan.post(address, {"version": str(first.version)}).status_code == 302
    assert f"from later orders: #{late.number}" in text(dan.get(f"/orders/{first.number}"))
    assert f"to the earlier order #{first.number}" in text(dan.get(f"/orders/{late.number}"))
    assert "Nobody can give" in text(dan.get(address))
    assert dan.post(address, {"version": str(first.version)}).status_code == 409
