"""Finding a stock level by what people call it (SKU and code of the place), and whose units a promise keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trivet.catalog.queries import variants_by_sku
from trivet.catalog.rules import sku_key
from trivet.company.models import Location
from trivet.inventory.models import Allocation, Reservation, ReservationLine
from trivet.lib.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Spot:
    """One SKU at one place."""

    variant: UUID
    location: UUID
    sku: str
    place: str

    @property
    def key(self) -> tuple[UUID, UUID]:
        """As levels are keyed."""
        return self.variant, self.location


def spot(sku: str, place: str) -> Spot:
    """A plain SKU (in any case) at a place. :class:`NotFound`; :class:`Invalid` for a bundle: none is stocked."""
    variant = variants_by_sku([sku]).get(sku_key(sku))
    if variant is None:
        raise NotFound(f"there is no SKU {sku}", field="sku")
    if variant.is_bundle:
        raise Invalid("sku", f"{variant.sku} is a bundle: stock is kept of its components")
    location = Location.objects.filter(code=place).values_list("id", flat=True).first()
    if location is None:
        raise NotFound(f"there is no place {place}", field="place")
    return Spot(variant.id, location, variant.sku, place)


def lapsed_reservations(now: datetime, limit: int) -> list[UUID]:
    """Active reservations whose time is over, oldest first; one query."""
    due = Reservation.objects.filter(state="active", expires_at__lte=now).order_by("expires_at")
    return list(due.values_list("id", flat=True)[:limit])


def reserved_variants(reservations: Iterable[UUID]) -> list[UUID]:
    """Components that reservations keep; one query."""
    found = ReservationLine.objects.filter(reservation__in=list(reservations))
    return list(found.order_by("variant_id").values_list("variant_id", flat=True).distinct())


def allocated_variants(order: UUID) -> list[UUID]:
    """Components that an order holds; one query."""
    found = Allocation.objects.filter(order=order, quantity__gt=0)
    return list(found.order_by("variant_id").values_list("variant_id", flat=True).distinct())
