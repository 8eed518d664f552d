"""Places: adding one and changing all that is set up of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from trivet.company.actions.revision import bump
from trivet.company.actions.told import OF_A_PLACE, ask_again
from trivet.company.models import ChannelLocation, Location
from trivet.company.queries.facts import place_facts
from trivet.company.rules import PlaceFacts
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, NotFound
from trivet.lib.geo import locate


@transaction.atomic
def add_place(facts: PlaceFacts, *, by: Actor, now: datetime) -> Location:
    """Add a place; :class:`Conflict` when its code is taken, :class:`Invalid` for a field that breaks a rule."""
    facts = facts.located()
    facts.check()
    bump()
    if Location.objects.filter(code=facts.code).exists():
        raise Conflict("there is a place with this code", code=facts.code)
    place = Location.objects.create(**_columns(facts))
    record(
        "place.added", ("place", place.id), by=by, at=now, code=place.code, name=place.name, place_kind=place.kind,
        country=place.country, geo_source=place.geo_source,
    )  # fmt: skip
    return place


@transaction.atomic
def change_place(code: str, facts: PlaceFacts, *, by: Actor, now: datetime) -> Location:
    """Make a place what ``facts`` say; the fact recorded names what differed. A code can change too.

    Coordinates that were found (not given) are found again when the address moves.
    """
    facts = facts.located()
    facts.check()
    bump()
    place = Location.objects.select_for_update().filter(code=code).first()
    if place is None:
        raise NotFound(f"there is no place {code}")
    before = place_facts(place)
    if facts.code != code and Location.objects.filter(code=facts.code).exists():
        raise Conflict("there is a place with this code", code=facts.code)
    if place.geo_source != "given" and (facts.latitude, facts.longitude) == (
        before.latitude,
        before.longitude,
    ):
        facts = replace(facts, latitude=None, longitude=None)
    columns = _columns(facts)
    changed = {name: value for name, value in columns.items() if getattr(place, name) != value}
    if changed:
        Location.objects.filter(id=place.id).update(**changed)
        place.refresh_from_db()
        record("place.changed", ("place", place.id), by=by, at=now, code=place.code, changed=changed)
        if OF_A_PLACE & changed.keys():
            served = ChannelLocation.objects.filter(location=place).select_related("channel")
            ask_again([link.channel for link in served], by=by, now=now)
    return place


def _columns(facts: PlaceFacts) -> dict[str, Any]:
    columns = asdict(facts)
    columns["dispatch_days"] = sorted(facts.dispatch_days)
    if facts.latitude is not None:
        columns["geo_source"] = "given"
        return columns
    found = locate(facts.country, facts.postal_code, facts.city)
    columns["latitude"], columns["longitude"] = found.lat, found.lon
    columns["geo_source"] = found.precision
    return columns
