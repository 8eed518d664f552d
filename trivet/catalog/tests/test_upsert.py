"""Products in bulk: added, changed, left alone or refused, each by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from trivet.catalog.actions import upsert_products
from trivet.catalog.models import Barcode, BundleComponent, UnitCost, Variant
from trivet.catalog.queries import components, variant_by_barcode, variants_by_sku
from trivet.catalog.queries.desk import product_list, product_of, product_view
from trivet.catalog.rules import ProductFacts, VariantFacts
from trivet.journal.models import Event
from trivet.journal.rules import SYSTEM
from trivet.lib.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MUG = ProductFacts(
    "mug", "Mug", variants=(
        VariantFacts(
            "MUG-R", "Mug red", weight_g=300, price_minor=900, currency="GBP", barcodes=("4006381333931",),
            cost_minor=310,
        ),
    ),
)  # fmt: skip
CARD = ProductFacts("card", "Card", variants=(VariantFacts("CARD", price_minor=250, currency="GBP"),))


def put(*items: ProductFacts) -> list[str]:
    return [v.outcome for v in upsert_products(items, by=SYSTEM, now=NOW, at="products")]


def test_the_same_twice_changes_nothing() -> None:
    assert put(MUG, CARD) == ["created", "created"]
    n = Event.objects.count()
    assert put(MUG, CARD) == ["unchanged", "unchanged"]
    assert Event.objects.count() == n == 2
    assert UnitCost.objects.get().valid_from == date(2026, 11, 23)


def test_only_what_is_given_changes() -> None:
    put(MUG)
    assert put(ProductFacts("mug", variants=(VariantFacts("mug-r", price_minor=950),))) == ["updated"]
    view = product_view("mug").variants[0]
    assert (view.row.sku, view.row.price_minor, view.row.weight_g, view.barcodes) == (
        "MUG-R", 950, 300, ("4006381333931",)
    )  # fmt: skip
    changed = Event.objects.filter(kind="product.changed").get().facts
    assert changed["variants"] == {"MUG-R": {"price_minor": 950}}


def test_what_a_million_units_cost_can_still_be_counted() -> None:
    dear = VariantFacts("GEM", "Gem", cost_minor=10**12, cost_currency="VND")
    dear.check("variants[0]")
    with pytest.raises(Invalid, match="minor units"):
        VariantFacts("GEM", "Gem", cost_minor=10**12 + 1, cost_currency="VND").check("variants[0]")
    assert 10**12 * 1_000_000 < 2**63


def test_a_new_variant_of_a_known_product_is_a_change() -> None:
    put(MUG)
    assert put(ProductFacts("mug", variants=(VariantFacts("MUG-B", "Mug blue"),))) == ["updated"]
    assert product_of("mug-b") == "mug"
    assert variants_by_sku(["mug-b "])["MUG-B"].title == "Mug blue"


def test_a_wrong_product_is_refused_alone() -> None:
    wrong = ProductFacts("pen", "Pen", variants=(VariantFacts("PEN", barcodes=("4006381333932",)),))
    verdicts = upsert_products([MUG, wrong, CARD], by=SYSTEM, now=NOW, at="products")
    assert [v.outcome for v in verdicts] == ["created", "refused", "created"]
    error = verdicts[1].error
    assert isinstance(error, Invalid) and error.field == "products[1].variants[0].barcodes[0]"
    assert not variants_by_sku(["PEN"])


def test_skus_and_barcodes_belong_to_one() -> None:
    put(MUG)
    stolen = ProductFacts("cup", variants=(VariantFacts("mug-r"),))
    scanned = ProductFacts("cup", variants=(VariantFacts("CUP", barcodes=("4006381333931",)),))
    for item in (stolen, scanned):
        (verdict,) = upsert_products([item], by=SYSTEM, now=NOW)
        assert isinstance(verdict.error, Conflict)
    assert put(MUG, ProductFacts("mug", "Twice")) == ["unchanged", "refused"]
    found = variant_by_barcode("4006381333931")
    assert found is not None and found.sku == "MUG-R"
    assert Variant.objects.count() == Barcode.objects.count() == 1


def bundle(handle: str, *parts: tuple[str, int]) -> ProductFacts:
    return ProductFacts(handle, variants=(VariantFacts(handle.upper(), components=parts),))


def test_bundles_come_in_with_what_they_hold_in_any_order() -> None:
    assert (
        put(bundle("crate", ("BOX", 4)), bundle("box", ("MUG-R", 2), ("CARD", 1)), MUG, CARD)
        == ["created"] * 4
    )
    rows = variants_by_sku(["CRATE", "MUG-R", "CARD"])
    assert components([rows["CRATE"].id])[rows["CRATE"].id] == {rows["MUG-R"].id: 8, rows["CARD"].id: 4}
    assert rows["CRATE"].is_bundle
    assert put(bundle("box", ("MUG-R", 2), ("CARD", 1))) == ["unchanged"]
    assert put(bundle("box", ("MUG-R", 3))) == ["updated"]
    assert put(bundle("box")) == ["updated"] and not variants_by_sku(["BOX"])["BOX"].is_bundle


def test_a_circle_of_bundles_is_refused_whole() -> None:
    put(MUG, bundle("box", ("MUG-R", 1)), bundle("crate", ("BOX", 1)))
    assert put(bundle("box", ("CRATE", 1))) == ["refused"]
    assert BundleComponent.objects.count() == 2
    assert put(bundle("a", ("B", 1)), bundle("b", ("NOWHERE", 1))) == ["refused", "refused"]


def test_products_are_found_by_title_sku_and_barcode() -> None:
    put(MUG, CARD)
    for text in ("mu", "mug-r", "4006381333931"):
        assert [row.handle for row in product_list(text).rows] == ["mug"]
    first = product_list(limit=1)
    assert first.next_cursor and len(product_list(cursor=first.next_cursor).rows) == 1


@pytest.mark.parametrize("letter", ["ß", "ŉ", "ǰ", "ﬁ", "ı", "ς", "µ", "ÿ", "e\u0301", "ΐ"])
def test_a_catalogue_with_odd_letters_changes_nothing_the_second_time(letter: str) -> None:
    item = ProductFacts("odd", "Odd", variants=(VariantFacts(f"a{letter}-1"),))
    assert put(item) == ["created"] and put(item) == ["unchanged"]
    assert put(ProductFacts("odd", variants=(VariantFacts(f"A{letter}-1"),))) == ["unchanged"]
    assert product_of(f"A{letter}-1") == "odd" and product_list(f"a{letter}").rows[0].handle == "odd"


def test_a_sharp_s_is_not_two() -> None:
    sharp = ProductFacts("sharp", "Sharp", variants=(VariantFacts("STRAßE-1"),))
    double = ProductFacts("double", "Double", variants=(VariantFacts("STRASSE-1"),))
    assert put(sharp, double) == ["created", "created"] and put(sharp, double) == ["unchanged", "unchanged"]
    found = variants_by_sku(["straße-1", "strasse-1"])
    assert sorted(row.sku for row in found.values()) == ["STRASSE-1", "STRAßE-1"]


def test_a_sku_is_stored_composed() -> None:
    assert put(ProductFacts("cafe", variants=(VariantFacts("CAFE\u0301"),))) == ["created"]
    assert Variant.objects.get().sku == "CAF\u00c9"
    assert put(ProductFacts("cafe", variants=(VariantFacts("caf\u00e9"),))) == ["unchanged"]
