"""What deciding needs to know: read for the whole group, identifiers under lock, stock only when it is contested."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg

from trivet.catalog.queries import ask_variants
from trivet.company.queries import Setup
from trivet.customers.actions.place import find as find_identifiers
from trivet.customers.actions.place import lock as lock_identifiers
from trivet.customers.rules import Key
from trivet.flows.intake.request import Request
from trivet.fulfillment.actions.capacity import lock_capacity
from trivet.fulfillment.queries.loads import Loads, loads_of
from trivet.inventory.actions import promise
from trivet.lib.bulk import to_json
from trivet.lib.sql import load

Level = tuple[UUID, UUID]
"""(location, variant): a key of stock."""


@dataclass(frozen=True, slots=True)
class Sold:
    """A variant that a line may mean. ``parts``: component, units per unit sold (itself when it is no bundle)."""

    id: UUID
    sku: str
    title: str
    weight_g: int
    parts: tuple[tuple[UUID, int], ...]
    is_bundle: bool


@dataclass(slots=True)
class Limit:
    """A locked backorder limit."""

    id: UUID
    limit: int | None
    taken: int
    available_on: date | None


@dataclass(slots=True)
class Kept:
    """A locked, active reservation."""

    channel: UUID
    expires_at: datetime
    lines: list[tuple[Level, int]] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    """All of it, for one group. ``stock`` is what may be promised; it moves with the decisions made on it."""

    setup: Setup
    now: datetime
    known: dict[tuple[UUID, str], tuple[UUID, str]]
    dead_keys: set[UUID]
    variants: dict[tuple[UUID, str], Sold]
    skus: dict[UUID, str]
    people: dict[Key, tuple[UUID, UUID, str]]
    stock: dict[Level, int]
    limits: dict[tuple[UUID, UUID | None], Limit]
    reservations: dict[UUID, Kept]
    loads: Loads
    locked: bool


_BY_INDEX = "SET LOCAL enable_seqscan = off"
"""A session keeps its plans, those of foreign-key checks too. Made while tables were a page long, they would read whole
tables for each row: a shop's first thousands of orders came in ever slower until statistics were renewed."""


class Contested(Exception):
    """What an order needs cannot be decided without locks on its stock: the group is done again with them."""


class Lapsed(Exception):
    """Reservations whose time is over keep stock that is asked for: they are to be ended first, then the group is done
    again. Whoever waits for that stock comes before the group."""

    def __init__(self, keys: Sequence[UUID]) -> None:
        super().__init__("reservations that have lapsed keep stock")
        self.keys = keys


def read(
    conn: psycopg.Connection[Any], setup: Setup, group: Sequence[Request], now: datetime, *, locked: bool
) -> Picture:
    """Read the picture for ``group`` in two round trips: what is known, then identifiers and stock.

    Without ``locked`` stock is only looked at, which does for orders that can be had in full: the guards of the
    write say whether it was still so. Raises :class:`Contested` where an order brings a reservation, :class:`Lapsed`
    where one has lapsed that keeps the stock asked for.
    """
    cursors = [psycopg.Cursor(conn) for _ in range(5)]
    keys = {k for r in group for k in r.identifiers}
    asked = {(c.id, key) for r in group if (c := setup.channels.get(r.order.channel)) for key in r.keys}
    orders = [
        {"channel_id": c.id, "external_id": r.order.external_id}
        for r in group
        if (c := setup.channels.get(r.order.channel))
    ]
    wanted_reservations = {r.reservation for r in group if r.reservation}
    with conn.pipeline():
        conn.execute(_BY_INDEX)
        cursors[0].execute(load("orders", "known"), [to_json(orders)])
        ask_variants(cursors[1], asked)
        if keys:
            find_identifiers(cursors[2], keys)
        promise.peek_reservations(cursors[3], wanted_reservations, now)
        cursors[4].execute(
            "SELECT id FROM staff_apikey WHERE id = ANY(%s::uuid[]) "
            "AND (revoked_at IS NOT NULL OR expires_at <= %s)",
            [[r.key_id for r in group if r.key_id], now],
        )
    picture = Picture(
        setup=setup, now=now,
        known={(row[0], row[1]): (row[2], row[3]) for row in cursors[0].fetchall()},
        dead_keys={row[0] for row in cursors[4].fetchall()}, variants={}, skus={}, people={},
        stock={}, limits={}, reservations={}, loads={}, locked=locked,
    )  # fmt: skip
    # fetchall loads rows in compiled code; iterating a cursor loads each by itself.
    _take_variants(picture, cursors[1].fetchall())
    if keys:
        _take_people(picture, cursors[2].fetchall())
    _lock(conn, picture, group, keys, cursors[3].fetchall(), wanted_reservations)
    return picture


def _take_variants(picture: Picture, rows: Iterable[Any]) -> None:
    for channel, key, variant, sku, title, weight, parts in rows:
        if parts:
            leaves = tuple((UUID(p[0]), p[1]) for p in parts)
            picture.skus.update((UUID(p[0]), p[3]) for p in parts)
            weight = weight if weight is not None else sum(p[1] * p[2] for p in parts)
        else:
            leaves = ((variant, 1),)
        picture.variants[channel, key] = Sold(variant, sku, title, weight or 0, leaves, bool(parts))
        picture.skus[variant] = sku


def _take_people(picture: Picture, rows: Iterable[Any]) -> None:
    for kind, scope, value, customer, profile, name in rows:
        picture.people[Key(kind, scope, value)] = (customer, profile, name)


def _lock(
    conn: psycopg.Connection[Any], picture: Picture, group: Sequence[Request], keys: set[Key],
    peeked: list[Any], wanted: set[UUID],
) -> None:  # fmt: skip
    variants = {part for r in group if r.mode != "skip" for part in parts(picture, r)}
    sold = {s.id for s in picture.variants.values()}
    lapsed = {r for r, variant, over in peeked if over and (r in wanted or variant in variants)}
    if lapsed:
        raise Lapsed(sorted(lapsed))
    opened = {r for r, _, over in peeked if not over}
    if opened and not picture.locked:
        raise Contested
    variants |= {variant for r, variant, _ in peeked if r in opened}
    unknown = keys - picture.people.keys()
    capped = picture.setup.capped
    cursors = [psycopg.Cursor(conn) for _ in range(6)]
    with conn.pipeline():
        if unknown:
            lock_identifiers(cursors[0], unknown)
            find_identifiers(cursors[1], unknown)
        if capped:
            # Before stock, as everywhere. Groups that share a day's capacity go one after another.
            lock_capacity(cursors[5])
        if variants and picture.locked:
            promise.lock_levels(cursors[2], variants)
            promise.lock_limits(cursors[3], variants | sold)
        elif variants:
            promise.read_levels(cursors[2], variants)
        if opened:
            promise.lock_reservations(cursors[4], opened)
        if capped:
            cursors[5].execute(load("fulfillment", "loads"), [list(capped), picture.now])
    if unknown:
        _take_people(picture, cursors[1].fetchall())
    if variants:
        picture.stock = {
            (location, variant): available for variant, location, available in cursors[2].fetchall()
        }
    if variants and picture.locked:
        for key, variant, channel, limit, taken, available_on in cursors[3].fetchall():
            picture.limits[variant, channel] = Limit(key, limit, taken, available_on)
    if opened:
        for key, channel, expires_at, variant, location, quantity in cursors[4].fetchall():
            kept = picture.reservations.setdefault(key, Kept(channel, expires_at))
            kept.lines.append(((location, variant), quantity))
    if capped:
        picture.loads = loads_of(capped, cursors[5].fetchall())


def parts(picture: Picture, request: Request) -> Iterable[UUID]:
    """The variants whose stock an order asks for, components in place of bundles."""
    channel = picture.setup.channels.get(request.order.channel)
    if channel is None:
        return
    for key in request.keys:
        sold = picture.variants.get((channel.id, key))
        if sold is not None:
            for part, _ in sold.parts:
                yield part
