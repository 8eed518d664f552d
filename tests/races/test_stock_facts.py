"""Limits and counts that are set while somebody else is at the same rows, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from tests.races.test_desk import until_blocked
from tests.races.test_stock_races import meanwhile
from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order
from trivet.flows import stock
from trivet.flows.imports import import_stock, levels
from trivet.flows.intake import prepare
from trivet.flows.intake.place_many import place_many
from trivet.inventory.models import BackorderLimit, StockEntry
from trivet.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def elsewhere(job: Callable[[], Any]) -> Callable[[], Any]:
    """``job`` for another thread, which leaves no connection behind."""

    def run() -> Any:
        try:
            return job()
        finally:
            connection.close()

    return run


def test_a_cap_counts_the_units_that_are_being_backordered_at_that_moment(world: World) -> None:
    world.sku("SHIRT")
    late = [prepare(order("1", {"SHIRT": 8}, on_shortage="backorder"), actor=ALICE)]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            placed = place_many(late, now=clock.now())
            assert not isinstance(placed[0], Exception)
            setting = pool.submit(
                elsewhere(lambda: stock.set_backorder_limit("SHIRT", None, 10, None, **me()))
            )
            until_blocked()
        setting.result(timeout=20)
    assert BackorderLimit.objects.get().taken == 8


def test_a_file_counts_what_is_there_whoever_receives_meanwhile(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sku("TEE")
    path = tmp_path / "stock.csv"
    path.write_text("sku,location,quantity\nTEE,leeds,12\n", encoding="utf-8")
    meanwhile(
        monkeypatch, levels, "ensure", lambda: stock.receive("TEE", "leeds", 5, by=ALICE, now=clock.now()), after=False
    )  # fmt: skip
    assert import_stock(path).verdicts == {"counted": 1}
    assert world.level("TEE", "leeds").on_hand == 12
    assert list(StockEntry.objects.order_by("id").values_list("kind", "on_hand")) == [
        ("receive", 5),
        ("count", 7),
    ]
