"""A channel's own names for SKUs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trivet.catalog.actions import map_listing, unmap_listing, upsert_products
from trivet.catalog.queries import variants_by_sku, variants_called, variants_on
from trivet.catalog.queries.desk import listings
from trivet.catalog.rules import ProductFacts, VariantFacts, line_key
from trivet.company.actions import add_brand, add_channel
from trivet.company.rules import ChannelFacts
from trivet.journal.rules import SYSTEM
from trivet.lib.errors import Invalid, NotFound

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_mapping_beats_the_own_sku_and_can_move() -> None:
    add_brand("b", "B", by=SYSTEM, now=NOW)
    channel = add_channel(ChannelFacts("web", "Web", "b", "GBP"), by=SYSTEM, now=NOW).id
    upsert_products(
        [ProductFacts("p", variants=(VariantFacts("RED"), VariantFacts("BLUE")))], by=SYSTEM, now=NOW
    )
    own = variants_by_sku(["RED", "BLUE"])
    assert map_listing(channel, "red", own["BLUE"].id, by=SYSTEM, now=NOW)
    assert not map_listing(channel, "RED", own["BLUE"].id, by=SYSTEM, now=NOW)
    assert variants_on(channel, ["Red"])["RED"].sku == "BLUE"
    assert map_listing(channel, "x-1", own["RED"].id, by=SYSTEM, now=NOW)
    page = listings("web", limit=1)
    assert [r.external_sku for r in page.rows + listings("web", page.next_cursor).rows] == ["red", "x-1"]
    unmap_listing(channel, "RED", by=SYSTEM, now=NOW)
    assert variants_on(channel, ["Red"])["RED"].sku == "RED"
    with pytest.raises(NotFound):
        unmap_listing(channel, "RED", by=SYSTEM, now=NOW)


def test_what_has_no_sku_is_mapped_by_its_title() -> None:
    add_brand("b", "B", by=SYSTEM, now=NOW)
    channel = add_channel(ChannelFacts("web", "Web", "b", "GBP"), by=SYSTEM, now=NOW).id
    upsert_products([ProductFacts("wrap", variants=(VariantFacts("WRAP"),))], by=SYSTEM, now=NOW)
    wrap = variants_by_sku(["WRAP"])["WRAP"].id
    assert map_listing(channel, "", wrap, title="Gift wrap", by=SYSTEM, now=NOW)
    assert not map_listing(channel, " ", wrap, title="GIFT  WRAP", by=SYSTEM, now=NOW)
    assert variants_called(channel, [line_key("", "gift wrap"), line_key("gift wrap", "")]).keys() == {
        "\nGIFT WRAP"
    }
    assert [(r.external_sku, r.title) for r in listings("web").rows] == [("", "Gift wrap")]
    for sku, title in (("", " "), ("x" * 501, "")):
        with pytest.raises(Invalid):
            map_listing(channel, sku, wrap, title=title, by=SYSTEM, now=NOW)
    unmap_listing(channel, "", title="gift wrap", by=SYSTEM, now=NOW)
    assert not listings("web").rows
