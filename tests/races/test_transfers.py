"""Two at one transfer, and a transfer at the goods that somebody buys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.races.test_intake_races import at_once
from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order
from trivet.flows import transfers
from trivet.flows.intake import place, prepare
from trivet.inventory.models import StockLevel, TransferReceipt
from trivet.lib import clock
from trivet.lib.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def ready(world: World, units: int) -> int:
    number = transfers.create_transfer("london", "leeds", [("SHIRT", units)], **me())
    transfers.make_ready(number, **me())
    return number


def tried(job: Any) -> Any:
    def run() -> Any:
        try:
            return job()
        except DomainError as error:
            return error

    return run


def test_six_send_it_and_it_leaves_once(world: World) -> None:
    world.sku("SHIRT", {"london": 50})
    number = ready(world, 5)
    answers = at_once([tried(lambda: transfers.ship(number, **me()))] * 6)
    assert sorted(type(a).__name__ for a in answers) == ["NoneType"] + ["WrongState"] * 5
    assert world.level("SHIRT", "london").on_hand == 45


def test_one_arrival_scanned_on_six_phones_arrives_once(world: World) -> None:
    world.sku("SHIRT", {"london": 50})
    number = ready(world, 20)
    transfers.ship(number, **me())
    answers = at_once([tried(lambda: transfers.receive(number, [("SHIRT", 12, 1)], "van 1", **me()))] * 6)
    assert answers == [None] * 6
    assert TransferReceipt.objects.count() == 1
    level = world.level("SHIRT", "leeds")
    assert (level.on_hand, level.damaged, level.incoming) == (13, 1, 7)


def test_six_vans_at_once_and_the_last_one_completes(world: World) -> None:
    world.sku("SHIRT", {"london": 60})
    number = ready(world, 60)
    transfers.ship(number, **me())

    def van(n: int) -> Any:
        return tried(lambda: transfers.receive(number, [("SHIRT", 10, 0)], f"van {n}", **me()))

    assert at_once([van(n) for n in range(6)]) == [None] * 6
    level = world.level("SHIRT", "leeds")
    assert (level.on_hand, level.incoming) == (60, 0)


def test_buyers_and_a_transfer_share_what_is_there_and_nobody_is_short(world: World) -> None:
    world.sku("SHIRT", {"london": 10})
    number = ready(world, 8)
    jobs = [tried(lambda n=n: place(prepare(order(str(n), {"SHIRT": 3}), actor=ALICE))) for n in range(4)]
    at_once([*jobs, tried(lambda: transfers.ship(number, **me()))])
    assert sum(StockLevel.objects.values_list("shortfall", flat=True)) == 0
