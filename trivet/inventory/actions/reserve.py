"""Soft promises that end by themselves: reserved all or nothing, ended by the first who looks after their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from trivet.catalog.queries import components, variants_on
from trivet.catalog.rules import sku_key
from trivet.company.queries import setup
from trivet.inventory.actions import promise
from trivet.inventory.actions.levels import Key, Move, lock, lock_all, move, tell
from trivet.inventory.models import Reservation, ReservationLine
from trivet.inventory.rules import MAX_UNITS, RESERVATION, Delta, Level, choose_places
from trivet.journal.actions import record
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import Invalid, NotFound, OutOfStock, WrongState

LONGEST = timedelta(days=30)
MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reservation; ``lines`` are (SKU asked for, place, component SKU's key, units)."""

    id: UUID
    expires_at: datetime
    lines: tuple[tuple[str, UUID, UUID, int], ...]


@transaction.atomic
def reserve(
    channel: str,
    lines: Sequence[tuple[str, int]],
    ttl: timedelta,
    places: Sequence[UUID],
    *,
    by: Actor,
    now: datetime,
    reference: str = "",
) -> Reserved:
    """Keep units for a buyer on ``channel`` until ``now + ttl``; all lines or :class:`OutOfStock`.

    Each line comes from one of ``places``, the first that does, less what stays behind there (``min_stock``); a
    bundle's components come from one place. SKUs may be the channel's own names.
    """
    if not timedelta() < ttl <= LONGEST:
        raise Invalid("ttl", "must be from one second to 30 days")
    known = setup()
    row = known.channels.get(channel)
    if row is None or not row.active:
        raise Invalid("channel", f"there is no channel {channel!r}")
    wanted = _wanted(row.id, lines)
    parts = {part for _, bag in wanted for part in bag}
    levels = lock_all(parts)
    stock = {
        key: level.available - known.places[key[1]].min_stock
        for key, level in levels.items()
        if key[0] in parts and key[1] in places
    }
    chosen = choose_places([bag for _, bag in wanted], stock, places)
    if chosen is None:
        short = [sku for sku, bag in wanted if not _alone(bag, stock)]
        raise OutOfStock("not enough stock", skus=short or [sku for sku, _ in wanted])
    kept = [
        (sku, place, part, units)
        for (sku, bag), place in zip(wanted, chosen, strict=True)
        for part, units in sorted(bag.items())
    ]
    reservation = Reservation.objects.create(
        channel_id=row.id, reference=reference[:200], created_at=now, expires_at=now + ttl
    )
    ReservationLine.objects.bulk_create(
        ReservationLine(
            reservation=reservation, variant_id=part, location_id=place, quantity=units, sold_sku=sku
        )
        for sku, place, part, units in kept
    )
    cause = ("reservation", reservation.id)
    moves = [Move((part, place), "reserve", Delta(reserved=units), cause) for _, place, part, units in kept]
    after = move(moves, by=by, at=now)
    record(
        "reservation.made", ("reservation", reservation.id), by=by, at=now, channel=channel, reference=reference,
        expires_at=reservation.expires_at, lines=[{"sku": sku, "quantity": n} for sku, n in lines],
    )  # fmt: skip
    tell(after, by=by, at=now)
    return Reserved(reservation.id, reservation.expires_at, tuple(kept))


@transaction.atomic
def release_reservation(key: UUID, *, by: Actor, now: datetime) -> dict[Key, Level]:
    """Give the units back; the changed levels, told of. :class:`WrongState` when it has ended already."""
    found = Reservation.objects.filter(id=key).first()
    if found is None:
        raise NotFound("there is no such reservation")
    after = _end([key], "release", now, by)
    if not after:
        state = Reservation.objects.values_list("state", flat=True).get(id=key)
        raise WrongState("the reservation has ended", state=state)
    return after


@transaction.atomic
def end_lapsed(keys: Sequence[UUID], *, now: datetime) -> dict[Key, Level]:
    """End those of the reservations that are still active; the changed levels, told of."""
    return _end(keys, "expire", now, SYSTEM)


def _wanted(channel: UUID, lines: Sequence[tuple[str, int]]) -> list[tuple[str, dict[UUID, int]]]:
    if not 1 <= len(lines) <= MAX_LINES:
        raise Invalid("lines", f"must have 1 to {MAX_LINES} entries")
    found = variants_on(channel, [sku for sku, _ in lines])
    units: dict[UUID, int] = {}
    names: dict[UUID, str] = {}
    for n, (sku, quantity) in enumerate(lines):
        variant = found.get(sku_key(sku))
        if variant is None:
            raise Invalid(f"lines[{n}].sku", f"there is no SKU {sku}")
        if not 1 <= quantity <= MAX_UNITS:
            raise Invalid(f"lines[{n}].quantity", f"must be from 1 to {MAX_UNITS}")
        units[variant.id] = units.get(variant.id, 0) + quantity
        names[variant.id] = variant.sku
    parts = components(units)
    return [(names[v], {part: n * per_unit for part, per_unit in parts[v].items()}) for v, n in units.items()]


def _alone(bag: dict[UUID, int], stock: dict[Key, int]) -> bool:
    places = {place for _, place in stock}
    return any(all(stock.get((part, place), 0) >= n for part, n in bag.items()) for place in places)


def _end(keys: Sequence[UUID], verb: str, now: datetime, by: Actor) -> dict[Key, Level]:
    lines = ReservationLine.objects.filter(reservation__in=keys)
    lock({(v, p) for v, p in lines.values_list("variant_id", "location_id")})
    after = _give_back(keys, verb, now, by)
    tell(after, by=by, at=now)
    return after


def _give_back(keys: Sequence[UUID], verb: str, now: datetime, by: Actor) -> dict[Key, Level]:
    if not keys:
        return {}
    kind = "expire" if verb == "expire" else "unreserve"
    with connection.cursor() as cursor:
        promise.lock_reservations(cursor, keys)
        rows = cursor.fetchall()
        promise.end_reservations(cursor, {row[0]: RESERVATION.target(verb) for row in rows}, now)
    moves = [
        Move((variant, location), kind, Delta(reserved=-quantity), ("reservation", key))
        for key, _, _, variant, location, quantity in rows
    ]
    for key in dict.fromkeys(row[0] for row in rows):
        record(f"reservation.{RESERVATION.target(verb)}", ("reservation", key), by=by, at=now)
    return move(moves, by=by, at=now)
