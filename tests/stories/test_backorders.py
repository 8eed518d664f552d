"""Stock that comes in goes to those who wait: the oldest promise first (row C8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order, totals
from trivet.company.actions import stop_serving
from trivet.flows import backorders, cancel, hold, jobs, lapse, promises, stock
from trivet.flows.imports import import_orders, import_stock
from trivet.flows.policy import change_policy
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import Allocation, BackorderLimit, Reservation
from trivet.journal.models import Event
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import OutOfStock
from trivet.orders.models import Hold, Order, OrderLine
from trivet.orders.queries.waiting import FRONT
from trivet.routing.models import RoutingDecision
from trivet.routing.rules import Policy, replay

pytestmark = pytest.mark.django_db(transaction=True)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def wait(external_id: str, lines: dict[str, int], **more: Any) -> Order:
    return placed(order(external_id, lines, **{"on_shortage": "backorder", **more}))


def waiting() -> dict[str, int]:
    rows = OrderLine.objects.order_by("order__external_id", "position")
    return {f"{x.order.external_id}.{x.position}": x.backordered for x in rows.select_related("order")}


def test_the_oldest_promise_is_served_first_then_the_oldest_order(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 0})
    now = clock.now()
    for day, name in ((9, "late"), (2, "soon")):
        stock.set_backorder_limit("SHIRT", None, 50, (now + timedelta(days=day)).date(), **me())
        wait(f"{name}-b", {"SHIRT": 2}, placed_at=now - timedelta(hours=1))
        wait(f"{name}-a", {"SHIRT": 2}, placed_at=now - timedelta(hours=5))
    assert BackorderLimit.objects.get().taken == 8
    stock.receive("SHIRT", "leeds", 6, **me())
    assert waiting() == {"late-a.1": 0, "late-b.1": 2, "soon-a.1": 0, "soon-b.1": 0}
    assert BackorderLimit.objects.get().taken == 2
    assert totals(shirt.id)["available"] == 0
    stock.receive("SHIRT", "leeds", 5, **me())
    assert totals(shirt.id)["available"] == 3
    assert set(FulfillmentOrder.objects.values_list("state", "units", "location__code")) == {
        ("open", 2, "leeds")
    }
    assert Event.objects.filter(kind="order.backorder_filled").count() == 4


def test_nobody_gets_between_the_goods_and_those_who_wait(world: World) -> None:
    world.sku("SHIRT", {"leeds": 0})
    row = wait("1", {"SHIRT": 3})
    stock.receive("SHIRT", "leeds", 1, **me())
    row.refresh_from_db()
    assert (row.units_allocated, row.units_backordered) == (1, 2)
    stock.receive("SHIRT", "london", 9, **me())
    row.refresh_from_db()
    # The line is not split: what it lacks must come from where the rest of it lies.
    assert (row.units_allocated, row.units_backordered) == (1, 2)
    stock.receive("SHIRT", "leeds", 2, **me())
    row.refresh_from_db()
    assert (row.units_allocated, row.units_backordered) == (3, 0)
    assert FulfillmentOrder.objects.get().units == 3


def test_a_line_that_may_be_split_takes_what_there_is(world: World) -> None:
    world.sku("SHIRT", {"leeds": 1})
    row = wait("1", {"SHIRT": 4}, never_split_lines=False)
    stock.receive("SHIRT", "london", 2, **me())
    stock.receive("SHIRT", "glasgow", 9, **me())
    row.refresh_from_db()
    assert row.units_backordered == 0
    assert set(Allocation.objects.values_list("location__code", "quantity")) == {
        ("leeds", 1), ("london", 2), ("glasgow", 1)
    }  # fmt: skip


def test_bundles_wait_for_all_their_parts(world: World) -> None:
    world.sku("CUP", {"leeds": 0})
    world.sku("SAUCER", {"leeds": 1})
    world.bundle("SET", {"CUP": 2, "SAUCER": 1})
    row = wait("1", {"SET": 2})
    stock.receive("CUP", "leeds", 3, **me())
    row.refresh_from_db()
    assert (row.units_allocated, row.units_backordered) == (1, 1)
    stock.receive("SAUCER", "leeds", 1, **me())
    stock.receive("CUP", "leeds", 1, **me())
    row.refresh_from_db()
    assert (row.units_allocated, row.units_backordered) == (2, 0)


def test_an_accepted_order_is_freed_when_everything_is_there(world: World) -> None:
    world.sku("SHIRT", {"leeds": 1})
    world.sku("SCARF", {"leeds": 1})
    row = placed(order("1", {"SHIRT": 2, "SCARF": 1}, on_shortage="accept"))
    fraud = hold.place(row.id, "fraud", **me())
    stock.receive("SHIRT", "leeds", 5, **me())
    row.refresh_from_db()
    assert (row.units_allocated, row.holds_open) == (3, 1)
    assert set(FulfillmentOrder.objects.values_list("state", flat=True)) == {"on_hold"}
    hold.release(row.id, fraud, **me())
    assert set(FulfillmentOrder.objects.values_list("state", flat=True)) == {"open"}
    assert Hold.objects.get(kind="stock").released_at is not None


def deferred(world: World) -> int:
    """Jobs that are to serve the queue of the shirt; other tests leave theirs behind."""
    mine = {"variants": [str(world.variants["SHIRT"].id)]}
    return ProcrastinateJob.objects.filter(task_name="backorders.fill", args=mine).count()


def cancelled(world: World) -> None:
    cancel.cancel(Order.objects.get(external_id="first").id, None, reason="customer", **me())


def counted(world: World) -> None:
    stock.set_count("SHIRT", "leeds", 3, **me())


def counted_in_a_file(world: World) -> None:
    with NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("sku,location,quantity\nSHIRT,leeds,3\n")
        file.flush()
        import_stock(file.name)


def found_in_a_file(world: World) -> None:
    with NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
        file.write("536590,SHIRT,found,1,2010-12-01 16:51,0.0,,United Kingdom\n")
        file.flush()
        report = import_orders(file.name, channel="web", form="uci", stock="update")
    assert report.adjustments == {"applied": 1}


def found_again(world: World) -> None:
    stock.adjust("SHIRT", "leeds", 1, "found", **me())


def repaired(world: World) -> None:
    stock.change_state("SHIRT", "leeds", "damaged", -1, **me())


def released(world: World) -> None:
    promises.release_reservation(Reservation.objects.get().id, **me())


def lapsed(world: World) -> None:
    lapse.sweep_reservations(clock.now() + timedelta(hours=2))


def lapsed_before_an_order(world: World) -> None:
    in_the_past(world)
    assert placed(order("younger", {"SHIRT": 1}, on_shortage="backorder")).units_backordered == 1


def lapsed_before_a_reservation(world: World) -> None:
    in_the_past(world)
    with pytest.raises(OutOfStock):
        promises.reserve("web", [("SHIRT", 1)], timedelta(hours=1), **me())


def in_the_past(world: World) -> None:
    Reservation.objects.update(expires_at=clock.now() - timedelta(minutes=1))


def approved(world: World) -> None:
    asked = stock.adjust("SHIRT", "leeds", 101, "found", **me()).request
    assert asked is not None
    stock.approve_adjustment(asked, by=Actor("user", "bob", "Bob"), now=clock.now())


@pytest.mark.parametrize(
    "fact",
    [
        cancelled,
        counted,
        counted_in_a_file,
        found_in_a_file,
        found_again,
        repaired,
        released,
        lapsed,
        lapsed_before_an_order,
        lapsed_before_a_reservation,
        approved,
    ],
)
def test_what_comes_free_goes_to_who_waits_before_anybody_younger(
    world: World, fact: Callable[[World], None]
) -> None:
    """Nothing of a job is needed: the unit is promised when the fact is."""
    world.sku("SHIRT", {"leeds": 3})
    stock.change_state("SHIRT", "leeds", "damaged", 1, **me())
    placed(order("first", {"SHIRT": 1}))
    promises.reserve("web", [("SHIRT", 1)], timedelta(hours=1), **me())
    if fact in {counted, counted_in_a_file}:
        stock.record_sale_elsewhere("SHIRT", "leeds", 1, **me())
        stock.change_state("SHIRT", "leeds", "damaged", -1, **me())
    older = wait("older", {"SHIRT": 1})
    fact(world)
    older.refresh_from_db()
    assert (older.units_allocated, older.units_backordered) == (1, 0)
    assert deferred(world) == 0


def test_who_is_cut_in_part_waits_on_in_its_turn(world: World) -> None:
    world.sku("SHIRT", {"leeds": 1})
    row = placed(order("1", {"SHIRT": 1}))
    both = wait("2", {"SHIRT": 2})
    first = OrderLine.objects.get(order=both)
    cancel.cancel(both.id, {first.id: 1}, reason="customer", **me())
    assert waiting() == {"1.1": 0, "2.1": 1}
    cancel.cancel(row.id, None, reason="customer", **me())
    both.refresh_from_db()
    assert (both.units_allocated, both.units_backordered, both.units_cancelled) == (1, 0, 1)


def test_a_long_queue_is_served_in_parts_and_the_job_does_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sku("SHIRT", {"leeds": 0})
    for n in range(5):
        wait(str(n), {"SHIRT": 1})
    monkeypatch.setattr(backorders.claim, "__defaults__", (FRONT, 2))
    stock.set_count("SHIRT", "leeds", 4, **me())
    assert sum(waiting().values()) == 3
    assert deferred(world) == 1
    jobs.fill_backorders.func([str(world.variants["SHIRT"].id)])
    assert sum(waiting().values()) == 1


def test_the_minute_job_finds_what_a_story_missed(world: World) -> None:
    world.sku("SHIRT", {"leeds": 0})
    row = wait("1", {"SHIRT": 1})
    stock.set_count("SHIRT", "leeds", 4, **me())
    backorders.fill_waiting(now=clock.now())
    backorders.fill_waiting(now=clock.now())
    row.refresh_from_db()
    assert row.units_allocated == 1


def test_cancelled_orders_and_places_that_do_not_serve_get_nothing(world: World) -> None:
    world.sku("SHIRT", {"leeds": 0})
    row = wait("1", {"SHIRT": 1})
    gone = wait("0", {"SHIRT": 1})
    cancel.cancel(gone.id, None, reason="customer", **me())
    stop_serving("web", "leeds", **me())
    stock.receive("SHIRT", "leeds", 5, **me())
    row.refresh_from_db()
    assert row.units_allocated == 0
    stock.receive("SHIRT", "london", 5, **me())
    row.refresh_from_db()
    assert row.units_allocated == 1


def test_many_who_wait_are_served_batch_by_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.sku("SHIRT", {"leeds": 0})
    for n in range(7):
        wait(str(n), {"SHIRT": 1})
    monkeypatch.setattr(backorders.claim, "__defaults__", (FRONT, 3))
    stock.receive("SHIRT", "leeds", 20, **me())
    assert sum(waiting().values()) == 4
    backorders.fill_backorders([world.variants["SHIRT"].id], now=clock.now())
    assert sum(waiting().values()) == 0


def test_an_order_that_ships_together_is_served_from_one_place(world: World) -> None:
    world.sku("SHIRT", {"leeds": 0})
    world.sku("SCARF", {"leeds": 0})
    row = wait("1", {"SHIRT": 1, "SCARF": 1}, ship_together=True)
    stock.receive("SHIRT", "leeds", 1, **me())
    stock.receive("SCARF", "london", 1, **me())
    row.refresh_from_db()
    assert row.units_allocated == 1
    stock.receive("SCARF", "leeds", 1, **me())
    row.refresh_from_db()
    assert row.units_allocated == 2
    assert FulfillmentOrder.objects.get().location.code == "leeds"


def decided(row: Order) -> list[tuple[str, list[str]]]:
    """Decisions of an order, oldest first: (cause, places that ship); each repeats bit for bit."""
    told = []
    for decision in RoutingDecision.objects.filter(order=row).order_by("at", "id"):
        assert replay(decision.explanation, Policy()).explanation == decision.explanation
        told.append((decision.cause, [p["place"] for p in decision.explanation["parcels"]]))
    return told


def test_where_late_stock_ships_from_is_planned_and_told(world: World) -> None:
    shirt = world.sku("SHIRT", {"leeds": 0})
    row = wait("1", {"SHIRT": 2})
    for place in ("london", "leeds", "glasgow"):
        stock.receive("SHIRT", place, 1, **me())
    # Bound for Leeds: what came to London first was taken there, and the line stays whole.
    assert decided(row)[0] == ("placed", []) and decided(row)[1] == ("filled", ["london"])
    other = wait("2", {"SHIRT": 9}, never_split_lines=False)
    stock.receive("SHIRT", "glasgow", 20, **me())
    assert decided(other)[-1][0] == "filled"
    assert totals(shirt.id)["available"] >= 0


def test_what_comes_late_joins_a_parcel_that_leaves_anyway(world: World) -> None:
    world.sku("SHIRT", {"glasgow": 5})
    world.sku("SCARF", {})
    row = wait("1", {"SHIRT": 1, "SCARF": 1})
    scarf = world.variants["SCARF"]
    world.stock(scarf, "leeds", 4)
    world.stock(scarf, "glasgow", 4)
    assert backorders.fill_waiting(now=clock.now())
    # Leeds is nearer to the customer, but a parcel leaves Glasgow anyway.
    assert decided(row) == [("placed", ["glasgow"]), ("filled", ["glasgow"])]
    assert FulfillmentOrder.objects.get(order=row).units == 2


def test_late_stock_at_the_best_of_several_places(world: World) -> None:
    shirt = world.sku("SHIRT", {})
    row = wait("1", {"SHIRT": 2})
    for place in ("bristol", "leeds", "glasgow"):
        world.stock(shirt, place, 5)
    backorders.fill_waiting(now=clock.now())
    assert decided(row) == [("placed", []), ("filled", ["leeds"])]


def test_a_cap_that_is_set_late_counts_those_who_wait_already(world: World) -> None:
    world.sku("SHIRT", {"leeds": 0})
    wait("early", {"SHIRT": 8})
    for channel in (None, "web"):
        stock.set_backorder_limit("SHIRT", channel, 10, None, **me())
    assert set(BackorderLimit.objects.values_list("taken", flat=True)) == {8}
    with pytest.raises(OutOfStock):
        wait("too-many", {"SHIRT": 3})
    wait("just", {"SHIRT": 2})
    stock.receive("SHIRT", "leeds", 8, **me())
    assert sum(waiting().values()) == 2
    assert set(BackorderLimit.objects.values_list("taken", flat=True)) == {2}
    # A cap below what waits lets nobody in, and forgets nobody.
    stock.set_backorder_limit("SHIRT", None, 1, None, **me())
    with pytest.raises(OutOfStock):
        wait("more", {"SHIRT": 1})


def test_what_comes_late_counts_the_parcels_that_the_order_has(world: World) -> None:
    change_policy({"max_parcels": 1}, **me())
    world.sku("A", {"leeds": 1})
    world.sku("B")
    row = wait("1", {"A": 1, "B": 2})
    stock.receive("B", "london", 1, **me())
    stock.receive("B", "london", 1, **me())
    row.refresh_from_db()
    assert (row.units_allocated, row.units_backordered) == (1, 2)
    # Why it waits is told once, whatever comes in.
    told = [d.explanation["refusal"] for d in RoutingDecision.objects.filter(order=row).order_by("at", "id")]
    assert told == [["not_enough"], ["too_many_parcels"]]
    stock.receive("B", "leeds", 2, **me())
    assert FulfillmentOrder.objects.get(order=row).location.code == "leeds"
    row.refresh_from_db()
    assert row.units_backordered == 0


def test_two_lines_that_come_late_share_the_parcels_that_are_left(world: World) -> None:
    change_policy({"max_parcels": 2}, **me())
    for sku in ("A", "B", "C"):
        world.sku(sku)
    row = wait("1", {"A": 1, "B": 1, "C": 1})
    for sku, place in (("A", "leeds"), ("B", "london"), ("C", "glasgow")):
        stock.receive(sku, place, 1, **me())
    row.refresh_from_db()
    assert (row.units_allocated, row.units_backordered) == (2, 1)
    assert {f.location.code for f in FulfillmentOrder.objects.filter(order=row)} == {"leeds", "london"}
