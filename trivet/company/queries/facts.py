"""What is set up, as the values that set-up verbs take: read, replace a field, write."""

from __future__ import annotations

from dataclasses import fields

from trivet.company.models import Channel, Location
from trivet.company.rules import ChannelFacts, PlaceFacts
from trivet.lib.errors import NotFound


def place_facts(place: Location) -> PlaceFacts:
    """A stored place as a value."""
    values = {f.name: getattr(place, f.name) for f in fields(PlaceFacts)}
    return PlaceFacts(**{**values, "dispatch_days": tuple(place.dispatch_days)})


def channel_facts(slug: str) -> ChannelFacts:
    """A stored channel as a value; :class:`NotFound`."""
    channel = Channel.objects.select_related("brand").filter(slug=slug).first()
    if channel is None:
        raise NotFound(f"there is no channel {slug}")
    values = {f.name: getattr(channel, f.name) for f in fields(ChannelFacts) if f.name != "brand"}
    return ChannelFacts(brand=channel.brand.slug, **values)
