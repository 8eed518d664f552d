"""The set-up: brands, places, channels, routing policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Count, Flag, Instant, Name, Signed, Slug, Text, not_null
from trivet.company.actions import (
    add_brand,
    add_channel,
    add_place,
    change_channel,
    change_place,
    rename_brand,
    serve,
    stop_serving,
)
from trivet.company.queries import desk
from trivet.company.queries.facts import channel_facts, place_facts
from trivet.company.rules import ChannelFacts, PlaceFacts
from trivet.flows.policy import change_policy
from trivet.lib import clock
from trivet.routing.queries.desk import policies
from trivet.routing.queries.trial import tried
from trivet.routing.rules import BOUNDS

router = Router(tags=["settings"])
view, edit = BearerKey("settings.view"), BearerKey("settings.edit")


class BrandOut(Schema):
    """A name that customers know."""

    id: UUID
    slug: str
    name: str


class BrandIn(Body):
    """A new brand."""

    slug: Slug
    name: Name


class BrandChange(Body):
    """What may change of a brand."""

    name: Name


@router.get("/brands", auth=view, response=list[BrandOut], summary="Brands")
def list_brands(request: HttpRequest) -> list[Any]:
    """All brands by name."""
    return desk.brands()


@router.post("/brands", auth=edit, response={201: BrandOut}, summary="Add a brand")
def post_brand(request: HttpRequest, body: BrandIn) -> Status[Any]:
    """409 when the slug is taken."""
    brand = add_brand(body.slug, body.name, by=caller_of(request).actor, now=clock.now())
    return Status(201, brand)


@router.patch("/brands/{str:slug}", auth=edit, response=BrandOut, summary="Rename a brand")
def patch_brand(request: HttpRequest, slug: str, body: BrandChange) -> Any:
    """The slug stays."""
    return rename_brand(slug, body.name, by=caller_of(request).actor, now=clock.now())


class PlaceOut(Schema):
    """A place. ``geo_source`` says where the coordinates come from: ``given``, or the table they were found in."""

    id: UUID
    code: str
    name: str
    kind: str
    line1: str
    city: str
    region: str
    postal_code: str
    country: str
    latitude: float | None
    longitude: float | None
    geo_source: str
    timezone: str
    dispatch_days: list[int]
    holiday_calendar: str
    cut_off: str
    capacity_per_day: int | None
    priority: int
    handling_minor: int | None
    min_stock: int
    active: bool


class PlaceChange(Body):
    """What is set of a place; what is left out stays. Days from 0, Monday; ``cut_off`` in the place's own time."""

    code: Slug | None = None
    name: Name | None = None
    country: Text | None = None
    kind: Text | None = None
    line1: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: Text | None = None
    dispatch_days: list[Count] | None = None
    holiday_calendar: Text | None = None
    cut_off: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    capacity_per_day: Count | None = None
    priority: Signed | None = None
    handling_minor: Count | None = None
    min_stock: Count | None = None
    active: Flag | None = None


class PlaceIn(PlaceChange):
    """A new place; without coordinates they are found from postal code or city.

    Without a time zone it has its country's; of a country with several, one must be named.
    """

    code: Slug
    name: Name
    country: Text


_NULLABLE = ("latitude", "longitude", "capacity_per_day", "handling_minor")


def _place_values(body: PlaceChange) -> dict[str, Any]:
    values: dict[str, Any] = not_null(body, *_NULLABLE)
    if "dispatch_days" in values:
        values["dispatch_days"] = tuple(values["dispatch_days"])
    if "cut_off" in values:
        values["cut_off"] = time.fromisoformat(values["cut_off"])
    return values


def _place(place: Any) -> dict[str, Any]:
    told = {name: getattr(place, name) for name in PlaceOut.model_fields}
    return {**told, "cut_off": place.cut_off.strftime("%H:%M")}


@router.get("/places", auth=view, response=list[PlaceOut], summary="Places")
def list_places(request: HttpRequest) -> list[Any]:
    """All places, active first."""
    return [_place(place) for place in desk.places()]


@router.post("/places", auth=edit, response={201: PlaceOut}, summary="Add a place")
def post_place(request: HttpRequest, body: PlaceIn) -> Status[Any]:
    """409 when the code is taken."""
    facts = PlaceFacts(**_place_values(body))
    return Status(201, _place(add_place(facts, by=caller_of(request).actor, now=clock.now())))


@router.get("/places/{str:code}", auth=view, response=PlaceOut, summary="One place")
def get_place(request: HttpRequest, code: str) -> Any:
    """By its code."""
    return _place(desk.place(code))


@router.patch("/places/{str:code}", auth=edit, response=PlaceOut, summary="Change a place")
def patch_place(request: HttpRequest, code: str, body: PlaceChange) -> Any:
    """Only what is sent changes."""
    facts = replace(place_facts(desk.place(code)), **_place_values(body))
    return _place(change_place(code, facts, by=caller_of(request).actor, now=clock.now()))


class ServingOut(Schema):
    """A place that serves the channel; empty lists mean all."""

    code: str
    name: str
    methods: list[str]
    countries: list[str]


class ChannelOut(Schema):
    """A way to sell and the places that serve it."""

    id: UUID
    slug: str
    name: str
    brand: str
    kind: str
    currency: str
    timezone: str
    locale: str
    on_shortage: str
    buffer: int
    floor: int
    cap: int | None
    active: bool
    places: list[ServingOut]


class ChannelChange(Body):
    """What is set of a channel; what is left out stays. ``buffer``, ``floor``, ``cap`` in units of each SKU."""

    name: Name | None = None
    brand: Slug | None = None
    currency: Text | None = None
    kind: Text | None = None
    timezone: Text | None = None
    locale: Text | None = None
    on_shortage: Text | None = None
    buffer: Count | None = None
    floor: Count | None = None
    cap: Count | None = None
    active: Flag | None = None


class ChannelIn(ChannelChange):
    """A new channel. No place serves it until one is put to it."""

    slug: Slug
    name: Name
    brand: Slug
    currency: Text


class ServingIn(Body):
    """How a place serves a channel; empty lists mean all."""

    methods: list[Name] = []
    countries: list[Text] = []


def _channel(view: desk.ChannelView) -> dict[str, Any]:
    same = [name for name in ChannelOut.model_fields if name not in {"brand", "places"}]
    brand = next(b.slug for b in desk.brands() if b.id == view.row.brand_id)
    return {**{name: getattr(view.row, name) for name in same}, "brand": brand, "places": view.places}


@router.get("/channels", auth=view, response=list[ChannelOut], summary="Channels")
def list_channels(request: HttpRequest) -> list[Any]:
    """All channels with their places."""
    return [_channel(found) for found in desk.channels()]


@router.post("/channels", auth=edit, response={201: ChannelOut}, summary="Add a channel")
def post_channel(request: HttpRequest, body: ChannelIn) -> Status[Any]:
    """409 when the slug is taken."""
    values: dict[str, Any] = not_null(body, "cap")
    add_channel(ChannelFacts(**values), by=caller_of(request).actor, now=clock.now())
    return Status(201, _channel(desk.channel(body.slug)))


@router.get("/channels/{str:slug}", auth=view, response=ChannelOut, summary="One channel")
def get_channel(request: HttpRequest, slug: str) -> Any:
    """By its slug."""
    return _channel(desk.channel(slug))


@router.patch("/channels/{str:slug}", auth=edit, response=ChannelOut, summary="Change a channel")
def patch_channel(request: HttpRequest, slug: str, body: ChannelChange) -> Any:
    """Only what is sent changes; the slug stays."""
    values: dict[str, Any] = not_null(body, "cap")
    facts = replace(channel_facts(slug), **values)
    change_channel(slug, facts, by=caller_of(request).actor, now=clock.now())
    return _channel(desk.channel(slug))


@router.put(
    "/channels/{str:slug}/places/{str:code}", auth=edit, response=ChannelOut, summary="Let a place serve"
)
def put_serving(request: HttpRequest, slug: str, code: str, body: ServingIn) -> Any:
    """Or change how it does."""
    serve(slug, code, body.methods, body.countries, by=caller_of(request).actor, now=clock.now())
    return _channel(desk.channel(slug))


@router.delete(
    "/channels/{str:slug}/places/{str:code}", auth=edit, response=ChannelOut, summary="End a place's service"
)
def delete_serving(request: HttpRequest, slug: str, code: str) -> Any:
    """Orders that it has already stay there."""
    stop_serving(slug, code, by=caller_of(request).actor, now=clock.now())
    return _channel(desk.channel(slug))


class PolicyOut(Schema):
    """A version of the routing policy; ``live`` marks the one in force."""

    version: int
    rules: dict[str, Any]
    active_from: datetime
    note: str
    made_by: str
    made_at: datetime
    live: bool


_BOUNDS = ", ".join(f"{name} {least} to {most}" for name, (least, most) in BOUNDS.items())
Rules = Annotated[dict[str, Any], Field(description=f"whole numbers, amounts in minor units: {_BOUNDS}")]


class PolicyIn(Body):
    """The next version. Rules that are left out take the built-in defaults."""

    rules: Rules
    active_from: Instant | None = None
    note: Text = ""


@router.get("/routing-policies", auth=view, response=list[PolicyOut], summary="Routing policies")
def list_policies(request: HttpRequest) -> list[Any]:
    """All versions, newest first."""
    return policies(clock.now())


@router.post("/routing-policies", auth=edit, response={201: PolicyOut}, summary="Change the routing policy")
def post_policy(request: HttpRequest, body: PolicyIn) -> Status[Any]:
    """A new version; old ones stay to explain old decisions."""
    now = clock.now()
    version = change_policy(body.rules, body.active_from, body.note, by=caller_of(request).actor, now=now)
    return Status(201, next(p for p in policies(now) if p.version == version))


class TrialIn(Body):
    """Rules that are not in force. What is left out takes the built-in defaults."""

    rules: Rules


class ParcelOut(Schema):
    """Units that a place (by its code) ships."""

    place: str
    name: str
    units: int


class OutcomeOut(Schema):
    """Which places ship what, units without stock, and the estimate in minor units."""

    parcels: list[ParcelOut]
    short: int
    cost: int


class OtherwiseOut(Schema):
    """A decision that these rules would have made otherwise."""

    order: UUID
    number: int
    at: datetime
    before: OutcomeOut
    after: OutcomeOut
    currency: str


class TrialOut(Schema):
    """How many of the latest decisions were made again, and those that would come out otherwise."""

    looked_at: int
    otherwise: list[OtherwiseOut]


@router.post("/routing-policies/trials", auth=edit, response=TrialOut, summary="Try a routing policy")
def post_trial(request: HttpRequest, body: TrialIn) -> Any:
    """The latest decisions again, with the places and the stock of then. Nothing is stored."""
    return tried(body.rules)
