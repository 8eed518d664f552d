"""Moving waiting orders while others come in and are cancelled: nothing lost, nothing doubled, nothing oversold."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order
from trivet.flows import allocate, cancel, stock
from trivet.flows.intake import place_group, prepare
from trivet.inventory.models import Allocation, StockLevel
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.orders.models import Order
from trivet.routing.models import AllocationRun

pytestmark = pytest.mark.django_db(transaction=True)

TOWNS = (("London", "E1 7AA", "GB"), ("Leeds", "LS2 7EW", "GB"), ("Glasgow", "G2 1AA", "GB"))


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


def shop(rng: random.Random, orders: int) -> World:
    """Orders that mostly sit at the wrong place, for the right one had nothing when they came."""
    world = build()
    for sku in ("TEE", "CAP", "MUG"):
        world.sku(sku, {place: orders if place == "bristol" else 0 for place in world.places}, weight_g=4_000)
    for n in range(orders):
        skus = rng.sample(("TEE", "CAP", "MUG"), rng.randint(1, 2))
        place_group([prepare(order(f"o-{n}", dict.fromkeys(skus, 1), to=rng.choice(TOWNS)), actor=ALICE)])
    for sku in ("TEE", "CAP", "MUG"):
        for place in ("london", "leeds", "glasgow"):
            stock.receive(sku, place, rng.randint(1, orders // 3), **me())
    return world


def together(*works: Callable[[], None]) -> None:
    faults: list[BaseException] = []

    def kept(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=kept, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []


@pytest.mark.parametrize("seed", range(3))
def test_orders_come_in_and_are_cancelled_while_others_move(
    transactional_db: None, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    world = shop(rng, 24)
    monkeypatch.setattr("trivet.flows.allocate.propose.SIZE", 3)
    key = allocate.ask(apply_at_once=True, **me())
    rows = list(Order.objects.values_list("id", flat=True))
    gone = rng.sample(rows, 8)

    def comes_in() -> None:
        for n in range(12):
            sku = ("TEE", "CAP", "MUG")[n % 3]
            place_group([prepare(order(f"new-{n}", {sku: 1}, to=TOWNS[n % 3]), actor=ALICE)])

    def is_cancelled() -> None:
        for one in gone:
            try:
                cancel.cancel(one, None, reason="customer", **me())
            except DomainError as error:
                raise AssertionError(error.message) from error

    together(lambda: allocate.carry_out(key, by=ALICE), comes_in, is_cancelled)
    run = AllocationRun.objects.get(id=key)
    assert run.state == "applied"
    assert run.moved + run.skipped == run.proposed > 0
    assert not Allocation.objects.filter(order__in=gone, quantity__gt=0).exists()
    for row in Order.objects.exclude(id__in=gone):
        held = sum(a.quantity for a in Allocation.objects.filter(order=row, quantity__gt=0))
        assert held == row.units_allocated == row.units
    assert not StockLevel.objects.filter(available__lt=0).exists()
    assert world.places
    nothing_is_wrong()


def test_two_batches_and_a_count_at_the_same_levels_do_not_lock_each_other_up(transactional_db: None) -> None:
    rng = random.Random(7)
    shop(rng, 18)
    key = allocate.ask(apply_at_once=True, **me())

    def counted() -> None:
        for n in range(10):
            stock.receive(("TEE", "CAP", "MUG")[n % 3], ("leeds", "london")[n % 2], 1, **me())

    together(lambda: allocate.carry_out(key, by=ALICE), counted, counted)
    assert AllocationRun.objects.get(id=key).state == "applied"
    nothing_is_wrong()
