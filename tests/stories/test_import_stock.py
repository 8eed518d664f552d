"""Counted stock from a file: sets what is there, feeds who waits, opens a case where orders hold more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import ALICE, World, build, order
from trivet.flows.imports import import_stock
from trivet.flows.intake import place_group, prepare
from trivet.inventory.models import StockEntry, StockLevel
from trivet.journal.models import ExceptionItem
from trivet.lib.errors import Invalid
from trivet.orders.models import OrderLine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    return build()


def written(tmp_path: Path, *rows: str, head: str = "sku,location,quantity") -> Path:
    path = tmp_path / "stock.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_opening_stock_and_a_recount(world: World, tmp_path: Path) -> None:
    world.sku("TEE")
    world.sku("CUP")
    report = import_stock(written(tmp_path, "tee,leeds,5", "TEE,london,7", "CUP,leeds,0"))
    assert report.verdicts == {"opened": 3}
    assert world.level("TEE", "leeds").on_hand == 5
    again = import_stock(written(tmp_path, "tee,leeds,5", "TEE,london,7", "CUP,leeds,0"))
    assert again.verdicts == {"unchanged": 3}
    recount = import_stock(written(tmp_path, "tee,leeds,3", "TEE,london,7"))
    assert recount.verdicts == {"counted": 1, "unchanged": 1}
    assert Counter(StockEntry.objects.values_list("kind", "on_hand")) == {
        ("open", 5): 1, ("open", 7): 1, ("count", -2): 1,
    }  # fmt: skip


def test_wrong_rows_say_why(world: World, tmp_path: Path) -> None:
    world.sku("TEE")
    world.bundle("KIT", {"TEE": 2})
    report = import_stock(
        written(
            tmp_path, "TEE,leeds,1", "TEE,moon,1", "NONE,leeds,1", "KIT,leeds,1", "TEE,leeds,x", "tee,leeds,2"
        )
    )
    assert report.verdicts == {"opened": 1, "skipped": 5}
    assert [row[2] for row in report.rows_told()] == [
        "", "unknown_place", "unknown_sku", "bundle", "bad_value", "bad_value",
    ]  # fmt: skip
    assert StockLevel.objects.get().on_hand == 1


def test_a_dry_run_writes_nothing(world: World, tmp_path: Path) -> None:
    world.sku("TEE")
    report = import_stock(written(tmp_path, "TEE,leeds,5"), dry_run=True)
    assert report.verdicts == {"opened": 1}
    assert not StockLevel.objects.exists()
    assert not StockEntry.objects.exists()


def test_one_place_for_a_file_without_places(world: World, tmp_path: Path) -> None:
    world.sku("TEE")
    path = written(tmp_path, "TEE,4", head="SKU,On hand")
    assert import_stock(path).verdicts == {"skipped": 1}
    assert import_stock(path, location="bristol").verdicts == {"opened": 1}
    with pytest.raises(Invalid, match="no place"):
        import_stock(path, location="moon")


def test_a_count_below_what_is_promised_opens_a_case_and_a_higher_one_settles_it(
    world: World, tmp_path: Path
) -> None:
    world.sku("TEE", {"leeds": 5})
    place_group([prepare(order("1", {"TEE": 4}), actor=ALICE)])
    import_stock(written(tmp_path, "TEE,leeds,1"))
    assert world.level("TEE", "leeds").shortfall == 3
    assert ExceptionItem.objects.get(kind="shortfall").state == "open"
    import_stock(written(tmp_path, "TEE,leeds,4"))
    assert ExceptionItem.objects.get(kind="shortfall").state == "resolved"


def test_stock_that_comes_in_serves_who_waits(world: World, tmp_path: Path) -> None:
    world.sku("TEE", {"leeds": 1})
    place_group([prepare(order("1", {"TEE": 4}, on_shortage="backorder"), actor=ALICE)])
    assert OrderLine.objects.get().backordered > 0
    import_stock(written(tmp_path, "TEE,leeds,9"))
    line = OrderLine.objects.get()
    assert (line.backordered, line.allocated) == (0, 4)
