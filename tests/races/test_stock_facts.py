"""Limits and counts that are set while somebody else is at the same rows, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.races.test_desk import until_blocked
from tests.races.test_intake_races import at_once
from tests.races.test_stock_races import meanwhile
from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order
from trivet.flows import cancel, jobs, stock
from trivet.flows.imports import import_stock, levels
from trivet.flows.intake import place, prepare
from trivet.flows.intake.place_many import place_many
from trivet.inventory.actions import facts
from trivet.inventory.models import BackorderLimit, StockEntry
from trivet.lib import clock
from trivet.orders.models import OrderLine

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
            assert not isinstance(place_many(late, now=clock.now())[0], Exception)
            setting = pool.submit(
                elsewhere(lambda: stock.set_backorder_limit("SHIRT", None, 10, None, **me()))
            )
            until_blocked()
        setting.result(timeout=20)
    assert BackorderLimit.objects.get().taken == 8


def test_who_comes_to_the_queue_while_it_is_looked_at_is_served_by_the_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shirt = world.sku("SHIRT", {"leeds": 0})
    late = prepare(order("1", {"SHIRT": 1}, on_shortage="backorder"), actor=ALICE)
    meanwhile(monkeypatch, facts, "set_count", lambda: place(late), after=False)
    stock.set_count("SHIRT", "leeds", 1, **me())
    assert OrderLine.objects.get().backordered == 1
    job = ProcrastinateJob.objects.get(task_name="backorders.fill", args={"variants": [str(shirt.id)]})
    jobs.fill_backorders.func(**job.args)
    assert OrderLine.objects.get().allocated == 1


def test_a_cancellation_and_a_receipt_meet_at_the_same_orders(world: World) -> None:
    """Both lock all order rows that they touch in one order, so neither waits for the other in a circle."""
    world.sku("SHIRT", {"leeds": 3})
    rows = [placed(order(f"have-{n}", {"SHIRT": 1})) for n in range(3)]
    for n in range(6):
        placed(order(f"wait-{n}", {"SHIRT": 1}, on_shortage="backorder"))
    work: list[Callable[[], Any]] = [
        lambda row=row: cancel.cancel(row.id, None, reason="customer", **me())  # type: ignore[misc]
        for row in rows
    ]
    work += [lambda: stock.receive("SHIRT", "leeds", 1, **me()) for _ in range(3)]
    assert [found for found in at_once(work, threads=6) if isinstance(found, Exception)] == []
    assert set(OrderLine.objects.filter(order__external_id__startswith="wait").values_list("allocated")) == {
        (1,)
    }


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
