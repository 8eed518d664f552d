"""Brands, places and channels as settings pages and selects show them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from trivet.company.models import Brand, Channel, ChannelLocation, Location
from trivet.lib.errors import NotFound


@dataclass(frozen=True, slots=True)
class PlaceOption:
    """A place in a select or a column head."""

    id: UUID
    code: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class ServingPlace:
    """A place that serves a channel; empty ``methods`` or ``countries`` mean all."""

    location: UUID
    code: str
    name: str
    methods: tuple[str, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel, its brand and the places that serve it. ``row`` is the stored channel: read only."""

    row: Channel
    brand: str
    places: tuple[ServingPlace, ...]


def place_options() -> list[PlaceOption]:
    """All places by name; one query."""
    return [
        PlaceOption(*row)
        for row in Location.objects.order_by("name").values_list("id", "code", "name", "active")
    ]


def channel_options() -> list[tuple[str, str]]:
    """All channels as (slug, name); one query."""
    return list(Channel.objects.order_by("name").values_list("slug", "name"))


def brands() -> list[Brand]:
    """All brands by name; one query."""
    return list(Brand.objects.order_by("name"))


def places() -> list[Location]:
    """All places, active first; one query."""
    return list(Location.objects.order_by("-active", "priority", "name"))


def place(code: str) -> Location:
    """One place; :class:`NotFound`."""
    found = Location.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"there is no place {code}")
    return found


def channels() -> list[ChannelView]:
    """All channels with their places; two queries."""
    serving: dict[UUID, list[ServingPlace]] = {}
    for link in ChannelLocation.objects.select_related("location").order_by("location__name"):
        view = ServingPlace(
            link.location_id,
            link.location.code,
            link.location.name,
            tuple(link.methods),
            tuple(link.countries),
        )
        serving.setdefault(link.channel_id, []).append(view)
    found = Channel.objects.select_related("brand").order_by("-active", "name")
    return [ChannelView(c, c.brand.name, tuple(serving.get(c.id, ()))) for c in found]


def channel(slug: str) -> ChannelView:
    """One channel; :class:`NotFound`."""
    found = next((c for c in channels() if c.row.slug == slug), None)
    if found is None:
        raise NotFound(f"there is no channel {slug}")
    return found
