"""A shop's own products from a file: row by row, exact, again without effect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from tests.world import World, build
from trivet.catalog.models import Barcode, BundleComponent, Product, UnitCost, Variant
from trivet.flows.imports import import_catalog, past_imports
from trivet.journal.models import Event
from trivet.lib.errors import Invalid

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "sku,product,title,barcode,weight_g,price,unit_cost,components"
ROWS = (
    "KIT,,Tea for two,,,25.00,,CUP:2|TEA",
    "CUP,,Cup,4006381333931,300,7.50,2.10,",
    "TEA,,Tea,96385074|5012345678900,100,4.99,1.00,",
    "TEE-S,tee,Tee S,,200,19.99,,",
    "TEE-M,tee,Tee M,4006381333932,210,19.99,,",
)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    return build()


def written(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "catalog.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_products_variants_bundles_barcodes_and_costs(world: World, tmp_path: Path) -> None:
    report = import_catalog(written(tmp_path, *ROWS))
    assert report.verdicts == {"created": 5}
    assert report.products == {"created": 4}
    assert (report.warnings, report.reasons) == (1, {"created:bad_barcode": 1})
    cup = Variant.objects.get(sku="CUP")
    assert (cup.weight_g, cup.price_minor, cup.currency) == (300, 750, "GBP")
    assert set(Barcode.objects.values_list("code", flat=True)) == {
        "4006381333931",
        "96385074",
        "5012345678900",
    }
    assert dict(UnitCost.objects.values_list("variant__sku", "minor")) == {"CUP": 210, "TEA": 100}
    assert set(BundleComponent.objects.values_list("child__sku", "quantity")) == {("CUP", 2), ("TEA", 1)}
    assert Product.objects.get(handle="tee").title == "Tee S"


def test_again_changes_nothing_and_a_change_changes_one(world: World, tmp_path: Path) -> None:
    import_catalog(written(tmp_path, *ROWS))
    facts = Event.objects.filter(kind__startswith="product.").count()
    assert import_catalog(written(tmp_path, *ROWS)).verdicts == {"unchanged": 5}
    assert Event.objects.filter(kind__startswith="product.").count() == facts
    report = import_catalog(written(tmp_path, *(row.replace("7.50", "8.00") for row in ROWS)))
    assert report.verdicts == {"unchanged": 4, "updated": 1}
    assert Variant.objects.get(sku="CUP").price_minor == 800


def test_the_same_cost_on_a_later_day_changes_nothing(world: World, tmp_path: Path) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        import_catalog(written(tmp_path, *ROWS))
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC)):
        assert import_catalog(written(tmp_path, *ROWS)).verdicts == {"unchanged": 5}
        dearer = import_catalog(written(tmp_path, *(row.replace("2.10", "2.20") for row in ROWS)))
    assert dearer.verdicts == {"unchanged": 4, "updated": 1}
    assert UnitCost.objects.filter(variant__sku="CUP").count() == 2


def test_a_dry_run_writes_nothing(world: World, tmp_path: Path) -> None:
    report = import_catalog(written(tmp_path, *ROWS), dry_run=True)
    assert report.verdicts == {"created": 5}
    assert not Product.objects.exists()
    assert not Event.objects.exists()
    assert not past_imports().rows


def test_wrong_rows_are_skipped_by_themselves(world: World, tmp_path: Path) -> None:
    rows = [
        "A,,Ant,,1,1.999,,",
        "B,,Bee,,1,1.99,,",
        "C,,Cat,,1,1,,NONE:1",
        "D,,Dog,5012345678900,1,1,,",
        "E,,Elk,5012345678900,1,1,,",
    ]
    report = import_catalog(written(tmp_path, *rows))
    assert report.verdicts == {"created": 2, "skipped": 3}
    assert report.failed
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["B", "D"]
    messages = {row[0]: row[5] for row in report.rows_told()}
    assert messages[2].startswith("row 2, price: '1.999' has more decimals")
    assert "there is no SKU NONE" in messages[4]
    assert "another SKU's" in messages[6]


def test_money_needs_a_currency(world: World, tmp_path: Path) -> None:
    world.channel.delete()
    report = import_catalog(written(tmp_path, "A,,Ant,,1,1.99,,", "B,,Bee,,1,,,"))
    assert report.verdicts == {"created": 1, "skipped": 1}
    assert import_catalog(written(tmp_path, "A,,Ant,,1,1.99,,"), currency="USD").verdicts == {"created": 1}
    with pytest.raises(Invalid, match="ISO 4217"):
        import_catalog(written(tmp_path, "A,,Ant,,1,1.99,,"), currency="XXQ")
