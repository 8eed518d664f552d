"""Two at one order: an edit against an edit, a cancellation, and intake of the last units."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order, totals
from trivet.flows import cancel
from trivet.flows.edit import edit
from trivet.flows.intake import place_group, prepare
from trivet.lib import clock
from trivet.lib.errors import Conflict, OutOfStock
from trivet.orders.models import Order, OrderChange, OrderLine
from trivet.orders.rules.edit import AddedLine, Edit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return build()


def placed(name: str, units: int) -> Order:
    found = place_group([prepare(order(name, {"SHIRT": units}), actor=ALICE)])[0]
    assert not isinstance(found, Exception)
    return Order.objects.get(id=found.id)


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """All at the same moment; what each answered, errors too."""
    start = Barrier(len(work))

    def one(task: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return task()
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return [f.result() for f in [pool.submit(one, task) for task in work]]


@pytest.mark.parametrize("_", range(5))
def test_of_two_edits_of_one_version_one_wins(world: World, _: int) -> None:
    shirt = world.sku("SHIRT", {"london": 9})
    row = placed("1", 3)

    def adds() -> Any:
        return edit(
            row.id, Edit(add=(AddedLine("SHIRT", 2, 500),)), by=ALICE, now=clock.now(), expected_version=1
        )

    answers = at_once(adds, adds, adds)
    assert sum(isinstance(a, Conflict) for a in answers) == 2
    assert (OrderLine.objects.count(), OrderChange.objects.count(), totals(shirt.id)["allocated"]) == (
        2,
        1,
        5,
    )
    nothing_is_wrong()


@pytest.mark.parametrize("_", range(5))
def test_an_edit_meets_a_cancellation(world: World, _: int) -> None:
    shirt = world.sku("SHIRT", {"london": 9})
    row = placed("1", 3)
    [line] = OrderLine.objects.values_list("id", flat=True)
    answers = at_once(
        lambda: edit(row.id, Edit(quantities={line: 5}), by=ALICE, now=clock.now(), expected_version=1),
        lambda: cancel.cancel(row.id, None, by=ALICE, now=clock.now(), reason="customer", expected_version=1),
    )
    assert sum(isinstance(a, Conflict) for a in answers) == 1
    assert totals(shirt.id)["allocated"] in (0, 5)
    nothing_is_wrong()


@pytest.mark.parametrize("_", range(5))
def test_an_edit_and_intake_want_the_last_units(world: World, _: int) -> None:
    shirt = world.sku("SHIRT", {"london": 4})
    row = placed("1", 2)

    def buys(name: str) -> Any:
        return place_group([prepare(order(name, {"SHIRT": 1}), actor=ALICE)])[0]

    answers = at_once(
        lambda: edit(row.id, Edit(add=(AddedLine("SHIRT", 2, 500),)), by=ALICE, now=clock.now()),
        lambda: buys("2"), lambda: buys("3"),
    )  # fmt: skip
    lost = [a for a in answers if isinstance(a, Exception)]
    assert all(isinstance(a, OutOfStock) for a in lost) and 1 <= len(lost) <= 2
    assert totals(shirt.id)["available"] in (0, 1)
    nothing_is_wrong()
