"""Goods on their way between two places: at neither end, expected at one, and nothing of them vanishes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order
from trivet.catalog.models import UnitCost
from trivet.flows import transfers
from trivet.flows.intake import place_group, prepare
from trivet.inventory.models import StockEntry, Transfer, TransferLine
from trivet.inventory.queries.transfers import transfer_view
from trivet.inventory.rules.transfer import TRANSFER, Units, arrival, not_free
from trivet.journal.actions.exceptions import resolve_exception
from trivet.journal.models import Event, ExceptionItem
from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, Forbidden, Invalid, NotFound, OutOfStock, WrongState
from trivet.lib.ids import new_id
from trivet.orders.models import OrderLine

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ME: Any = {"by": ALICE, "now": NOW}
BOB: Any = {"by": Actor("user", "bob", "Bob"), "now": NOW}
database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def sent(world: World, units: int = 10, **more: Any) -> int:
    """A transfer of SHIRT from London to Leeds, on its way."""
    number = transfers.create_transfer("london", "leeds", [("shirt", units)], **ME)
    transfers.make_ready(number, **ME)
    transfers.ship(number, **ME, **more)
    return number


def ends(world: World) -> tuple[int, int, int]:
    """On hand in London and in Leeds, expected in Leeds."""
    there = world.level("SHIRT", "leeds")
    return world.level("SHIRT", "london").on_hand, there.on_hand, there.incoming


@database
def test_what_is_under_way_is_at_neither_end_and_expected_at_one(world: World) -> None:
    world.sku("SHIRT", {"london": 30, "leeds": 1})
    number = sent(world)
    assert ends(world) == (20, 1, 10)
    transfers.receive(number, [("SHIRT", 6, 0)], "van 1", **BOB)
    assert ends(world) == (20, 7, 4)
    assert Transfer.objects.get().state == "partially_received"
    transfers.receive(number, [("SHIRT", 4, 0)], "van 2", **BOB)
    assert ends(world) == (20, 11, 0)
    assert Transfer.objects.get().state == "received"
    assert not ExceptionItem.objects.exists()
    kinds = list(Event.objects.filter(subject_kind="transfer").order_by("id").values_list("kind", flat=True))
    assert kinds == [
        "transfer.planned", "transfer.made_ready", "transfer.shipped", "transfer.received", "transfer.received",
        "transfer.completed",
    ]  # fmt: skip


@database
def test_an_arrival_told_twice_arrives_once_and_another_under_its_name_is_refused(world: World) -> None:
    world.sku("SHIRT", {"london": 30})
    number = sent(world)
    for _ in range(3):
        transfers.receive(number, [("shirt", 6, 1)], "van 1", **BOB)
    assert ends(world) == (20, 7, 3)
    with pytest.raises(Conflict):
        transfers.receive(number, [("SHIRT", 7, 0)], "van 1", **BOB)
    transfers.receive(number, [("SHIRT", 3, 0)], "van 2", **BOB)
    before = StockEntry.objects.count()
    transfers.receive(number, [("SHIRT", 3, 0)], "van 2", **BOB)
    with pytest.raises(WrongState):
        transfers.receive(number, [("SHIRT", 3, 0)], "van 3", **BOB)
    assert StockEntry.objects.count() == before
    assert len(transfer_view(number).arrivals) == 2


@database
def test_it_leaves_once_and_is_planned_once_under_its_key(world: World) -> None:
    world.sku("SHIRT", {"london": 30})
    key = new_id()
    numbers = {transfers.create_transfer("london", "leeds", [("SHIRT", 4)], key=key, **ME) for _ in range(2)}
    [number] = numbers
    with pytest.raises(WrongState):
        transfers.ship(number, **ME)
    transfers.make_ready(number, **ME)
    transfers.ship(number, **ME)
    with pytest.raises(WrongState):
        transfers.ship(number, **ME)
    with pytest.raises(WrongState):
        transfers.cancel_transfer(number, **ME)
    assert ends(world) == (26, 0, 4)


@database
def test_what_orders_hold_stays_unless_a_person_says_that_it_left(world: World) -> None:
    world.sku("SHIRT", {"london": 10})
    place_group([prepare(order("1", {"SHIRT": 8}), actor=ALICE)])
    number = transfers.create_transfer("london", "leeds", [("SHIRT", 5)], **ME)
    transfers.make_ready(number, **ME)
    with pytest.raises(OutOfStock) as refused:
        transfers.ship(number, **ME)
    assert refused.value.facts["free"] == {"SHIRT": 2}
    assert ends_before(world) == 10 and Transfer.objects.get().state == "ready_to_ship"
    transfers.ship(number, promised_too=True, **ME)
    assert world.level("SHIRT", "london").shortfall == 3
    assert ExceptionItem.objects.get(kind="shortfall").facts["shortfall"] == 3


def ends_before(world: World) -> int:
    return int(world.level("SHIRT", "london").on_hand)


@database
def test_fewer_may_leave_than_were_planned_but_not_none(world: World) -> None:
    world.sku("SHIRT", {"london": 10})
    number = transfers.create_transfer("london", "leeds", [("SHIRT", 5)], **ME)
    transfers.make_ready(number, **ME)
    with pytest.raises(Invalid):
        transfers.ship(number, {"SHIRT": 0}, **ME)
    with pytest.raises(Invalid):
        transfers.ship(number, {"OTHER": 1}, **ME)
    transfers.ship(number, {"shirt": 3}, **ME)
    assert ends(world) == (7, 0, 3)


@database
def test_what_is_missing_broken_or_too_many_is_in_the_ledger_and_a_case(world: World) -> None:
    world.sku("SHIRT", {"london": 30})
    world.sku("SCARF")
    number = sent(world)
    transfers.receive(number, [("SHIRT", 5, 2), ("SCARF", 1, 0)], "van", **BOB)
    transfers.complete(number, **BOB)
    level = world.level("SHIRT", "leeds")
    assert (level.on_hand, level.damaged, level.available, level.incoming) == (7, 2, 5, 0)
    assert world.level("SCARF", "leeds").on_hand == 1
    line = TransferLine.objects.get(variant=world.variants["SHIRT"])
    assert (line.shipped, line.received, line.damaged, line.missing, line.in_transit) == (10, 5, 2, 3, 0)
    loss = StockEntry.objects.get(kind="transfer_loss")
    assert (loss.incoming, loss.reason, loss.person) == (-3, f"lost: T{number}", "bob")
    case = ExceptionItem.objects.get()
    assert (case.kind, case.facts["missing"], case.facts["damaged"], case.facts["extra"]) == (
        "transfer",
        3,
        2,
        1,
    )
    with pytest.raises(WrongState):
        transfers.complete(number, **BOB)
    # Small: who received it may settle it.
    resolve_exception(case.id, by=BOB["by"], at=NOW, resolution="found under a seat")


@database
def test_a_dear_loss_on_the_way_is_settled_by_neither_who_sent_nor_who_received(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 300})
    UnitCost.objects.create(variant=shirt, valid_from="2026-01-01", minor=600, currency="GBP")
    number = sent(world, 200)
    transfers.complete(number, **BOB)
    case = ExceptionItem.objects.get()
    assert case.facts["done_by"] == ["alice", "bob"]
    for by in (ALICE, BOB["by"]):
        with pytest.raises(Forbidden):
            resolve_exception(case.id, by=by, at=NOW, resolution="found under a seat")
    resolve_exception(case.id, by=Actor("user", "carol", "Carol"), at=NOW, resolution="found under a seat")


@database
def test_who_waits_is_served_in_the_moment_of_the_arrival(world: World) -> None:
    world.sku("SHIRT", {"london": 10})
    number = sent(world)
    place_group([prepare(order("1", {"SHIRT": 4}, on_shortage="backorder"), actor=ALICE)])
    assert OrderLine.objects.get().backordered == 4
    transfers.receive(number, [("SHIRT", 6, 0)], "van", **BOB)
    assert OrderLine.objects.get().backordered == 0
    level = world.level("SHIRT", "leeds")
    assert (level.on_hand, level.allocated, level.available, level.incoming) == (6, 4, 2, 4)


@database
def test_a_transfer_of_nonsense_is_refused_where_it_stands(world: World) -> None:
    world.sku("CUP", {"london": 5})
    world.bundle("SET", {"CUP": 2})
    for lines, error, field in (
        ([("NOPE", 1)], NotFound, "lines[0].sku"), ([("CUP", 1), ("SET", 1)], Invalid, "lines[1].sku"),
        ([("CUP", 0)], Invalid, "lines[0].quantity"), ([], Invalid, "lines"),
    ):  # fmt: skip
        with pytest.raises(error) as refused:
            transfers.create_transfer("london", "leeds", lines, **ME)
        assert (getattr(refused.value, "field", None) or refused.value.facts["field"]) == field
    with pytest.raises(Invalid):
        transfers.create_transfer("london", "london", [("CUP", 1)], **ME)
    with pytest.raises(NotFound):
        transfers.create_transfer("london", "atlantis", [("CUP", 1)], **ME)
    with pytest.raises(NotFound):
        transfers.make_ready(7, **ME)
    assert not Transfer.objects.exists()


@database
def test_what_has_not_left_can_be_given_up(world: World) -> None:
    world.sku("CUP", {"london": 5})
    number = transfers.create_transfer("london", "leeds", [("CUP", 1)], **ME)
    transfers.make_ready(number, **ME)
    transfers.cancel_transfer(number, **ME)
    with pytest.raises(WrongState):
        transfers.make_ready(number, **ME)
    assert world.level("CUP", "london").on_hand == 5


few = st.integers(0, 40)


@given(shipped=few, arrivals=st.lists(st.tuples(few, few), max_size=5))
def test_units_under_way_are_never_negative_and_nothing_is_lost(
    shipped: int, arrivals: list[tuple[int, int]]
) -> None:
    units, on_hand, incoming = Units(planned=shipped, shipped=shipped), 0, shipped
    for good, bad in arrivals:
        for delta in arrival(units, good, bad):
            on_hand, incoming = on_hand + delta.on_hand, incoming + delta.incoming
        units = Units(shipped, shipped, units.received + good, units.damaged + bad)
        assert incoming == units.in_transit >= 0
    ended = Units(shipped, shipped, units.received, units.damaged, units.in_transit)
    assert on_hand == sum(good + bad for good, bad in arrivals)
    assert shipped + ended.extra == on_hand + ended.missing


def test_only_what_is_free_may_leave() -> None:
    assert not_free({"A": 3, "B": 1, "C": 2}, {"A": 2, "B": 1, "C": -4}) == {"A": 2, "C": 0}
    assert TRANSFER.states == (
        "draft", "ready_to_ship", "in_transit", "partially_received", "received", "cancelled",
    )  # fmt: skip
