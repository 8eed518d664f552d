"""Facts about stock: always accepted, always in the ledger, large ones seen by two people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order
from trivet.catalog.models import UnitCost
from trivet.flows import stock
from trivet.flows.imports import import_stock
from trivet.flows.intake import place_group, prepare
from trivet.inventory.actions.levels import Move, ensure_and_lock, move
from trivet.inventory.models import AdjustmentRequest, StockEntry
from trivet.inventory.queries.rebuild import rebuild
from trivet.inventory.queries.why import why
from trivet.inventory.rules import Delta, Level, level_key
from trivet.journal.actions.exceptions import resolve_exception
from trivet.journal.models import Event, ExceptionItem
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import Forbidden, Invalid, NotFound, OutOfStock, WrongState
from trivet.orders.models import Order
from trivet.staff.actions import create_api_key
from trivet.staff.queries import key_for

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BOB: Any = {"by": Actor("user", "bob", "Bob"), "now": NOW}
ME: Any = {"by": ALICE, "now": NOW}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def test_what_comes_in_is_there_and_told_once(world: World) -> None:
    world.sku("SHIRT")
    assert stock.receive("shirt", "leeds", 7, reference="DN-1", **ME).on_hand == 7
    assert stock.receive("SHIRT", "leeds", 3, **ME).available == 10
    entry = StockEntry.objects.order_by("id").first()
    assert entry is not None
    assert (entry.kind, entry.on_hand, entry.reason, entry.actor_label) == ("receive", 7, "DN-1", "Alice")
    told = [e.facts for e in Event.objects.filter(kind="stock.changed").order_by("id")]
    assert [f["available"] for f in told] == [7, 10]
    assert told[0]["location"] == "leeds" and told[0]["sku"] == "SHIRT"


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_nothing_or_too_much_does_not_come_in(world: World, quantity: int) -> None:
    world.sku("SHIRT")
    with pytest.raises(Invalid) as error:
        stock.receive("SHIRT", "leeds", quantity, **ME)
    assert error.value.field == "quantity"


def test_unknown_places_and_bundles_hold_no_stock(world: World) -> None:
    world.sku("CUP")
    world.bundle("SET", {"CUP": 2})
    with pytest.raises(NotFound):
        stock.receive("NOPE", "leeds", 1, **ME)
    with pytest.raises(NotFound):
        stock.receive("CUP", "atlantis", 1, **ME)
    with pytest.raises(Invalid):
        stock.receive("SET", "leeds", 1, **ME)


def test_a_sale_elsewhere_may_go_below_zero(world: World) -> None:
    world.sku("SHIRT", {"leeds": 1})
    level = stock.record_sale_elsewhere("SHIRT", "leeds", 3, **ME).level
    assert (level.on_hand, level.available, level.shortfall) == (-2, -2, 2)


def test_a_count_is_a_difference_and_the_same_count_again_is_nothing(world: World) -> None:
    world.sku("SHIRT")
    assert stock.set_count("SHIRT", "leeds", 12, **ME).change == 12
    assert stock.set_count("SHIRT", "leeds", 12, **ME).change == 0
    assert stock.set_count("SHIRT", "leeds", 10, **ME).change == -2
    assert list(StockEntry.objects.order_by("id").values_list("kind", "on_hand")) == [
        ("open", 12),
        ("count", -2),
    ]


def test_states_take_units_out_of_what_may_be_promised(world: World) -> None:
    world.sku("SHIRT", {"leeds": 10})
    stock.change_state("SHIRT", "leeds", "damaged", 3, **ME)
    level = stock.change_state("SHIRT", "leeds", "safety_stock", 2, **ME).level
    assert (level.on_hand, level.unavailable, level.available) == (10, 5, 5)
    stock.change_state("SHIRT", "leeds", "damaged", -3, **ME)
    with pytest.raises(Invalid):
        stock.change_state("SHIRT", "leeds", "damaged", -1, **ME)
    with pytest.raises(Invalid):
        stock.change_state("SHIRT", "leeds", "stolen", 1, **ME)


def test_a_small_adjustment_is_done_a_dear_one_waits_for_another_person(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 100})
    UnitCost.objects.create(variant=shirt, valid_from="2026-01-01", minor=600, currency="GBP")
    small = stock.adjust("SHIRT", "leeds", -3, "damaged", note="wet", **ME)
    assert (small.request, small.value_minor, small.level.on_hand) == (None, 1800, 97)
    dear = stock.adjust("SHIRT", "leeds", -50, "lost", **ME)
    assert dear.request is not None and dear.value_minor == 30_000
    assert world.level("SHIRT", "leeds").on_hand == 97
    with pytest.raises(Forbidden):
        stock.approve_adjustment(dear.request, **ME)
    assert stock.approve_adjustment(dear.request, **BOB).level.on_hand == 47
    with pytest.raises(WrongState):
        stock.decline_adjustment(dear.request, **BOB)
    kinds = list(Event.objects.filter(subject_id=dear.request).order_by("id").values_list("kind", flat=True))
    assert kinds == ["adjustment.requested", "adjustment.approved"]


def test_a_declined_adjustment_changes_nothing_and_units_count_without_a_cost(world: World) -> None:
    world.sku("SHIRT", {"leeds": 500})
    asked = stock.adjust("SHIRT", "leeds", -101, "write_off", by=SYSTEM, now=NOW).request
    assert asked is not None
    stock.decline_adjustment(asked, **BOB)
    assert world.level("SHIRT", "leeds").on_hand == 500
    assert AdjustmentRequest.objects.get().state == "declined"
    assert stock.adjust("SHIRT", "leeds", -100, "write_off", **ME).request is None


def test_what_is_cut_into_small_write_offs_is_judged_together(world: World) -> None:
    world.sku("SHIRT", {"leeds": 500, "london": 500})
    assert stock.adjust("SHIRT", "leeds", -100, "lost", **ME).request is None
    for later in (1, 23):
        hours: Any = {"by": ALICE, "now": NOW + timedelta(hours=later)}
        assert stock.adjust("SHIRT", "leeds", -1, "lost", **hours).request is not None
    # Another place, another person, another day.
    assert stock.adjust("SHIRT", "london", -100, "lost", **ME).request is None
    assert stock.adjust("SHIRT", "leeds", -100, "lost", **BOB).request is None
    tomorrow: Any = {"by": ALICE, "now": NOW + timedelta(hours=25)}
    assert stock.adjust("SHIRT", "leeds", -100, "lost", **tomorrow).request is None


def test_requests_that_began_together_are_judged_together_too(world: World) -> None:
    world.sku("SHIRT", {"leeds": 500})
    later: Any = {"by": ALICE, "now": NOW + timedelta(seconds=1)}
    assert stock.adjust("SHIRT", "leeds", -60, "lost", **later).request is None
    assert stock.adjust("SHIRT", "leeds", -60, "lost", **ME).request is not None


def test_what_costs_nothing_or_is_not_there_is_not_written_off_alone(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 500})
    UnitCost.objects.create(variant=shirt, valid_from="2026-01-01", minor=0, currency="GBP")
    assert stock.adjust("SHIRT", "leeds", -101, "lost", **ME).request is not None
    world.sku("SCARF", {"leeds": 4})
    assert stock.adjust("SCARF", "leeds", -5, "lost", **ME).request is not None
    assert stock.adjust("SCARF", "leeds", -4, "lost", **ME).request is None


def test_what_a_second_person_approved_does_not_count_against_either(world: World) -> None:
    world.sku("SHIRT", {"leeds": 500})
    asked = stock.adjust("SHIRT", "leeds", -300, "write_off", **ME).request
    assert asked is not None
    stock.approve_adjustment(asked, **BOB)
    assert stock.adjust("SHIRT", "leeds", -50, "lost", **BOB).request is None
    assert stock.adjust("SHIRT", "leeds", -50, "lost", **ME).request is None


def test_a_count_is_never_refused_and_a_large_loss_is_for_somebody_else_to_settle(world: World) -> None:
    world.sku("SHIRT", {"leeds": 500})
    assert stock.set_count("SHIRT", "leeds", 450, **ME).level.on_hand == 450
    assert not ExceptionItem.objects.exists()
    assert stock.set_count("SHIRT", "leeds", 390, **ME).level.on_hand == 390
    item = ExceptionItem.objects.get()
    assert (item.kind, item.facts["written_off"], item.facts["location"]) == ("write_off", 110, "leeds")
    stock.set_count("SHIRT", "leeds", 0, **BOB)
    item.refresh_from_db()
    assert item.facts["written_off"] == 500
    carol = Actor("user", "carol", "Carol")
    # Neither of the two who counted, nor a key that one of them made.
    for by in (ALICE, BOB["by"], Actor("api_key", "k-1", "Till", "alice")):
        with pytest.raises(Forbidden):
            resolve_exception(item.id, by=by, at=NOW, resolution="fine")
    resolve_exception(item.id, by=carol, at=NOW, resolution="a pallet fell")
    # What a count took off leaves less to write off by hand.
    assert stock.receive("SHIRT", "leeds", 50, **ME).on_hand == 50
    assert stock.adjust("SHIRT", "leeds", -1, "lost", **ME).request is not None


def test_a_large_sale_that_a_person_types_in_is_looked_at_too(world: World) -> None:
    world.sku("SHIRT", {"leeds": 500})
    stock.record_sale_elsewhere("SHIRT", "leeds", 300, by=Actor("api_key", "k-1", "Till", "bob"), now=NOW)
    assert not ExceptionItem.objects.exists()
    assert stock.adjust("SHIRT", "leeds", -60, "lost", **ME).request is None
    stock.record_sale_elsewhere("SHIRT", "leeds", 60, **ME)
    item = ExceptionItem.objects.get()
    assert (item.kind, item.facts["written_off"], item.facts["done_by"]) == ("write_off", 120, ["alice"])


def test_a_loss_in_a_counted_file_comes_to_the_desk_too(world: World, tmp_path: Path) -> None:
    world.sku("SHIRT", {"leeds": 500})
    path = tmp_path / "stock.csv"
    path.write_text("sku,location,quantity\nSHIRT,leeds,0\n", encoding="utf-8")
    import_stock(path, by=ALICE)
    assert ExceptionItem.objects.get().facts["done_by"] == ["alice"]


def test_a_key_is_the_person_who_made_it(world: World) -> None:
    world.sku("SHIRT", {"leeds": 500})
    key, secret = create_api_key("Till", ["stock.approve"], by=ALICE, now=NOW)
    found = key_for(secret, NOW)
    assert found is not None
    till = Actor("api_key", str(key.id), key.name, found.person)
    asked = stock.adjust("SHIRT", "leeds", -300, "lost", **ME).request
    assert asked is not None
    with pytest.raises(Forbidden):
        stock.approve_adjustment(asked, by=till, now=NOW)
    # A key that is made with a key acts for the same person.
    _, secret = create_api_key("Second till", ["stock.approve"], by=till, now=NOW)
    second = key_for(secret, NOW)
    assert second is not None and second.person == "alice"
    stock.approve_adjustment(asked, **BOB)


def test_a_cost_in_another_currency_is_not_held_against_the_limit(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 500})
    UnitCost.objects.create(variant=shirt, valid_from="2026-01-01", minor=150_000, currency="VND")
    assert stock.adjust("SHIRT", "leeds", -100, "lost", **ME).request is None
    assert stock.adjust("SHIRT", "leeds", -1, "lost", **ME).request is not None


def test_why_is_this_47_now_and_as_of_then(world: World) -> None:
    shirt = world.sku("SHIRT")
    leeds = world.places["leeds"].id
    stock.receive("SHIRT", "leeds", 50, **ME)
    later: Any = {"by": ALICE, "now": NOW + timedelta(hours=1)}
    stock.adjust("SHIRT", "leeds", -3, "lost", **later)
    now = why(shirt.id, leeds)
    assert now.agrees and now.level.on_hand == 47
    assert {t.kind: t.delta.on_hand for t in now.rows} == {"receive": 50, "adjust": -3}
    assert why(shirt.id, leeds, NOW).level.on_hand == 50
    assert [(v, p, level.on_hand) for v, p, level in rebuild(NOW)] == [(shirt.id, leeds, 50)]
    assert list(rebuild(NOW - timedelta(days=1))) == []


def test_a_count_below_the_promises_opens_a_case_that_names_the_latest_orders(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 10})
    placed_at = [NOW - timedelta(days=n) for n in (3, 1, 2)]
    for n, at in enumerate(placed_at):
        place_group([prepare(order(str(n), {"SHIRT": 3}, placed_at=at), actor=ALICE)])
    stock.set_count("SHIRT", "leeds", 5, **ME)
    item = ExceptionItem.objects.get(kind="shortfall", state="open")
    assert item.subject_id == level_key(shirt.id, world.places["leeds"].id)
    assert (item.facts["shortfall"], [o["units"] for o in item.facts["orders"]]) == (4, [3, 1])
    names = {str(o.id): o.external_id for o in Order.objects.all()}
    assert [names[o["order"]] for o in item.facts["orders"]] == ["1", "2"]
    stock.receive("SHIRT", "leeds", 1, **ME)
    item.refresh_from_db()
    assert [o["units"] for o in item.facts["orders"]] == [3]
    stock.receive("SHIRT", "leeds", 3, **ME)
    item.refresh_from_db()
    assert item.state == "resolved"
    assert ExceptionItem.objects.count() == 1


def test_a_level_is_a_value() -> None:
    assert Level(on_hand=5, damaged=1, reserved=2, allocated=3).shortfall == 1


def test_the_guard_itself_refuses_a_commitment_and_never_a_fact(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 2})
    key, cause = (shirt.id, world.places["leeds"].id), ("test", shirt.id)
    with transaction.atomic():
        ensure_and_lock([key])
        moves = [Move(key, "state", Delta(damaged=1), cause), Move(key, "reserve", Delta(reserved=2), cause)]
        with pytest.raises(OutOfStock), transaction.atomic():
            move([moves[1], moves[1]], by=ALICE, at=NOW)
        assert move([moves[0]], by=ALICE, at=NOW)[key].available == 1
        with pytest.raises(OutOfStock), transaction.atomic():
            move([moves[1]], by=ALICE, at=NOW)
        assert move([Move(key, "count", Delta(on_hand=-9), cause)], by=ALICE, at=NOW)[key].available == -8
    assert StockEntry.objects.count() == 3
