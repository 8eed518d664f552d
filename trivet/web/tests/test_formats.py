"""Money, counts and times as people of each language write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from trivet.web.shell import formats
from trivet.web.templatetags.trivet_ui import capped, entry_reason, signed


@pytest.mark.parametrize(
    ("language", "minor", "currency", "written"),
    [
        ("vi", 199000, "VND", "199.000\xa0₫"), ("en", 199000, "VND", "₫199,000"), ("en", 1250, "GBP", "£12.50"),
        ("en", -1250, "GBP", "-£12.50"), ("en", 12345, "KWD", "KWD12.345"), ("en", 1234567, "JPY", "JP¥1,234,567"),
        ("en", 150, "IDR", "IDR1.50"), ("en", 100, "IDR", "IDR1.00"),
    ],
)  # fmt: skip
def test_money(language: str, minor: int, currency: str, written: str) -> None:
    with translation.override(language):
        assert formats.money(minor, currency) == written


def test_counts_stop_at_the_cap() -> None:
    with translation.override("en"):
        assert capped(9_999) == "9,999"
        assert capped(10_001) == "10,000+"
        assert signed(3) == "+3"
        assert signed(-3) == "−3"


def test_times_are_relative_for_a_month() -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    with translation.override("en"):
        assert formats.relative(now - timedelta(hours=2), now) == "2 hours ago"
        assert formats.relative(now + timedelta(days=3), now) == "in 3 days"
        assert formats.relative(now - timedelta(days=60), now) == "24 Sept 2026"
        assert formats.exact(now) == "23 Nov 2026, 12:00:00 UTC"
    with translation.override("vi"):
        assert formats.relative(now - timedelta(hours=2), now) == "2 giờ trước"


def test_reasons_of_the_ledger_are_words() -> None:
    assert entry_reason("offline_sale: invoice 577784") == "Sold offline: invoice 577784"
    assert entry_reason("damaged") == "Damaged"
    assert entry_reason("PO 4326, Hallam & Sons") == "PO 4326, Hallam & Sons"


def test_countries_have_names() -> None:
    with translation.override("vi"):
        assert formats.country("VN") == "Việt Nam"
        assert formats.country("GB") == "Vương quốc Anh"
        assert formats.country("QQ") == "QQ"
        assert ("VN", "Việt Nam") in formats.countries()
