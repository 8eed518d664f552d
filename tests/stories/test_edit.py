"""Changing an order after it was placed: money, stock, routing and payment follow, and nothing is doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order, totals
from trivet.api.tests.calls import Caller, key
from trivet.flows import cancel
from trivet.flows.edit import edit, preview
from trivet.flows.hold import come_due_orders
from trivet.flows.intake import place_group, prepare
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import Allocation, BackorderLimit
from trivet.journal.models import Event, ExceptionItem
from trivet.lib import clock
from trivet.lib.errors import DomainError, Invalid, NotFound, OutOfStock, WrongState
from trivet.lib.ids import new_id
from trivet.orders.models import Hold, Order, OrderChange, OrderLine
from trivet.orders.queries.editing import way_back
from trivet.orders.rules.edit import AddedLine, Edit, Release
from trivet.orders.rules.value import Address, NewDiscount, NewLine, NewOrder, NewPayment
from trivet.payments.models import Payment

pytestmark = pytest.mark.django_db(transaction=True)

GLASGOW = Address(name="Lan Pham", line1="2 High St", city="Glasgow", postal_code="G2 1AA", country="GB")


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def placed(new: NewOrder) -> Order:
    found = place_group([prepare(new, actor=ALICE)])[0]
    if isinstance(found, Exception):
        raise found
    return Order.objects.get(id=found.id)


def lines(row: Order) -> list[UUID]:
    return list(OrderLine.objects.filter(order=row).order_by("position").values_list("id", flat=True))


def me(**more: Any) -> Any:
    return {"by": ALICE, "now": clock.now(), **more}


def pay(kind: str, amount: int) -> NewPayment:
    return NewPayment(kind, "card", "manual", "p-1", amount)  # type: ignore[arg-type]


def at(row: Order) -> dict[str, int]:
    """Units that the order has, by place."""
    found: dict[str, int] = {}
    for place, n in Allocation.objects.filter(order=row, quantity__gt=0).values_list(
        "location__code", "quantity"
    ):
        found[place] = found.get(place, 0) + n
    return found


def test_units_go_with_their_frozen_share_and_come_back_with_it(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 5})
    row = placed(
        order("1", {"SHIRT": 3}, discounts=(NewDiscount("TET", 100),), payments=(pay("capture", 1700),))
    )
    [line] = lines(row)
    done = edit(row.id, Edit(quantities={line: 1}), **me(expected_version=1))
    assert (done.plan.before.due, done.plan.after.due, done.refund_due, done.version) == (1700, 767, 933, 2)
    assert [(s.sku, s.place, s.before, s.after) for s in done.spots] == [("SHIRT", "london", 3, 1)]
    assert totals(shirt.id)["allocated"] == 1
    back = edit(row.id, Edit(quantities={line: 3}), **me())
    row.refresh_from_db()
    assert (back.plan.after.due, row.cancelled_minor, row.payment_status) == (1700, 0, "paid")
    assert totals(shirt.id)["allocated"] == 3
    assert OrderLine.objects.count() == 1


def test_a_look_ahead_says_what_happens_and_changes_nothing(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    world.sku("SCARF", {"leeds": 5})
    row = placed(order("1", {"SHIRT": 1}, payments=(pay("authorize", 800),)))
    wanted = Edit(add=(AddedLine("scarf", 2, 250),))
    events = Event.objects.count()
    seen = preview(row.id, wanted, now=clock.now())
    assert (Event.objects.count(), OrderLine.objects.count(), at(row)) == (events, 1, {"london": 1})
    assert (seen.plan.after.due, seen.to_collect, seen.version) == (1300, 500, 2)
    assert [d.explanation["parcels"][0]["place"] for d in seen.routing] == ["leeds"]
    done = edit(row.id, wanted, **me(expected_version=1))
    assert (done.plan, done.spots) == (seen.plan, seen.spots)
    row.refresh_from_db()
    assert (row.total_minor, row.units, row.units_allocated, row.payment_status) == (1300, 3, 3, "pending")
    event = Event.objects.get(kind="order.edited")
    assert (event.facts["due_before"], event.facts["due_after"]) == (800, 1300)


def test_more_than_was_sold_is_a_line_of_its_own_with_the_tax_it_was_sold_with(world: World) -> None:
    world.sku("SHIRT", {"london": 9})
    told = NewLine("1", "SHIRT", "Shirt", 2, 500, tax=200, tax_included=False)
    new = replace(order("1", {"SHIRT": 2}), lines=(told,))
    row = placed(new)
    [line] = lines(row)
    edit(row.id, Edit(quantities={line: 5}), **me())
    more = OrderLine.objects.get(position=2)
    assert (more.quantity, more.paid_minor, more.tax_minor, more.allocated) == (3, 1800, 300, 3)


def test_a_new_address_is_routed_again_and_the_old_one_is_kept(world: World) -> None:
    world.sku("SHIRT", {"leeds": 5, "glasgow": 5})
    row = placed(order("1", {"SHIRT": 2}))
    assert at(row) == {"leeds": 2}
    done = edit(row.id, Edit(ship_to=GLASGOW), **me())
    row.refresh_from_db()
    assert (at(row), row.postal_code, row.ship_to["line1"]) == ({"glasgow": 2}, "G2 1AA", "2 High St")
    assert [d.cause for d in done.routing] == ["edited"]
    assert OrderChange.objects.get().content["before"]["ship_to"]["city"] == "Leeds"
    assert sorted(FulfillmentOrder.objects.values_list("location__code", "state")) == [
        ("glasgow", "open"), ("leeds", "cancelled"),
    ]  # fmt: skip


def test_an_address_that_changes_no_place_keeps_the_parcel(world: World) -> None:
    world.sku("SHIRT", {"leeds": 2})
    row = placed(order("1", {"SHIRT": 2}))
    edit(row.id, Edit(ship_to=GLASGOW), **me())
    head = FulfillmentOrder.objects.get()
    assert (head.state, head.units, at(row)) == ("open", 2, {"leeds": 2})


def test_the_order_keeps_its_units_from_who_waits_while_it_is_planned_anew(world: World) -> None:
    world.sku("SHIRT", {"leeds": 1})
    row = placed(order("1", {"SHIRT": 1}))
    younger = placed(order("2", {"SHIRT": 1}, on_shortage="backorder"))
    edit(row.id, Edit(ship_to=GLASGOW), **me())
    assert (at(row), at(younger)) == ({"leeds": 1}, {})


def test_what_goes_is_for_who_waits_longest(world: World) -> None:
    world.sku("SHIRT", {"leeds": 2})
    row = placed(order("1", {"SHIRT": 2}))
    waits = placed(order("2", {"SHIRT": 1}, on_shortage="backorder"))
    edit(row.id, Edit(quantities={lines(row)[0]: 1}), **me())
    assert (at(row), at(waits)) == ({"leeds": 1}, {"leeds": 1})


def test_shortage_goes_by_the_orders_own_rule(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 1})
    wanted = Edit(add=(AddedLine("SHIRT", 2, 500),))
    strict = placed(order("1", {"SHIRT": 1}))
    with pytest.raises(OutOfStock):
        edit(strict.id, wanted, **me())
    assert OrderLine.objects.count() == 1
    cancel.cancel(strict.id, None, by=ALICE, now=clock.now(), reason="customer")
    patient = placed(order("2", {"SHIRT": 1}, on_shortage="backorder"))
    BackorderLimit.objects.create(variant=shirt, limit=2)
    assert edit(patient.id, wanted, **me()).waits == (("SHIRT", 2),)
    assert BackorderLimit.objects.get().taken == 2
    with pytest.raises(OutOfStock, match="no more backorders"):
        edit(patient.id, wanted, **me())
    taken = placed(order("3", {"SHIRT": 1}, on_shortage="accept"))
    edit(taken.id, wanted, **me())
    taken.refresh_from_db()
    assert taken.fulfillment_status == "on_hold"
    assert ExceptionItem.objects.get(kind="stock").subject_id == taken.id


def test_a_bundle_is_added_with_its_parts(world: World) -> None:
    cup = world.sku("CUP", {"london": 10})
    world.bundle("SET", {"CUP": 2})
    world.sku("SHIRT", {"london": 1})
    row = placed(order("1", {"SHIRT": 1}))
    edit(row.id, Edit(add=(AddedLine("SET", 3, 900),)), **me())
    assert totals(cup.id)["allocated"] == 6


def test_discount_shipping_and_note(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    world.sku("SCARF", {"london": 5})
    row = placed(order("1", {"SHIRT": 2, "SCARF": 1}, payments=(pay("capture", 1800),)))
    done = edit(
        row.id, Edit(discounts={"SORRY": 100}, shipping_price=0, shipping_method="express", note="call first"), **me()
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.total_minor, row.discount_minor, row.excess_minor, done.refund_due) == (1400, 100, 400, 400)
    assert list(OrderLine.objects.order_by("position").values_list("order_discount_minor", flat=True)) == [
        67,
        33,
    ]
    assert (row.note, FulfillmentOrder.objects.get().method) == ("call first", "express")
    wanted, undoes = way_back(row.id)
    edit(row.id, wanted, **me(expected_version=undoes))
    row.refresh_from_db()
    assert (row.total_minor, row.discount_minor, row.excess_minor, row.note) == (1800, 0, 0, "")
    assert (row.shipping_method, row.payment_status) == ("standard", "paid")


def test_an_authorisation_that_is_not_needed_is_given_up(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(
        order(
            "1",
            {"SHIRT": 2},
            payments=(pay("capture", 800), NewPayment("authorize", "card", "manual", "p-2", 500)),
        )
    )
    assert edit(row.id, Edit(quantities={lines(row)[0]: 1}), **me()).voided == 500
    assert Payment.objects.filter(kind="void").count() == 1


def test_another_day(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 1}))
    day = clock.now() + timedelta(days=5)
    edit(row.id, Edit(release=Release(day)), **me())
    row.refresh_from_db()
    head = FulfillmentOrder.objects.get()
    assert (row.fulfillment_status, head.state, head.fulfill_at) == ("scheduled", "scheduled", day)
    assert head.dispatch_by is not None and head.dispatch_by > day
    wanted, _ = way_back(row.id)
    edit(row.id, wanted, **me())
    row.refresh_from_db()
    head.refresh_from_db()
    assert (row.fulfillment_status, head.state, head.fulfill_at) == ("unfulfilled", "open", None)
    edit(row.id, Edit(release=Release(day)), **me())
    assert come_due_orders(day) == 1


def test_whoever_comes_second_hears_what_changed(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 3}))
    [line] = lines(row)
    edit(row.id, Edit(quantities={line: 2}), **me(expected_version=1))
    with pytest.raises(WrongState) as told:
        edit(row.id, Edit(quantities={line: 1}), **me(expected_version=1))
    [change] = told.value.facts["changes"]
    assert (change["version"], change["kind"], change["by"]) == (2, "edited", "Alice")


def test_what_is_begun_stays(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}))
    [line] = lines(row)
    FulfillmentOrder.objects.update(state="in_progress")
    OrderLine.objects.update(in_progress=2)
    Order.objects.update(units_in_progress=2)
    for wanted in (Edit(quantities={line: 1}), Edit(ship_to=GLASGOW), Edit(shipping_method="express")):
        with pytest.raises(WrongState, match="being p"):
            edit(row.id, wanted, **me())
    edit(row.id, Edit(note="leave at the door", add=(AddedLine("SHIRT", 1, 500),)), **me())
    assert sorted(FulfillmentOrder.objects.values_list("units", "state")) == [(1, "open"), (2, "in_progress")]
    with pytest.raises(WrongState, match="picked or shipped"):
        way_back(row.id)


def test_what_makes_no_sense_is_refused(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}))
    [line] = lines(row)
    for wanted, field in (
        (Edit(), "edit"), (Edit(quantities={line: 2}), "edit"), (Edit(quantities={line: 0}), "lines"),
        (Edit(quantities={new_id(): 1}), "lines[0].line"), (Edit(add=(AddedLine("NOPE", 1, 1),)), "add[0].sku"),
        (Edit(discounts={"X": 2000}), "discounts"), (Edit(shipping_price=-1), "shipping.price"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            edit(row.id, wanted, **me())
        assert told.value.field == field
    with pytest.raises(NotFound):
        edit(new_id(), Edit(note="x"), **me())
    cancel.cancel(row.id, None, by=ALICE, now=clock.now(), reason="customer")
    with pytest.raises(WrongState):
        edit(row.id, Edit(note="x"), **me())


def test_units_that_come_back_lift_no_hold_and_short_ones_that_go_do(world: World) -> None:
    world.sku("SHIRT", {"london": 1})
    row = placed(order("1", {"SHIRT": 3}, on_shortage="accept", never_split_lines=False))
    [line] = lines(row)
    edit(row.id, Edit(quantities={line: 1}), **me())
    row.refresh_from_db()
    assert (row.holds_open, row.fulfillment_status, at(row)) == (0, "unfulfilled", {"london": 1})
    edit(row.id, Edit(quantities={line: 2}), **me())
    assert Hold.objects.filter(released_at=None).count() == 1


@pytest.mark.parametrize("seed", range(12))
def test_any_edits_keep_every_proof_and_the_way_back_is_exact(world: World, seed: int) -> None:
    luck = random.Random(seed)
    for sku in ("SHIRT", "SCARF", "CUP"):
        world.sku(sku, {place: luck.randint(0, 6) for place in ("london", "leeds", "glasgow")})
    world.bundle("SET", {"CUP": 2, "SCARF": 1})
    how = luck.choice(["accept", "backorder"])
    row = placed(
        order("1", {"SHIRT": 3, "SET": 2}, on_shortage=how, never_split_lines=luck.random() < 0.5,
              ship_together=luck.random() < 0.2, discounts=(NewDiscount("TET", 77),), payments=(pay("capture", 1500),))
    )  # fmt: skip
    placed(order("2", {"SHIRT": 4, "CUP": 3}, on_shortage="backorder"))
    for _ in range(8):
        row.refresh_from_db()
        wanted = _some(luck, row)
        due = row.total_minor - row.cancelled_minor
        try:
            seen = preview(row.id, wanted, now=clock.now())
            done = edit(row.id, wanted, **me(expected_version=row.version))
        except DomainError:
            continue
        assert (done.plan, done.spots, done.waits) == (seen.plan, seen.spots, seen.waits)
        nothing_is_wrong()
        if luck.random() < 0.4:
            back, undoes = way_back(row.id)
            there = edit(row.id, back, **me(expected_version=undoes))
            assert there.plan.after.due == due
            nothing_is_wrong()


def _some(luck: random.Random, row: Order) -> Edit:
    mine = lines(row)
    return Edit(
        quantities={line: luck.randint(0, 5) for line in mine if luck.random() < 0.4},
        add=tuple(
            AddedLine(luck.choice(["SHIRT", "SCARF", "SET"]), luck.randint(1, 3), luck.randint(0, 900), tax=0)
            for _ in range(luck.choice([0, 0, 1, 2]))
        ),
        ship_to=luck.choice([None, None, GLASGOW, Address(city="London", postal_code="E1 6AN", country="GB")]),
        shipping_method=luck.choice([None, "express"]), shipping_price=luck.choice([None, 0, 450]),
        discounts=luck.choice([{}, {"TET": luck.randint(0, 200)}, {"SORRY": luck.randint(0, 90)}]),
        note=luck.choice([None, "ring twice"]),
        release=luck.choice([None, None, Release(clock.now() + timedelta(days=2)), Release(None)]),
    )  # fmt: skip


def test_by_the_api_a_look_then_the_same_with_its_version_once(world: World) -> None:
    world.sku("SHIRT", {"leeds": 9, "glasgow": 9})
    row = placed(order("1", {"SHIRT": 2}))
    [line] = lines(row)
    shop, address = Caller(key("*")), f"/orders/{row.id}/edits"
    body: dict[str, Any] = {
        "lines": [{"line": str(line), "quantity": 1}], "add": [{"sku": "shirt", "quantity": 2, "unit_price": 450}],
        "ship_to": {"city": "Glasgow", "postal_code": "ZZ1 1ZZ", "country": "GB"},
    }  # fmt: skip
    status, seen = shop.post(address, body)
    assert (status, seen["preview"], seen["version"], seen["due_before"], seen["due_after"]) == (
        200,
        True,
        1,
        1300,
        1700,
    )
    assert (seen["doubts"], seen["routing"][0]["refused"]) == (["postal_code"], False)
    assert shop.post(address, {**body, "confirm": True})[0] == 422
    sure = {**body, "confirm": True, "expected_version": seen["version"]}
    status, done = shop.post(address, sure, **{"idempotency-key": "edit-1"})
    assert (status, done["version"], done["stock"]) == (201, 2, seen["stock"])
    assert shop.post(address, sure, **{"idempotency-key": "edit-1"}) == (201, done)
    status, late = shop.post(address, sure)
    assert (status, late["facts"]["changes"][0]["kind"]) == (409, "edited")
    assert shop.post(address, {"undo": True, "note": "x"})[0] == 422
    status, undone = shop.post(address, {"undo": True, "confirm": True, "expected_version": 2})
    assert (status, undone["due_after"]) == (201, 1300)
    assert shop.get(f"/orders/{row.id}")[1]["ship_to"]["city"] == "Leeds"
