"""An order that waits takes units of later orders that nobody has begun (row C6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_allocate import me, where
from tests.stories.test_cancel import placed
from tests.world import World, build, order
from trivet.flows import stock, take
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import BackorderLimit
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import WrongState
from trivet.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def bought(name: str, units: int, days_ago: int, **more: Any) -> Order:
    at = clock.now() - timedelta(days=days_ago)
    return placed(order(name, {"TEE": units}, **{"on_shortage": "backorder", "placed_at": at, **more}))


def late_but_first(world: World) -> Order:
    """Two later orders hold all units, and one that was bought before them comes in after them."""
    world.sku("TEE", {"leeds": 3, "london": 2})
    stock.set_backorder_limit("TEE", None, 50, None, **me())
    bought("young", 3, 1)
    bought("younger", 2, 0)
    row = bought("old", 2, 5)
    assert (row.units_allocated, row.units_backordered) == (0, 2)
    return row


def test_who_came_first_takes_from_who_came_last_and_both_tell(world: World) -> None:
    row = late_but_first(world)
    seen = take.preview(row.id, now=clock.now())
    assert [g.units for g in seen.gifts] == [2]
    giver = Order.objects.get(id=seen.gifts[0].order)
    assert Order.objects.get(id=row.id).units_allocated == 0
    done = take.take(row.id, expected_version=seen.version, **me())
    assert done.gifts == seen.gifts
    row.refresh_from_db()
    before, (after,) = giver.units_allocated, Order.objects.filter(id=giver.id)
    assert (row.units_allocated, row.units_backordered) == (2, 0)
    assert (after.units_allocated, after.units_backordered) == (before - 2, 2)
    assert sum(where("old").values()) == 2
    assert BackorderLimit.objects.get().taken == 2
    given = Event.objects.get(kind="order.units_given", subject_id=giver.id).facts
    taken = Event.objects.get(kind="order.units_taken", subject_id=row.id).facts
    assert (given["order"], taken["lines"][0]["order"]) == (row.number, giver.number)
    with pytest.raises(WrongState):
        take.take(row.id, **me())


def test_the_latest_gives_first_and_no_more_than_is_needed(world: World) -> None:
    world.sku("TEE", {"leeds": 4})
    bought("young", 2, 2)
    bought("younger", 2, 1)
    row = bought("old", 1, 5)
    take.take(row.id, **me())
    assert (where("young"), where("younger"), where("old")) == ({"leeds": 2}, {"leeds": 1}, {"leeds": 1})


@pytest.mark.parametrize("why", ["begun", "refuses", "together", "older"])
def test_who_cannot_give_is_left_alone(world: World, why: str) -> None:
    world.sku("TEE", {"leeds": 2})
    more: dict[str, Any] = {"refuses": {"on_shortage": "refuse"}, "together": {"ship_together": True}}.get(
        why, {}
    )
    held = bought("holds", 2, 9 if why == "older" else 1, **more)
    if why == "begun":
        FulfillmentOrder.objects.filter(order=held).update(state="in_progress")
    row = bought("old", 2, 5)
    assert take.preview(row.id, now=clock.now()).gifts == ()
    with pytest.raises(WrongState):
        take.take(row.id, **me())
    assert where("holds") == {"leeds": 2}


def test_an_order_changed_meanwhile_takes_nothing(world: World) -> None:
    row = late_but_first(world)
    with pytest.raises(WrongState):
        take.take(row.id, expected_version=row.version + 1, **me())
    assert where("old") == {}
