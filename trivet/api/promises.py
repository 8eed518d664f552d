"""Promises to buyers: what a channel may sell, and units kept for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Cursor, Name, PageOf, Slug, Text, Units
from trivet.flows import promises as stories
from trivet.lib import clock

availability_router = Router(tags=["promises"])
reservations = Router(tags=["promises"])
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1, two capitals")]
view, reserve_stock = BearerKey("stock.view", everywhere=True), BearerKey("stock.reserve")


class AvailabilityQuery(Schema):
    """Which channel; ``sku`` may stand several times. ``country`` and ``method``: where to and how it would be sent."""

    channel: Slug
    sku: Annotated[list[Text], Field(max_length=500)] = []
    country: Country | None = None
    method: Name | None = None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class AvailabilityOut(Schema):
    """What a channel may sell of a SKU, shaped by its buffer, floor and cap; ``unshaped`` before that.

    ``components``: the SKUs whose `stock.changed` moves this number (for a bundle, those in it).
    """

    sku: str
    asked: str
    available: int
    unshaped: int
    components: list[str]


@availability_router.get("", auth=view, response=PageOf[AvailabilityOut], summary="What a channel may sell")
def get_availability(
    request: HttpRequest,
    asked: Query[AvailabilityQuery],
    cursor: Cursor = "",
) -> dict[str, Any]:
    """Of the SKUs asked for (the channel's names or ours; unknown ones are absent), or of all, by page.

    Counted are the places that routing would ship from, to ``country`` by ``method``; without them, those that could
    ship some order of the channel. Ask again for a SKU when one of its ``components`` is in a `stock.changed`, and for
    all after an `availability.changed` of the channel.
    """
    page = stories.availability(
        asked.channel,
        asked.sku or None,
        clock.now(),
        cursor,
        asked.limit,
        country=asked.country,
        method=asked.method,
    )
    return {"rows": page.rows, "next_cursor": page.next_cursor}


class ReservationLineIn(Body):
    """Units of a SKU."""

    sku: Name
    quantity: Units


class ReservationIn(Body):
    """Units to keep for a buyer for ``ttl`` seconds; ``country`` and ``method``: where to and how they will be sent."""

    channel: Slug
    lines: Annotated[list[ReservationLineIn], Field(min_length=1, max_length=200)]
    ttl: Annotated[int, Field(strict=True, ge=1, le=30 * 24 * 3600)] = 900
    reference: Text = ""
    country: Country | None = None
    method: Name | None = None


class ReservationOut(Schema):
    """Kept until ``expires_at``; send the id as ``reservation`` of the order."""

    id: UUID
    expires_at: datetime


class ReleasedOut(Schema):
    """It is over."""

    id: UUID
    state: str


@reservations.post("", auth=reserve_stock, response={201: ReservationOut}, summary="Reserve stock")
def post_reservation(request: HttpRequest, body: ReservationIn) -> Status[Any]:
    """All lines or 409; ends by itself. From places that routing would ship from, as in `GET /availability`."""
    lines = [(line.sku, line.quantity) for line in body.lines]
    kept = stories.reserve(
        body.channel,
        lines,
        timedelta(seconds=body.ttl),
        by=caller_of(request).actor,
        now=clock.now(),
        reference=body.reference,
        country=body.country,
        method=body.method,
    )
    return Status(201, {"id": kept.id, "expires_at": kept.expires_at})


@reservations.delete(
    "/{uuid:reservation}", auth=reserve_stock, response=ReleasedOut, summary="Release a reservation"
)
def delete_reservation(request: HttpRequest, reservation: UUID) -> dict[str, Any]:
    """409 when it has ended already."""
    stories.release_reservation(reservation, by=caller_of(request).actor, now=clock.now())
    return {"id": reservation, "state": "released"}
