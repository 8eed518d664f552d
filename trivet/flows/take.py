"""An order that waits takes units of later orders that nobody has begun to pick (row C6); both tell of it.

Who came first has the better right: only orders placed later give, the latest first, and they wait for the units as
backorders then. How the units are shipped is planned by the rules of routing, and no more is taken than that needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from trivet.company.queries import setup
from trivet.flows import backorders, queue
from trivet.flows.backorders import Claimed, look_again
from trivet.flows.story import story
from trivet.fulfillment.actions.change import cut
from trivet.fulfillment.queries.givers import Offer, offers
from trivet.inventory.actions.allocations import release
from trivet.inventory.actions.levels import Key, lock_all, tell
from trivet.inventory.actions.limits import count_backorders
from trivet.inventory.rules import Level
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import NotFound, WrongState
from trivet.orders.actions.counters import LineDelta, move_units
from trivet.orders.models import Order, OrderLine
from trivet.orders.queries.waiting import FRONT, waiting_lines


@dataclass(frozen=True, slots=True)
class Gift:
    """Units that an order gives: of which SKU, from which place (its code), to be waited for by order ``number``."""

    order: UUID
    number: int
    sku: str
    place: str
    units: int


@dataclass(frozen=True, slots=True)
class Taking:
    """What an order would take, or took."""

    number: int
    version: int
    gifts: tuple[Gift, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    row: Order
    front: Claimed
    mine: Claimed
    given: tuple[tuple[Offer, int], ...]

    def told(self) -> Taking:
        places = setup().places
        sums: dict[tuple[UUID, int, str, str], int] = {}
        for o, n in self.given:
            key = (o.order, o.number, o.sku, places[o.location].code)
            sums[key] = sums.get(key, 0) + n
        return Taking(self.row.number, self.row.version, tuple(Gift(*key, n) for key, n in sums.items()))


def preview(order: UUID, *, now: datetime) -> Taking:
    """What :func:`take` would take, without taking it."""
    with transaction.atomic():
        told = _look(order, now).told()
        transaction.set_rollback(True)
    return told


@story
def take(order: UUID, *, by: Actor, now: datetime, expected_version: int | None = None) -> Taking:
    """Give ``order`` what it waits for out of what later orders hold.

    :class:`WrongState` when it waits for nothing, when no later order can give, or its version is another.
    """
    seen = _look(order, now)
    if expected_version is not None and expected_version != seen.row.version:
        raise WrongState("someone changed the order meanwhile", version=seen.row.version)
    if not seen.given:
        raise WrongState("no later order has units to give")
    after = _give(seen, by, now)
    tell(after, by=by, at=now)
    after |= backorders.fill(seen.mine, by=by, now=now)
    told = seen.told()
    record(
        "order.units_taken", ("order", order), by=by, at=now, number=seen.row.number,
        lines=[{"sku": g.sku, "quantity": g.units, "location": g.place, "order": g.number} for g in told.gifts],
    )  # fmt: skip
    queue.serve(look_again(seen.front), after, by=by, now=now)
    return told


def _look(order: UUID, now: datetime) -> _Seen:
    row = Order.objects.filter(id=order).first()
    if row is None:
        raise NotFound("there is no such order")
    keys = list(OrderLine.objects.filter(order=order).order_by("position").values_list("id", flat=True))
    variants = {part for line in waiting_lines(keys, ()).values() for part, _ in line.parts}
    offered = offers(row, variants)
    front = backorders.claim(sorted(variants), orders=[order, *(o.order for o in offered)])
    lines = waiting_lines(keys, ())
    if not lines or front.orders[order].lifecycle != "open":
        raise WrongState("the order waits for nothing")
    lock_all(variants)
    # What was offered a moment ago may be cancelled or begun by now; under lock it stays as it is.
    offered = [o for o in offers(front.orders[order], variants) if o.order in front.orders]
    mine = Claimed((), front.orders, {k: lines[k] for k in keys if k in lines}, FRONT, more=False)
    return _Seen(front.orders[order], front, mine, _chosen(mine, offered, now))


def _chosen(mine: Claimed, offered: Sequence[Offer], now: datetime) -> tuple[tuple[Offer, int], ...]:
    more: dict[tuple[UUID, UUID], int] = {}
    for o in offered:
        at = (o.location, o.variant)
        more[at] = more.get(at, 0) + o.quantity
    lacking: dict[tuple[UUID, UUID], int] = {}
    for new in backorders.would_take(mine, more, now=now):
        at = (new.location, new.variant)
        lacking[at] = lacking.get(at, 0) + new.quantity
    for (variant, place), level in lock_all({v for _, v in lacking}).items():
        if (place, variant) in lacking:
            lacking[place, variant] -= max(0, level.available)
    found = []
    for o in offered:
        n = min(o.quantity, max(0, lacking.get((o.location, o.variant), 0)))
        if n:
            lacking[o.location, o.variant] -= n
            found.append((o, n))
    return tuple(found)


def _give(seen: _Seen, by: Actor, now: datetime) -> dict[Key, Level]:
    after: dict[Key, Level] = {}
    limits: dict[tuple[UUID, UUID], int] = {}
    by_order: dict[UUID, list[tuple[Offer, int]]] = {}
    for o, n in seen.given:
        by_order.setdefault(o.order, []).append((o, n))
        limits[o.variant, o.channel] = limits.get((o.variant, o.channel), 0) + n
    for giver, given in by_order.items():
        units: Mapping[UUID, int] = {o.allocation: n for o, n in given}
        after |= release(giver, units, by=by, now=now)
        cut(giver, units, by=by, now=now)
        move_units([LineDelta(giver, o.line, allocated=-n, backordered=n) for o, n in given])
    count_backorders(limits)
    places = setup().places
    for giver, given in by_order.items():
        record(
            "order.units_given", ("order", giver), by=by, at=now, number=given[0][0].number, order=seen.row.number,
            lines=[
                {"sku": o.sku, "quantity": n, "location": places[o.location].code} for o, n in given
            ],
        )  # fmt: skip
    return after
