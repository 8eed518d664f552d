"""Transfers: goods on their way between our places."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field, Strict

from trivet.api.auth import BearerKey, Caller, caller_of
from trivet.api.kinds import Body, Cursor, Flag, Limit, Name, PageOf, Slug, Text, Units
from trivet.api.stock import at_place
from trivet.flows import transfers as stories
from trivet.inventory.queries.transfers import TransferView, transfer_view, transfers
from trivet.inventory.rules.transfer import MAX_LINES, TRANSFER
from trivet.lib import clock
from trivet.lib.errors import Forbidden

router = Router(tags=["transfers"])
view, send, receive = BearerKey("stock.view"), BearerKey("stock.transfer"), BearerKey("stock.receive")

State = Literal[("", "open", *TRANSFER.states)]  # type: ignore[valid-type]  # the rules name them
UpTo = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]


class TransferLineIn(Body):
    """Units of one SKU."""

    sku: Name
    quantity: Units


class TransferIn(Body):
    """What goes where."""

    source: Slug
    destination: Slug
    lines: Annotated[list[TransferLineIn], Field(min_length=1, max_length=MAX_LINES)]
    note: Text = ""
    expected_on: date | None = None


class SentIn(Body):
    """Units of one SKU that left; 0 when none did."""

    sku: Name
    quantity: UpTo


class ShipmentIn(Body):
    """What left, where it is not what was planned. ``promised_too``: also what is not free (needs `stock.approve`)."""

    lines: Annotated[list[SentIn], Field(max_length=MAX_LINES)] = []
    promised_too: Flag = False


class ArrivedIn(Body):
    """Units of one SKU that arrived: in order, and broken."""

    sku: Name
    quantity: UpTo = 0
    damaged: UpTo = 0


class ArrivalIn(Body):
    """What arrived. The same ``reference`` again is the same arrival."""

    reference: Name
    lines: Annotated[list[ArrivedIn], Field(min_length=1, max_length=MAX_LINES)]


class TransferOut(Schema):
    """A transfer in the list; places by code, sums in units."""

    id: UUID
    number: int
    state: str
    source: str
    destination: str
    note: str
    expected_on: date | None
    created_at: datetime
    created_label: str
    skus: int
    planned: int
    in_transit: int


class TransferLineOut(Schema):
    """One SKU: ``in_transit`` is on hand at neither end, ``extra`` arrived beyond what was sent."""

    sku: str
    title: str
    planned: int
    shipped: int
    received: int
    damaged: int
    missing: int
    in_transit: int
    extra: int


class ArrivedOut(Schema):
    """Units of one SKU that arrived: in order, and broken."""

    sku: str
    quantity: int
    damaged: int


class ArrivalOut(Schema):
    """One arrival."""

    reference: str
    at: datetime
    actor_label: str
    lines: list[ArrivedOut]


class TransferDetailOut(TransferOut):
    """A transfer with its SKUs and arrivals."""

    shipped_at: datetime | None
    ended_at: datetime | None
    lines: list[TransferLineOut]
    arrivals: list[ArrivalOut]


@router.get("", auth=view, response=PageOf[TransferOut], summary="Transfers")
def list_transfers(
    request: HttpRequest,
    state: State = "",
    place: Text = "",
    sku: Text = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Newest first. ``state`` ``open``: neither received nor cancelled; ``place``: either end; ``sku``: on its way."""
    places = caller_of(request).places
    page = transfers(state=state, place=place, sku=sku, cursor=cursor, limit=limit, places=places)
    return {"rows": [_row(row) for row in page.rows], "next_cursor": page.next_cursor}


@router.post("", auth=send, response={201: TransferDetailOut}, summary="Plan a transfer")
def post_transfer(request: HttpRequest, body: TransferIn) -> Status[Any]:
    """A draft: nothing moves yet. Who is tied to places plans what leaves one of these."""
    by = at_place(request, body.source).actor
    number = stories.create_transfer(
        body.source, body.destination, [(line.sku, line.quantity) for line in body.lines], by=by,
        now=clock.now(), note=body.note, expected_on=body.expected_on,
    )  # fmt: skip
    return Status(201, _answer(request, number))


@router.get("/{int:number}", auth=view, response=TransferDetailOut, summary="One transfer")
def get_transfer(request: HttpRequest, number: int) -> dict[str, Any]:
    """With its SKUs and arrivals."""
    return _answer(request, number)


@router.post("/{int:number}/readiness", auth=send, response=TransferDetailOut, summary="It is ready to leave")
def post_readiness(request: HttpRequest, number: int) -> dict[str, Any]:
    """Packed and waiting. 409 when someone was first."""
    stories.make_ready(number, by=_at(request, number, "source").actor, now=clock.now())
    return _answer(request, number)


@router.post("/{int:number}/shipment", auth=send, response=TransferDetailOut, summary="It leaves")
def post_shipment(request: HttpRequest, number: int, body: ShipmentIn) -> dict[str, Any]:
    """Units come off the source and are expected at the destination. 409 when they are not free, or it has left."""
    caller = _at(request, number, "source")
    if body.promised_too and not caller.may("stock.approve"):
        raise Forbidden("the key lacks the scope stock.approve", scope="stock.approve")
    sent = {line.sku: line.quantity for line in body.lines}
    stories.ship(number, sent, by=caller.actor, now=clock.now(), promised_too=body.promised_too)
    return _answer(request, number)


@router.post("/{int:number}/receipts", auth=receive, response=TransferDetailOut, summary="Some of it arrived")
def post_arrival(request: HttpRequest, number: int, body: ArrivalIn) -> dict[str, Any]:
    """Who waits for it gets it first. When nothing is left under way the transfer is complete."""
    arrived = [(line.sku, line.quantity, line.damaged) for line in body.lines]
    by = _at(request, number, "destination").actor
    stories.receive(number, arrived, body.reference, by=by, now=clock.now())
    return _answer(request, number)


@router.post("/{int:number}/completion", auth=receive, response=TransferDetailOut, summary="That was all")
def post_completion(request: HttpRequest, number: int) -> dict[str, Any]:
    """What is still under way is missing; whatever differs opens a case of kind `transfer`."""
    stories.complete(number, by=_at(request, number, "destination").actor, now=clock.now())
    return _answer(request, number)


@router.post("/{int:number}/cancellation", auth=send, response=TransferDetailOut, summary="Give it up")
def post_cancellation(request: HttpRequest, number: int) -> dict[str, Any]:
    """Before it leaves; 409 afterwards."""
    stories.cancel_transfer(number, by=_at(request, number, "source").actor, now=clock.now())
    return _answer(request, number)


def _at(request: HttpRequest, number: int, end: Literal["source", "destination"]) -> Caller:
    caller = caller_of(request)
    row = transfer_view(number, caller.places).row
    caller.need_place(
        *((row.source, row.source_code) if end == "source" else (row.destination, row.destination_code))
    )
    return caller


def _row(row: Any) -> dict[str, Any]:
    same = TransferOut.model_fields
    told = {name: getattr(row, name) for name in same}
    return {**told, "source": row.source_code, "destination": row.destination_code}


def _answer(request: HttpRequest, number: int) -> dict[str, Any]:
    found: TransferView = transfer_view(number, caller_of(request).places)
    units = ("planned", "shipped", "received", "damaged", "missing", "in_transit", "extra")
    return {
        **_row(found.row),
        "shipped_at": found.shipped_at,
        "ended_at": found.ended_at,
        "lines": [
            {"sku": x.sku, "title": x.title, **{name: getattr(x.units, name) for name in units}} for x in found.lines
        ],
        "arrivals": [
            {
                "reference": a.reference, "at": a.at, "actor_label": a.actor_label,
                "lines": [{"sku": s, "quantity": g, "damaged": d} for s, g, d in a.arrived],
            }
            for a in found.arrivals
        ],
    }  # fmt: skip
