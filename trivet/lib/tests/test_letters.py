"""Capitals letter by letter, and accents composed."""

from __future__ import annotations

import pytest

from trivet.lib.letters import capitals, composed


@pytest.mark.parametrize("text", ["straße", "ŉ", "ǰ", "ﬁ", "ΐ", "tee-1", "İı"])
def test_capitals_never_change_the_number_of_letters(text: str) -> None:
    assert len(capitals(text)) == len(text) and capitals(capitals(text)) == capitals(text)


def test_what_looks_the_same_is_the_same() -> None:
    assert composed("e\u0301") == "é" and capitals("đường ı ß") == "ĐƯỜNG I ß"
