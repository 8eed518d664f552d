"""What allocation over all orders needs to know, from one snapshot of the database and without a lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from trivet.catalog.queries.find import weights
from trivet.company.queries import Setup, setup
from trivet.company.rules import zone_of
from trivet.flows.routes import Router, point
from trivet.fulfillment.queries.loads import Loads, loads
from trivet.fulfillment.queries.untouched import Piece, dispatches, lines, pieces, untouched_orders
from trivet.inventory.models import StockLevel
from trivet.orders.models import Order, OrderLine
from trivet.routing.queries import live_policy
from trivet.routing.rules import Board, Demand
from trivet.routing.rules.batch import Shared, Waiting
from trivet.routing.rules.batch.values import Given
from trivet.routing.rules.values import Key

Parts = dict[UUID, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """An order that takes part. ``lines`` and ``parts`` go by the number of its demands."""

    row: Order
    pieces: tuple[Piece, ...]
    lines: tuple[OrderLine, ...]
    parts: tuple[Parts, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it. ``free``: units by (place, variant) that nobody holds."""

    setup: Setup
    version: int
    currency: str
    orders: dict[UUID, Seen]
    waiting: list[Waiting]
    shared: Shared
    free: dict[tuple[UUID, UUID], int]


def read(now: datetime) -> Picture:
    """Orders whose work nobody has begun, with their units, the stock, and the room of places that have limits."""
    with transaction.atomic():
        # A test's surrounding transaction has begun already and is its own snapshot.
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _read(now)


def _read(now: datetime) -> Picture:
    known = setup()
    version, policy = live_policy(known.revision, now)
    router = Router(known, policy, version, now)
    rows = untouched_orders()
    keys = [row.id for row in rows]
    held, (sold, parts) = pieces(keys), lines(keys)
    leaves = dispatches(keys, known.capped)
    seen = []
    for row in rows:
        mine = sold.get(row.id, [])
        bundles = [parts.get(line.id) or _itself(line) for line in mine]
        seen.append(Seen(row, tuple(held.get(row.id, ())), tuple(mine), tuple(bundles)))
    grams = weights({v for s in seen for bag in s.parts for v in bag} | _sold(seen))
    empty: Loads = {place: {} for place in known.capped}
    slugs = {c.id: c.slug for c in known.channels.values()}
    orders, waiting = {}, []
    for one in seen:
        board = router.board(one.row.channel_id, one.row.scheduled, empty)
        days = {p: _days(known, p, at, now) for p, at in leaves.get(one.row.id, {}).items()}
        found = _waiting(one, board, slugs[one.row.channel_id], days, grams)
        if found is not None:
            orders[one.row.id] = one
            waiting.append(found)
    free = _free({v for one in orders.values() for bag in one.parts for v in bag})
    stock: dict[tuple[UUID, UUID], int] = dict(free)
    for one in orders.values():
        for piece in one.pieces:
            at = (piece.location, piece.variant)
            stock[at] = stock.get(at, 0) + piece.quantity
    room = _room(known, waiting, loads(known.capped, now), now)
    return Picture(known, version, policy.currency, orders, waiting, Shared(stock, room), free)


def _itself(line: OrderLine) -> Parts:
    return {} if line.variant_id is None else {line.variant_id: 1}


def _sold(seen: Iterable[Seen]) -> set[UUID]:
    return {line.variant_id for one in seen for line in one.lines if line.variant_id is not None}


def _waiting(
    one: Seen, board: Board, channel: str, days: dict[UUID, int], grams: dict[UUID, int]
) -> Waiting | None:
    """The order as rules see it; None where its units do not add up to whole units of its lines, or a place that has
    some no longer serves its channel: such an order is left alone."""
    row, known = one.row, {place.key for place in board.places}
    demands: list[Demand] = []
    held: Given = {}
    at: dict[UUID, dict[UUID, dict[UUID, int]]] = {}
    for piece in one.pieces:
        here = at.setdefault(piece.line, {}).setdefault(piece.location, {})
        here[piece.variant] = here.get(piece.variant, 0) + piece.quantity
    for d, (line, bag) in enumerate(zip(one.lines, one.parts, strict=True)):
        units: dict[Key, int] = {}
        for place, goods in at.get(line.id, {}).items():
            n = min(goods.get(v, 0) // per for v, per in bag.items()) if bag else 0
            if place not in known or goods != {v: n * per for v, per in bag.items()}:
                return None
            units[place] = n
        if sum(units.values()) != line.allocated or line.variant_id is None:
            return None
        weight = grams.get(line.variant_id)
        if weight is None:
            weight = sum(n * grams.get(v, 0) for v, n in bag.items())
        value = line.paid_minor * line.allocated // line.quantity
        demands.append(Demand(d, line.allocated, tuple(bag.items()), weight, value))
        held[d] = units
    if not demands:
        return None
    return Waiting(
        row.id, board, point(row.country, row.postal_code, row.ship_to.get("city", "")), channel, row.shipping_method,
        tuple(demands), held, days, row.never_split_lines, row.ship_together, row.scheduled,
    )  # fmt: skip


def _days(known: Setup, place: UUID, leaves: datetime, now: datetime) -> int:
    zone = zone_of(known.places[place].timezone)
    return (leaves.astimezone(zone).date() - now.astimezone(zone).date()).days


def _free(variants: set[UUID]) -> dict[tuple[UUID, UUID], int]:
    rows = StockLevel.objects.filter(variant__in=variants)
    return {(p, v): n for p, v, n in rows.values_list("location_id", "variant_id", "available")}


def _room(known: Setup, waiting: Sequence[Waiting], taken: Loads, now: datetime) -> dict[UUID, int]:
    """Room of the next dispatch of places that have limits, with the orders that are on it and take part."""
    room = {}
    for key in known.capped:
        place = known.places[key]
        ready = place.ready_days(now)
        on_it = sum(1 for order in waiting if not order.scheduled and order.days.get(key) == ready)
        day = place.dispatch_by(now, ready).date()
        room[key] = max(0, (place.capacity_per_day or 0) - taken[key].get(day, 0) + on_it)
    return room
