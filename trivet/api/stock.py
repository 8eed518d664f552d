"""Stock: levels, the ledger and why, facts that change it, promises to buyers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, Caller, caller_of
from trivet.api.kinds import Body, Count, Cursor, Limit, Name, PageOf, Search, Signed, Slug, Text, Units
from trivet.catalog.queries import variants_by_sku
from trivet.company.queries import setup
from trivet.company.queries.desk import place_options
from trivet.flows import stock as stories
from trivet.inventory.queries.availability import availability
from trivet.inventory.queries.desk import StockFilter, ledger, sku_view, stock_grid, waiting_requests
from trivet.inventory.queries.spots import spot
from trivet.inventory.queries.why import why
from trivet.inventory.rules import ADJUST_REASONS, Level
from trivet.lib import clock
from trivet.lib.errors import Invalid, NotFound

router = Router(tags=["stock"])
availability_router = Router(tags=["stock"])
reservations = Router(tags=["stock"])
view, adjust_stock, receive_stock = (
    BearerKey("stock.view"),
    BearerKey("stock.adjust"),
    BearerKey("stock.receive"),
)
approve, reserve_stock = BearerKey("stock.approve"), BearerKey("stock.reserve")


class LevelOut(Schema):
    """Counters of a SKU; ``available`` is what may still be promised, below zero when facts overtook promises."""

    on_hand: int
    damaged: int
    quality_control: int
    safety_stock: int
    reserved: int
    allocated: int
    incoming: int
    available: int
    shortfall: int


class PlaceLevelOut(LevelOut):
    """Counters at one place."""

    place: str


class StockRowOut(Schema):
    """A SKU and where it lies."""

    variant: UUID
    sku: str
    title: str
    is_bundle: bool
    total: LevelOut
    places: list[PlaceLevelOut]


_COUNTERS = tuple(LevelOut.model_fields)


def _level(level: Level) -> dict[str, int]:
    return {name: getattr(level, name) for name in _COUNTERS}


def _guard(request: HttpRequest, place: str) -> Caller:
    """The caller, who may work at ``place``."""
    caller = caller_of(request)
    if caller.key.locations is not None:
        known = setup().place_by_code.get(place)
        if known is None:
            raise NotFound(f"there is no place {place}", field="place")
        caller.need_place(known.id, place)
    return caller


@router.get("", auth=view, response=PageOf[StockRowOut], summary="Stock by SKU and place")
def list_stock(
    request: HttpRequest,
    search: Search = "",
    place: Text = "",
    only: Literal["", "short", "out"] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """In order of SKU. ``only``: ``short`` (promised beyond stock) or ``out`` (nothing left to promise)."""
    codes = {option.id: option.code for option in place_options()}
    seen = caller_of(request).key.locations
    page = stock_grid(StockFilter(search, place, only), cursor, limit)
    rows = [
        {
            "variant": row.variant,
            "sku": row.sku,
            "title": row.title,
            "is_bundle": row.is_bundle,
            "total": _level(row.total),
            "places": [
                {"place": codes[key], **_level(level)}
                for key, level in row.levels.items()
                if seen is None or key in seen
            ],
        }
        for row in page.rows
    ]
    return {"rows": rows, "next_cursor": page.next_cursor}


class BackorderOut(Schema):
    """How far a SKU may be sold beyond stock; ``limit`` null means any number."""

    limit: int | None
    taken: int
    available_on: date | None


class SkuOut(Schema):
    """One SKU with its levels."""

    variant: UUID
    sku: str
    title: str
    product: str
    is_bundle: bool
    barcodes: list[str]
    total: LevelOut
    places: list[PlaceLevelOut]
    backorder: list[BackorderOut]


@router.get("/skus/{str:sku}", auth=view, response=SkuOut, summary="Stock of one SKU")
def get_sku(request: HttpRequest, sku: str) -> dict[str, Any]:
    """In any case of letters."""
    found = sku_view(sku)
    seen = caller_of(request).key.locations
    return {
        "variant": found.variant,
        "sku": found.sku,
        "title": found.title,
        "product": found.product,
        "is_bundle": found.is_bundle,
        "barcodes": found.barcodes,
        "total": _level(found.total),
        "places": [
            {"place": p.code, **_level(p.level)} for p in found.places if seen is None or p.location in seen
        ],
        "backorder": [{"limit": n, "taken": t, "available_on": day} for n, t, day in found.backorder],
    }


class EntryOut(Schema):
    """One change of one level: signed ``delta`` by counter, and its cause."""

    id: int
    at: datetime
    place: str
    kind: str
    delta: dict[str, int]
    reason: str
    cause_kind: str
    cause_id: UUID
    actor_label: str


@router.get("/skus/{str:sku}/ledger", auth=view, response=PageOf[EntryOut], summary="Ledger of a SKU")
def get_ledger(
    request: HttpRequest, sku: str, place: Text = "", cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Every change, newest first."""
    if place or caller_of(request).key.locations is not None:
        _guard(request, place)
    page = ledger(_variant(sku), place, cursor, limit)
    return {"rows": page.rows, "next_cursor": page.next_cursor}


class TermOut(Schema):
    """All entries of one kind: what they add to each counter."""

    kind: str
    times: int
    delta: dict[str, int]
    last_at: datetime


class WhyOut(Schema):
    """The level as its ledger tells it; ``agrees`` compares with the counters, null for the past."""

    sku: str
    place: str
    at: datetime | None
    terms: list[TermOut]
    level: LevelOut
    agrees: bool | None


_DELTAS = ("on_hand", "damaged", "quality_control", "safety_stock", "reserved", "allocated", "incoming")


@router.get("/skus/{str:sku}/places/{str:place}/why", auth=view, response=WhyOut, summary="Why is this 47?")
def get_why(request: HttpRequest, sku: str, place: str, at: datetime | None = None) -> dict[str, Any]:
    """The counters as sums of the ledger, now or as of ``at``."""
    _guard(request, place)
    where = spot(sku, place)
    if at is not None:
        at = _aware(at)
    found = why(where.variant, where.location, at)
    terms = [
        {
            "kind": t.kind,
            "times": t.times,
            "last_at": t.last_at,
            "delta": {name: n for name in _DELTAS if (n := getattr(t.delta, name))},
        }
        for t in found.rows
    ]
    return {
        "sku": where.sku,
        "place": where.place,
        "at": at,
        "terms": terms,
        "level": _level(found.level),
        "agrees": found.agrees,
    }


class At(Body):
    """A SKU at a place."""

    sku: Name
    place: Slug


class ReceiptIn(At):
    """Goods that came in."""

    quantity: Units
    reference: Text = ""


class AdjustmentIn(At):
    """Units more or fewer on hand, for a reason."""

    change: Signed
    reason: Literal[ADJUST_REASONS]  # type: ignore[valid-type]  # the rules name them
    note: Text = ""


class CountIn(At):
    """What a count found on hand."""

    on_hand: Count
    reason: Text = ""


class StateIn(At):
    """Units into (or, negative, out of) a state in which they may not be promised."""

    state: Literal["damaged", "quality_control", "safety_stock"]
    change: Signed
    reason: Text = ""


class SaleIn(At):
    """Units that left over a counter."""

    quantity: Units
    reference: Text = ""


class ChangedOut(Schema):
    """The level after it; ``request`` waits for a second person when it is given, and nothing has changed yet."""

    sku: str
    place: str
    level: LevelOut
    request: UUID | None = None


@router.post("/receipts", auth=receive_stock, response={201: ChangedOut}, summary="Receive goods")
def post_receipt(request: HttpRequest, body: ReceiptIn) -> Status[Any]:
    """Backorders get them first, the oldest promise before the others."""
    by = _guard(request, body.place).actor
    level = stories.receive(
        body.sku, body.place, body.quantity, by=by, now=clock.now(), reference=body.reference
    )
    return Status(201, {"sku": body.sku, "place": body.place, "level": _level(level)})


@router.post(
    "/adjustments", auth=adjust_stock, response={201: ChangedOut, 202: ChangedOut}, summary="Adjust stock"
)
def post_adjustment(request: HttpRequest, body: AdjustmentIn) -> Status[Any]:
    """201 when done; 202 when it is so large that it waits for a second person."""
    by = _guard(request, body.place).actor
    done = stories.adjust(
        body.sku, body.place, body.change, body.reason, by=by, now=clock.now(), note=body.note
    )
    told = {
        "sku": done.spot.sku,
        "place": done.spot.place,
        "level": _level(done.level),
        "request": done.request,
    }
    return Status(201 if done.request is None else 202, told)


@router.post("/counts", auth=adjust_stock, response={201: ChangedOut}, summary="Enter a count")
def post_count(request: HttpRequest, body: CountIn) -> Status[Any]:
    """A physical fact: always accepted. What it leaves short opens a case that names the orders hit."""
    by = _guard(request, body.place).actor
    done = stories.set_count(body.sku, body.place, body.on_hand, by=by, now=clock.now(), reason=body.reason)
    return Status(201, {"sku": done.spot.sku, "place": done.spot.place, "level": _level(done.level)})


@router.post("/states", auth=adjust_stock, response={201: ChangedOut}, summary="Set units aside")
def post_state(request: HttpRequest, body: StateIn) -> Status[Any]:
    """Damaged, in quality control, or safety stock; negative to bring them back."""
    by = _guard(request, body.place).actor
    done = stories.change_state(
        body.sku, body.place, body.state, body.change, by=by, now=clock.now(), reason=body.reason
    )
    return Status(201, {"sku": done.spot.sku, "place": done.spot.place, "level": _level(done.level)})


@router.post(
    "/sales-elsewhere", auth=adjust_stock, response={201: ChangedOut}, summary="Record a sale elsewhere"
)
def post_sale(request: HttpRequest, body: SaleIn) -> Status[Any]:
    """Never refused; a shortfall opens a case."""
    by = _guard(request, body.place).actor
    done = stories.record_sale_elsewhere(
        body.sku, body.place, body.quantity, by=by, now=clock.now(), reference=body.reference
    )
    return Status(201, {"sku": done.spot.sku, "place": done.spot.place, "level": _level(done.level)})


class RequestOut(Schema):
    """An adjustment that waits for a second person."""

    id: UUID
    sku: str
    place: str
    change: int
    reason: str
    note: str
    value_minor: int | None
    currency: str
    asked_label: str
    asked_at: datetime


@router.get("/adjustment-requests", auth=view, response=list[RequestOut], summary="Adjustments that wait")
def list_requests(request: HttpRequest, limit: Limit = 100) -> list[Any]:
    """For a second person to approve or decline, oldest first."""
    return waiting_requests(limit)


class AnsweredOut(Schema):
    """What became of a request."""

    id: UUID
    state: str


@router.post(
    "/adjustment-requests/{uuid:item}/approval",
    auth=approve,
    response=AnsweredOut,
    summary="Approve an adjustment",
)
def post_approval(request: HttpRequest, item: UUID) -> dict[str, Any]:
    """403 for who asked for it, 409 when someone was first."""
    stories.approve_adjustment(item, by=caller_of(request).actor, now=clock.now())
    return {"id": item, "state": "approved"}


@router.post(
    "/adjustment-requests/{uuid:item}/refusal",
    auth=approve,
    response=AnsweredOut,
    summary="Decline an adjustment",
)
def post_refusal(request: HttpRequest, item: UUID) -> dict[str, Any]:
    """403 for who asked for it, 409 when someone was first."""
    stories.decline_adjustment(item, by=caller_of(request).actor, now=clock.now())
    return {"id": item, "state": "declined"}


class LimitIn(Body):
    """How far a SKU may be sold beyond stock on a channel (null: on all together)."""

    channel: Slug | None = None
    limit: Count | None
    available_on: date | None = None


@router.put("/skus/{str:sku}/backorder", auth=adjust_stock, response=SkuOut, summary="Limit backorders")
def put_backorder(request: HttpRequest, sku: str, body: LimitIn) -> dict[str, Any]:
    """``limit`` null means any number; ``available_on`` is what customers are told."""
    stories.set_backorder_limit(
        sku, body.channel, body.limit, body.available_on, by=caller_of(request).actor, now=clock.now()
    )
    return get_sku(request, sku)


class AvailabilityQuery(Schema):
    """Which channel; ``sku`` may stand several times."""

    channel: Slug
    sku: Annotated[list[Text], Field(max_length=500)] = []
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class AvailabilityOut(Schema):
    """What a channel may sell of a SKU, shaped by its buffer, floor and cap; ``unshaped`` before that."""

    sku: str
    asked: str
    available: int
    unshaped: int


@availability_router.get("", auth=view, response=PageOf[AvailabilityOut], summary="What a channel may sell")
def get_availability(
    request: HttpRequest,
    asked: Query[AvailabilityQuery],
    cursor: Cursor = "",
) -> dict[str, Any]:
    """Of the SKUs asked for (the channel's names or ours; unknown ones are absent), or of all, by page."""
    page = availability(asked.channel, asked.sku or None, clock.now(), cursor, asked.limit)
    return {"rows": page.rows, "next_cursor": page.next_cursor}


class ReservationLineIn(Body):
    """Units of a SKU."""

    sku: Name
    quantity: Units


class ReservationIn(Body):
    """Units to keep for a buyer for ``ttl`` seconds."""

    channel: Slug
    lines: Annotated[list[ReservationLineIn], Field(min_length=1, max_length=200)]
    ttl: Annotated[int, Field(strict=True, ge=1, le=30 * 24 * 3600)] = 900
    reference: Text = ""


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
    """All lines or 409; ends by itself."""
    lines = [(line.sku, line.quantity) for line in body.lines]
    kept = stories.reserve(
        body.channel,
        lines,
        timedelta(seconds=body.ttl),
        by=caller_of(request).actor,
        now=clock.now(),
        reference=body.reference,
    )
    return Status(201, {"id": kept.id, "expires_at": kept.expires_at})


@reservations.delete(
    "/{uuid:reservation}", auth=reserve_stock, response=ReleasedOut, summary="Release a reservation"
)
def delete_reservation(request: HttpRequest, reservation: UUID) -> dict[str, Any]:
    """409 when it has ended already."""
    stories.release_reservation(reservation, by=caller_of(request).actor, now=clock.now())
    return {"id": reservation, "state": "released"}


def _variant(sku: str) -> UUID:
    found = variants_by_sku([sku]).get(sku.strip().upper())
    if found is None:
        raise NotFound(f"there is no SKU {sku}", field="sku")
    return found.id


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise Invalid("at", "needs a time zone")
    return at
