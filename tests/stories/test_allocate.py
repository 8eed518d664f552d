"""All waiting orders weighed at once (row D4): what moves, what does not, and what the orders tell of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order
from trivet.company.actions.revision import bump
from trivet.flows import allocate, cancel, hold, stock
from trivet.flows.allocate import apply as applying
from trivet.flows.allocate import run as running
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import Allocation
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import Invalid, WrongState
from trivet.orders.models import Order
from trivet.routing.models import AllocationMove, AllocationRun, AllocationSetting, RoutingDecision
from trivet.routing.rules import Policy, replay
from trivet.routing.rules.allocation import Terms

pytestmark = pytest.mark.django_db(transaction=True)

LEEDS, LONDON = ("Leeds", "LS2 7EW", "GB"), ("London", "E1 7AA", "GB")


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def where(external_id: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for a in Allocation.objects.filter(order__external_id=external_id, quantity__gt=0).select_related(
        "location"
    ):
        found[a.location.code] = found.get(a.location.code, 0) + a.quantity
    work = FulfillmentOrder.objects.filter(order__external_id=external_id).exclude(state="cancelled")
    assert {f.location.code: f.units for f in work.select_related("location")} == found
    return found


def misplaced(world: World, name: str = "1", **more: Any) -> Order:
    """An order for Leeds that ships from London, since Leeds had none when it came; now Leeds has one."""
    world.sku(f"TEE-{name}", {"london": 1, "leeds": 0}, weight_g=5_000)
    row = placed(order(name, {f"TEE-{name}": 1}, to=LEEDS, **more))
    assert where(name) == {"london": 1}
    stock.receive(f"TEE-{name}", "leeds", 1, **me())
    return row


def run(*, apply_at_once: bool = True) -> AllocationRun:
    key = allocate.ask(apply_at_once=apply_at_once, **me())
    allocate.carry_out(key, by=ALICE)
    return AllocationRun.objects.get(id=key)


def test_an_order_moves_to_where_it_costs_less_and_says_so(world: World) -> None:
    row = misplaced(world)
    found = run()
    assert (found.state, found.orders, found.proposed, found.moved, found.skipped) == ("applied", 1, 1, 1, 0)
    assert where("1") == {"leeds": 1}
    assert world.level("TEE-1", "london").available == 1
    assert found.cost_after_minor < found.cost_before_minor
    assert found.saved_minor == found.cost_before_minor - found.cost_after_minor
    assert found.bound_minor <= found.cost_after_minor + found.move_cost_minor
    told = Event.objects.get(kind="order.rebalanced", subject_id=row.id).facts
    assert (told["why"], told["saving"]) == ("cheaper", found.saved_minor)
    assert told["places"] == [{"location": "leeds", "units": 1}]
    decision = RoutingDecision.objects.get(order=row, cause="rebalanced")
    assert replay(decision.explanation, Policy()).explanation == decision.explanation
    assert [f.state for f in FulfillmentOrder.objects.order_by("sequence")] == ["cancelled", "open"]


def test_what_was_weighed_once_stays_when_it_is_weighed_again(world: World) -> None:
    misplaced(world)
    assert run().moved == 1
    again = run()
    assert (again.proposed, again.cost_before_minor) == (0, again.cost_after_minor)


def test_a_proposal_changes_nothing_until_somebody_says_so(world: World) -> None:
    misplaced(world)
    found = run(apply_at_once=False)
    assert (found.state, found.proposed, found.moved) == ("proposed", 1, 0)
    assert where("1") == {"london": 1}
    allocate.go_on(found.id, **me())
    allocate.carry_out(found.id, by=ALICE)
    found.refresh_from_db()
    assert (found.state, found.moved) == ("applied", 1)
    assert where("1") == {"leeds": 1}
    with pytest.raises(WrongState):
        allocate.go_on(found.id, **me())


def test_two_orders_that_have_each_others_units_change_places_together(world: World) -> None:
    world.sku("TEE", {"leeds": 1, "london": 0}, weight_g=20_000)
    placed(order("south", {"TEE": 1}, to=LONDON))
    stock.receive("TEE", "london", 1, **me())
    placed(order("north", {"TEE": 1}, to=LEEDS))
    assert (where("south"), where("north")) == ({"leeds": 1}, {"london": 1})
    found = run()
    assert (where("south"), where("north")) == ({"london": 1}, {"leeds": 1})
    assert (found.moved, found.cost_greedy_minor) == (2, found.cost_before_minor)
    assert AllocationMove.objects.values("batch").distinct().count() == 1
    assert world.level("TEE", "leeds").allocated == 1


def test_who_waits_for_units_comes_before_who_could_use_them_better(world: World) -> None:
    misplaced(world)
    placed(order("waits", {"TEE-1": 3}, on_shortage="backorder", to=LONDON))
    assert Order.objects.get(external_id="waits").units_backordered == 2
    assert (where("1"), where("waits")) == ({"london": 1}, {"leeds": 1})
    assert run().orders == 1


def test_orders_that_are_collected_or_begun_take_no_part(world: World) -> None:
    misplaced(world, "collected", pickup_location="london")
    misplaced(world, "free")
    begun = misplaced(world, "begun")
    FulfillmentOrder.objects.filter(order=begun).update(state="in_progress")
    found = run()
    assert found.orders == 1
    FulfillmentOrder.objects.filter(order=begun).update(state="open")


@pytest.mark.parametrize("meanwhile", ["cancelled", "held", "picked", "changed", "stock"])
def test_what_happens_meanwhile_is_respected_and_told(world: World, meanwhile: str) -> None:
    row = misplaced(world)
    misplaced(world, "2")
    found = run(apply_at_once=False)
    assert found.proposed == 2
    allocate.go_on(found.id, **me())
    if meanwhile == "cancelled":
        cancel.cancel(row.id, None, reason="customer", **me())
    elif meanwhile == "held":
        hold.place(row.id, "manual", **me())
    elif meanwhile == "picked":
        FulfillmentOrder.objects.filter(order=row).update(state="in_progress")
    elif meanwhile == "changed":
        Order.objects.filter(id=row.id).update(version=9)
    else:
        placed(order("3", {"TEE-1": 1}, to=LEEDS))
        assert where("3") == {"leeds": 1}
    allocate.carry_out(found.id, by=ALICE)
    found.refresh_from_db()
    assert (found.state, found.moved, found.skipped) == ("applied", 1, 1)
    assert AllocationMove.objects.get(order=row).skip == meanwhile
    assert where("2") == {"leeds": 1}
    assert where("1") == ({} if meanwhile == "cancelled" else {"london": 1})
    FulfillmentOrder.objects.filter(state="in_progress").update(state="open")


def test_a_held_order_moves_and_stays_held(world: World) -> None:
    row = misplaced(world)
    hold.place(row.id, "manual", **me())
    assert run().moved == 1
    assert FulfillmentOrder.objects.get(order=row, location__code="leeds").state == "on_hold"


def test_a_full_day_at_the_better_place_keeps_an_order_where_it_is(world: World) -> None:
    misplaced(world)
    misplaced(world, "2")
    world.places["leeds"].capacity_per_day = 1
    world.places["leeds"].save()
    bump()
    found = run()
    assert found.moved == 1
    assert sorted([where("1"), where("2")], key=str) == [{"leeds": 1}, {"london": 1}]


def test_a_bundle_and_a_split_order_move_whole(world: World) -> None:
    world.sku("CUP", {"london": 1, "leeds": 0}, weight_g=3_000)
    world.sku("SAUCER", {"london": 2, "leeds": 0}, weight_g=2_000)
    world.bundle("SET", {"CUP": 1, "SAUCER": 2})
    world.sku("POT", {"bristol": 1, "leeds": 0}, weight_g=4_000)
    placed(order("tea", {"SET": 1, "POT": 1}, to=LEEDS))
    assert where("tea") == {"london": 3, "bristol": 1}
    for sku, units in (("CUP", 1), ("SAUCER", 2), ("POT", 1)):
        stock.receive(sku, "leeds", units, **me())
    found = run()
    assert where("tea") == {"leeds": 4}
    assert AllocationMove.objects.get(run=found.id).why == "fewer_parcels"


def test_killed_in_the_middle_what_was_moved_is_right_and_the_rest_can_follow(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        misplaced(world, str(n))
    monkeypatch.setattr("trivet.flows.allocate.propose.SIZE", 2)
    made: list[UUID] = []

    def dies(move: Any, now: Any) -> Any:
        made.append(move.order_id)
        if len(made) == 4:
            raise KeyboardInterrupt  # in the midst of the second batch, after its units have moved
        return kept(move, now)

    kept = applying._decision
    monkeypatch.setattr(applying, "_decision", dies)
    key = allocate.ask(apply_at_once=True, **me())
    with pytest.raises(KeyboardInterrupt):
        allocate.carry_out(key, by=ALICE)
    monkeypatch.setattr(applying, "_decision", kept)
    found = AllocationRun.objects.get(id=key)
    assert (found.state, found.moved, found.proposed) == ("applying", 2, 6)
    nothing_is_wrong()
    # The job comes back with another worker, finds the run lost, and says how far it came.
    allocate.carry_out(key, by=ALICE)
    found.refresh_from_db()
    assert (found.state, found.moved) == ("stopped", 2)
    assert Event.objects.get(kind="allocation.stopped").facts["moved"] == 2
    allocate.go_on(key, **me())
    allocate.carry_out(key, by=ALICE)
    found.refresh_from_db()
    assert (found.state, found.moved, found.skipped) == ("applied", 6, 0)
    assert [where(str(n)) for n in range(6)] == [{"leeds": 1}] * 6


def test_only_one_is_at_it_at_a_time(world: World) -> None:
    misplaced(world)
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with running._alone():
            inside.set()
            leave.wait(10)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    try:
        with pytest.raises(WrongState):
            run()
    finally:
        leave.set()
        thread.join()


def test_by_the_clock_only_when_it_is_set_so(world: World) -> None:
    monday = clock.now().replace(hour=8, minute=30)
    assert allocate.tick(monday) is None
    with pytest.raises(Invalid):
        allocate.change_terms(Terms(mode="daily"), **me())
    with pytest.raises(Invalid):
        allocate.change_terms(Terms(mode="every", timezone="Europe/Nowhere"), **me())
    allocate.change_terms(Terms(mode="every", every_minutes=30), **me())
    assert allocate.tick(monday) is not None
    assert allocate.tick(monday + timedelta(minutes=29)) is None
    assert allocate.tick(monday + timedelta(minutes=30)) is not None
    assert AllocationRun.objects.filter(by_itself=True, apply_at_once=True).count() == 2
    assert AllocationSetting.objects.get().last_at == monday + timedelta(minutes=30)


def test_nothing_waits_and_nothing_is_lost(world: World) -> None:
    found = run()
    assert (found.state, found.orders, found.proposed, found.cost_before_minor) == ("applied", 0, 0, 0)
