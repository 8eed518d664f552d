"""Channels and which places serve them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from trivet.company.actions.revision import bump
from trivet.company.actions.told import OF_A_CHANNEL, ask_again
from trivet.company.models import Brand, Channel, ChannelLocation, Location
from trivet.company.rules import ChannelFacts, is_country
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, Invalid, NotFound


@transaction.atomic
def add_channel(facts: ChannelFacts, *, by: Actor, now: datetime) -> Channel:
    """Add a channel. No place serves it yet (see :func:`serve`). :class:`Conflict` when the slug is taken."""
    facts.check()
    bump()
    if Channel.objects.filter(slug=facts.slug).exists():
        raise Conflict("there is a channel with this slug", slug=facts.slug)
    channel = Channel.objects.create(**_columns(facts))
    record(
        "channel.added", ("channel", channel.id), by=by, at=now, slug=channel.slug, name=channel.name,
        channel_kind=channel.kind, currency=channel.currency, brand=facts.brand,
    )  # fmt: skip
    return channel


@transaction.atomic
def change_channel(slug: str, facts: ChannelFacts, *, by: Actor, now: datetime) -> Channel:
    """Make a channel what ``facts`` say. The slug stays: customers' identifiers and API clients carry it."""
    facts.check()
    bump()
    channel = Channel.objects.select_for_update().filter(slug=slug).first()
    if channel is None:
        raise NotFound(f"there is no channel {slug}")
    if facts.slug != slug:
        raise Invalid("slug", "cannot change")
    columns = _columns(facts)
    changed = {name: value for name, value in columns.items() if getattr(channel, name) != value}
    if changed:
        Channel.objects.filter(id=channel.id).update(**changed)
        channel.refresh_from_db()
        record("channel.changed", ("channel", channel.id), by=by, at=now, slug=slug, changed=changed)
        if OF_A_CHANNEL & changed.keys():
            ask_again([channel], by=by, now=now)
    return channel


@transaction.atomic
def serve(
    channel: str, location: str, methods: Sequence[str] = (), countries: Sequence[str] = (),
    *, by: Actor, now: datetime,
) -> ChannelLocation:  # fmt: skip
    """Let a place (by code) serve a channel (by slug), or change how. Empty lists mean all."""
    for n, country in enumerate(countries):
        if not is_country(country):
            raise Invalid(f"countries[{n}]", "must be a country code of two capitals (ISO 3166-1)")
    for n, method in enumerate(methods):
        if not 0 < len(method.strip()) <= 100:
            raise Invalid(f"methods[{n}]", "must have 1 to 100 characters")
    bump()
    found, place = _channel(channel), _place(location)
    wanted = {"methods": sorted(set(methods)), "countries": sorted(set(countries))}
    link = ChannelLocation.objects.filter(channel=found, location=place).first()
    if link is not None and (link.methods, link.countries) == (wanted["methods"], wanted["countries"]):
        return link
    link, _ = ChannelLocation.objects.update_or_create(channel=found, location=place, defaults=wanted)
    record("channel.served", ("channel", found.id), by=by, at=now, slug=channel, place=location, **wanted)
    ask_again([found], by=by, now=now)
    return link


@transaction.atomic
def stop_serving(channel: str, location: str, *, by: Actor, now: datetime) -> None:
    """End a place's opt-in. Orders that it has already are not moved."""
    bump()
    found, place = _channel(channel), _place(location)
    gone, _ = ChannelLocation.objects.filter(channel=found, location=place).delete()
    if gone:
        record("channel.unserved", ("channel", found.id), by=by, at=now, slug=channel, place=location)
        ask_again([found], by=by, now=now)


def _columns(facts: ChannelFacts) -> dict[str, Any]:
    brand = Brand.objects.filter(slug=facts.brand).values_list("id", flat=True).first()
    if brand is None:
        raise Invalid("brand", f"there is no brand {facts.brand!r}")
    columns = asdict(facts)
    del columns["brand"]
    return {**columns, "brand_id": brand}


def _channel(slug: str) -> Channel:
    found = Channel.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound(f"there is no channel {slug}")
    return found


def _place(code: str) -> Location:
    found = Location.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"there is no place {code}")
    return found
