"""Stock: levels, the ledger and why, how far it may be oversold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from trivet.api.auth import BearerKey, Caller, caller_of
from trivet.api.kinds import Body, Count, Cursor, Instant, Limit, PageOf, Search, Slug, Text
from trivet.catalog.queries import variants_by_sku
from trivet.catalog.rules import sku_key
from trivet.company.queries import setup
from trivet.company.queries.desk import place_options
from trivet.flows import stock as stories
from trivet.inventory.queries.desk import StockFilter, ledger, promised_to, sku_view, stock_grid
from trivet.inventory.queries.spots import spot
from trivet.inventory.queries.why import why
from trivet.inventory.rules import ENTRY_KINDS, Level
from trivet.lib import clock
from trivet.lib.errors import NotFound

router = Router(tags=["stock"])
view, adjust_stock, receive_stock = (
    BearerKey("stock.view"),
    BearerKey("stock.adjust"),
    BearerKey("stock.receive"),
)
approve, reserve_stock = BearerKey("stock.approve"), BearerKey("stock.reserve")


Kind = Literal[("", *ENTRY_KINDS)]  # type: ignore[valid-type]  # the rules name them


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


def level_answer(level: Level) -> dict[str, int]:
    """The counters on the wire."""
    return {name: getattr(level, name) for name in _COUNTERS}


def at_place(request: HttpRequest, place: str) -> Caller:
    """The caller, who may work at ``place``."""
    caller = caller_of(request)
    if caller.places is not None:
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
    page = stock_grid(StockFilter(search, place, only, caller_of(request).places), cursor, limit)
    rows = [
        {
            "variant": row.variant,
            "sku": row.sku,
            "title": row.title,
            "is_bundle": row.is_bundle,
            "total": level_answer(row.total),
            "places": [{"place": codes[key], **level_answer(level)} for key, level in row.levels.items()],
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
    found = sku_view(sku, caller_of(request).places)
    return {
        "variant": found.variant,
        "sku": found.sku,
        "title": found.title,
        "product": found.product,
        "is_bundle": found.is_bundle,
        "barcodes": found.barcodes,
        "total": level_answer(found.total),
        "places": [{"place": p.code, **level_answer(p.level)} for p in found.places],
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
    request: HttpRequest,
    sku: str,
    place: Text = "",
    kind: Kind = "",
    until: Instant | None = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Every change, newest first; of one ``kind``, up to and including ``until``."""
    if place:
        at_place(request, place)
    page = ledger(
        _variant(sku), place, cursor, limit, kind=kind, until=until, places=caller_of(request).places
    )
    return {"rows": page.rows, "next_cursor": page.next_cursor}


class PromiseOut(Schema):
    """Units of a SKU at a place (by its code) that an order holds."""

    order: UUID
    number: int
    placed_at: datetime
    name: str
    place: str
    quantity: int


@router.get(
    "/skus/{str:sku}/promises",
    auth=BearerKey("stock.view", "order.view"),
    response=PageOf[PromiseOut],
    summary="Who holds units of a SKU",
)
def get_promises(request: HttpRequest, sku: str, cursor: Cursor = "", limit: Limit = 50) -> dict[str, Any]:
    """Orders that have units allocated, the oldest first."""
    page = promised_to(_variant(sku), cursor, limit, places=caller_of(request).places)
    same = PromiseOut.model_fields
    rows = [{**{name: getattr(row, name) for name in same}, "place": row.code} for row in page.rows]
    return {"rows": rows, "next_cursor": page.next_cursor}


class TermOut(Schema):
    """All entries of one kind: what they add to each counter, and by that to what is available."""

    kind: str
    times: int
    delta: dict[str, int]
    available: int
    last_at: datetime


class WhyOut(Schema):
    """The level as its ledger tells it; ``agrees`` compares with the counters, null for the past.

    ``terms`` add up to ``level``; ``rows`` are the entries behind them, newest first.
    """

    sku: str
    place: str
    at: datetime | None
    terms: list[TermOut]
    level: LevelOut
    agrees: bool | None
    rows: list[EntryOut]
    next_cursor: str


_DELTAS = ("on_hand", "damaged", "quality_control", "safety_stock", "reserved", "allocated", "incoming")


@router.get("/skus/{str:sku}/places/{str:place}/why", auth=view, response=WhyOut, summary="Why is this 47?")
def get_why(
    request: HttpRequest,
    sku: str,
    place: str,
    at: Instant | None = None,
    kind: Kind = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """The counters as sums of the ledger, now or as of ``at``, and the entries behind them, of one ``kind`` or all."""
    at_place(request, place)
    where = spot(sku, place)
    found = why(where.variant, where.location, at)
    page = ledger(where.variant, where.place, cursor, limit, kind=kind, until=at)
    terms = [
        {
            "kind": t.kind,
            "times": t.times,
            "last_at": t.last_at,
            "available": t.available,
            "delta": {name: n for name in _DELTAS if (n := getattr(t.delta, name))},
        }
        for t in found.rows
    ]
    return {
        "sku": where.sku,
        "place": where.place,
        "at": at,
        "terms": terms,
        "level": level_answer(found.level),
        "agrees": found.agrees,
        "rows": page.rows,
        "next_cursor": page.next_cursor,
    }


class LimitIn(Body):
    """How far a SKU may be sold beyond stock on a channel (null: on all together)."""

    channel: Slug | None = None
    limit: Count | None
    available_on: date | None = None


@router.put(
    "/skus/{str:sku}/backorder",
    auth=BearerKey("stock.adjust", everywhere=True),
    response=SkuOut,
    summary="Limit backorders",
)
def put_backorder(request: HttpRequest, sku: str, body: LimitIn) -> dict[str, Any]:
    """``limit`` null means any number; ``available_on`` is what customers are told."""
    stories.set_backorder_limit(
        sku, body.channel, body.limit, body.available_on, by=caller_of(request).actor, now=clock.now()
    )
    return get_sku(request, sku)


def _variant(sku: str) -> UUID:
    found = variants_by_sku([sku]).get(sku_key(sku))
    if found is None:
        raise NotFound(f"there is no SKU {sku}", field="sku")
    return found.id
