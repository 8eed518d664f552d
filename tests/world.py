"""The small named world of the tests: one brand, four places, a web channel, a few SKUs with stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.catalog.models import BundleComponent, Product, Variant
from trivet.company.models import Brand, Channel, ChannelLocation, Location, Revision
from trivet.inventory.models import StockEntry, StockLevel
from trivet.journal.models import FeedHead
from trivet.journal.rules import Actor
from trivet.lib import clock, ids
from trivet.orders.rules.value import Address, NewLine, NewOrder, NewShipping, Person

ALICE = Actor("user", "alice", "Alice")

PLACES = {
    "london": (51.5, -0.12, "E1 6AN"), "leeds": (53.8, -1.55, "LS1 1AA"),
    "glasgow": (55.86, -4.25, "G1 1AA"), "bristol": (51.45, -2.59, "BS1 1AA"),
}  # fmt: skip


@dataclass
class World:
    """What was built, by name."""

    channel: Channel
    places: dict[str, Location]
    variants: dict[str, Variant] = field(default_factory=dict)

    def sku(self, sku: str, stock: Mapping[str, int] | None = None, **more: Any) -> Variant:
        """A variant with opening stock by place; the ledger says so too."""
        product = Product.objects.create(handle=sku.lower(), title=sku.title(), created_at=clock.now())
        variant = Variant.objects.create(
            product=product, sku=sku, title=sku.title(), created_at=clock.now(), **{"weight_g": 250, **more}
        )
        for place, quantity in (stock or {}).items():
            self.stock(variant, place, quantity)
        self.variants[sku] = variant
        return variant

    def stock(self, variant: Variant, place: str, quantity: int) -> None:
        """Opening stock with its ledger entry."""
        location = self.places[place]
        StockLevel.objects.create(variant=variant, location=location, on_hand=quantity)
        StockEntry.objects.create(
            variant=variant, location=location, at=clock.now(), kind="open", on_hand=quantity, cause_kind="test",
            cause_id=ids.new_id(), actor_label="test",
        )  # fmt: skip

    def bundle(self, sku: str, parts: Mapping[str, int]) -> Variant:
        """A bundle of variants that exist."""
        variant = self.sku(sku, is_bundle=True, weight_g=None)
        for part, quantity in parts.items():
            BundleComponent.objects.create(parent=variant, child=self.variants[part], quantity=quantity)
        return variant

    def level(self, sku: str, place: str) -> StockLevel:
        """The level now."""
        return StockLevel.objects.get(variant=self.variants[sku], location=self.places[place])


def build(now: datetime | None = None) -> World:
    """The world, freshly built in the test's database."""
    brand = Brand.objects.create(slug="lantern", name="Lantern & Lace")
    channel = Channel.objects.create(
        brand=brand, slug="web", name="Web shop", currency="GBP", on_shortage="refuse"
    )
    places = {}
    for n, (code, (lat, lon, postcode)) in enumerate(PLACES.items()):
        places[code] = Location.objects.create(
            code=code, name=code.title(), country="GB", postal_code=postcode, latitude=lat, longitude=lon,
            timezone="Europe/London", priority=10 + n,
        )  # fmt: skip
        ChannelLocation.objects.create(channel=channel, location=places[code])
    # Emptying tables between tests takes the rows that migrations put there; processes cache by revision.
    Revision.objects.update_or_create(id=1, defaults={"number": int(clock.now().timestamp() * 1_000_000)})
    FeedHead.objects.update_or_create(id=1, defaults={"position": 0})
    return World(channel, places)


def order(
    external_id: str,
    lines: Mapping[str, int],
    *,
    to: tuple[str, str, str] = ("Leeds", "LS2 7EW", "GB"),
    **more: Any,
) -> NewOrder:
    """An order of SKUs at 5.00 each, to Leeds unless said otherwise."""
    city, postal_code, country = to
    return NewOrder(
        **{
            "channel": "web", "external_id": external_id, "placed_at": clock.now(), "currency": "GBP",
            "lines": tuple(NewLine(str(n), sku, sku, quantity, 500) for n, (sku, quantity) in enumerate(lines.items(), 1)),
            "customer": Person(email=f"{external_id}@example.com", name="Lan Pham"),
            "ship_to": Address(name="Lan Pham", line1="1 Mill St", city=city, postal_code=postal_code, country=country),
            "shipping": NewShipping("standard", 300),
            **more,
        }
    )  # fmt: skip


def totals(variant: UUID) -> dict[str, int]:
    """Sums over all places of a variant's counters."""
    found = StockLevel.objects.filter(variant=variant)
    return {
        name: sum(getattr(row, name) for row in found)
        for name in ("on_hand", "reserved", "allocated", "available")
    }
