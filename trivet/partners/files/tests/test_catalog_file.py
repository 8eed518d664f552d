"""Products from a file: barcodes by GS1's rule, exact prices, one wrong row never spoils its neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from trivet.partners.files import catalog
from trivet.partners.files.catalog import MappedProduct, barcode_problem
from trivet.partners.files.readers import open_table


def read(tmp_path: Path, head: str, *lines: str) -> list[MappedProduct]:
    path = tmp_path / "catalog.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    table = open_table(path)
    return list(catalog.products(table, catalog.survey(table), "GBP"))


def test_a_full_row(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path,
        "SKU,Title,Product,Barcode,Weight kg,Length mm,HS code,Origin,Price,Currency,Unit cost,Image,Components",
        "TEE-M,Tee M,tee,4006381333931|96385074,0.25,300,6109.10,Vietnam,19.99,USD,4.50,https://example.com/t.png,CUP:2|MAT",
    )
    assert found.facts is not None
    (variant,) = found.facts.variants
    assert (found.facts.handle, found.facts.image) == ("tee", "https://example.com/t.png")
    assert (variant.weight_g, variant.length_mm, variant.hs_code, variant.origin) == (
        250,
        300,
        "610910",
        "VN",
    )
    assert (variant.price_minor, variant.currency, variant.cost_minor) == (1_999, "USD", 450)
    assert variant.barcodes == ("4006381333931", "96385074")
    assert variant.components == (("CUP", 2), ("MAT", 1))


def test_what_is_empty_leaves_what_is_stored(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "sku,title,price,barcode,components", "TEE,,,,")
    assert found.facts is not None
    variant = found.facts.variants[0]
    assert (variant.title, variant.price_minor, variant.currency, variant.barcodes, variant.components) == (
        None,
    ) * 5


def test_rows_of_one_product_are_its_variants(tmp_path: Path) -> None:
    cup, tee = read(tmp_path, "sku,product,title", "A,tee,Tee A", "X,cup,Cup", "B,tee,Tee B", "a,tee,again")
    assert cup.facts is not None
    assert [v.sku for v in cup.facts.variants] == ["X"]
    assert tee.facts is not None
    assert [v.sku for v in tee.facts.variants] == ["A", "B"]
    assert tee.entries[2].error == "row 5, sku: 'a' stands twice"


def test_a_wrong_barcode_is_left_out_with_a_warning(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "sku,barcode", "TEE,4006381333932|4006381333931")
    assert found.facts is not None
    assert found.facts.variants[0].barcodes == ("4006381333931",)
    assert found.entries[0].warnings == [
        "row 2, barcode: 4006381333932 has a wrong check digit: the last must be 1; taken without it"
    ]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("4006381333931", ""), ("036000291452", ""), ("96385074", ""), ("10614141000415", ""), ("X00ABC", ""),
        ("36000291452", "11 digits"), ("00000000", "all zeros"), ("00002", "5 digits"), ("3.01762E+12", "spreadsheet"),
        ("00000000001111111111", "20 digits"), ("000001511", "9 digits"),
    ],
)  # fmt: skip
def test_barcodes(code: str, problem: str) -> None:
    assert problem in barcode_problem(code)
    assert bool(problem) == bool(barcode_problem(code))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",1,,", "row 2, sku: is empty"), ("TEE,1.9999,,", "row 2, price: '1.9999' has more decimals"),
        ("TEE,,heavy,", "row 2, weight_g: 'heavy' is not a number"), ("TEE,,,CUP:x", "row 2, components: write SKU:UNITS"),
        ("TEE,,-5,", "row 2, weight_g"), ("TEE,1,2,3,4", "row 2: has more cells"),
    ],
)  # fmt: skip
def test_errors_name_row_and_column(tmp_path: Path, row: str, message: str) -> None:
    found = read(tmp_path, "sku,price,weight,components", row, "CUP,,,")
    entries = [e for product in found for e in product.entries if e.row == 2]
    assert entries[0].error.startswith(message)
    assert any(p.facts is not None and p.facts.variants[0].sku == "CUP" for p in found)
