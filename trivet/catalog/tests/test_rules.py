"""Check digits and bundles without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.catalog.rules import check_barcode, clean, explode, gtin_check_digit, is_gtin, line_key, sku_key
from trivet.lib.errors import Invalid


@pytest.mark.parametrize("code", ["4006381333931", "036000291452", "96385074", "10614141000415"])
def test_known_gtins_are_right(code: str) -> None:
    assert is_gtin(code)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(body: str, at: int, by: int) -> None:
    code = body + str(gtin_check_digit(body))
    wrong = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]
    assert is_gtin(code) and not is_gtin(wrong)


def test_a_shops_own_label_is_a_barcode_too() -> None:
    assert check_barcode("barcode", " SHELF-7 ") == "SHELF-7"
    with pytest.raises(Invalid, match="must be 1"):
        check_barcode("barcode", "4006381333932")


def test_nested_bundles_unfold_to_plain_units() -> None:
    parts = {"set": [("box", 2), ("card", 1)], "box": [("cup", 3), ("card", 1)]}
    assert explode("set", parts) == {"cup": 6, "card": 3}
    assert explode("cup", parts) == {"cup": 1}


def test_a_bundle_cannot_hold_itself() -> None:
    with pytest.raises(Invalid, match="itself"):
        explode("a", {"a": [("b", 1)], "b": [("c", 1)], "c": [("a", 1)]})


@given(st.text())
def test_the_key_of_a_key_is_the_key(text: str) -> None:
    assert sku_key(sku_key(text)) == sku_key(text) == sku_key(clean(text))


def test_a_title_is_never_taken_for_a_sku() -> None:
    assert line_key(" tee-1", "Tee") == "TEE-1"
    assert line_key("", "Gift  wrap ") == line_key(" ", "GIFT WRAP") != line_key("gift wrap", "")
    assert line_key("\ngift wrap", "") != line_key("", "gift wrap")
