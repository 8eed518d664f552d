"""Mapping: a channel's unknown SKU or title gets a meaning, and the orders that waited for it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trivet.catalog.actions.listings import map_listing
from trivet.catalog.queries import VariantRow, components, variants_by_sku, variants_called
from trivet.catalog.rules import clean, line_key, sku_key
from trivet.company.queries import setup
from trivet.flows import backorders, shortfall
from trivet.flows.hold import go_on
from trivet.flows.housekeeping import open_waiting
from trivet.flows.story import story
from trivet.inventory.actions.limits import count_backorders
from trivet.inventory.queries.desk import available_of
from trivet.journal.actions import record
from trivet.journal.actions.exceptions import settle
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import NotFound
from trivet.orders.actions.counters import LineDelta, move_units
from trivet.orders.actions.hold import place_hold, release_kinds
from trivet.orders.actions.map_lines import map_lines
from trivet.orders.models import Order, OrderLine
from trivet.orders.queries.unmapped import (
    WaitingOrder,
    lines_waiting_for,
    orders_waiting_for,
    still_unmapped,
    total_waiting,
    unmapped,
    waiting_for,
)

BATCH = 100
MOST = 10_000
"""Unknown SKUs that are looked up in one go."""


@dataclass(frozen=True, slots=True)
class Called:
    """What a channel calls one of its goods: ``sku``, or ``title`` where its lines have no SKU."""

    channel: UUID
    sku: str
    title: str

    @property
    def key(self) -> str:
        """Equal for all lines that mean the same."""
        return line_key(self.sku, self.title)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a mapping would do: the orders that go on (the first of them), their units, and what there is for them.

    ``now_means`` is the SKU that the code means so far, empty for none.
    """

    channel: str
    sku: str
    title: str
    now_means: str
    orders: tuple[WaitingOrder, ...]
    count: int
    units: int
    available: int


def look(channel: str, external_sku: str, sku: str, *, title: str = "", most: int = 20) -> Outlook:
    """Work out what :func:`map_sku` would do without doing it; errors as there."""
    called, variant = _meant(channel, external_sku, title, sku)
    parts = components([variant.id])[variant.id]
    free = available_of(parts)
    count, units = total_waiting(called.channel, called.key)
    known = variants_called(called.channel, [called.key]).get(called.key)
    return Outlook(
        channel, variant.sku, variant.title, known.sku if known else "",
        tuple(waiting_for(called.channel, called.key, most)), count, units,
        min((free.get(part, 0) // n for part, n in parts.items()), default=0),
    )  # fmt: skip


def _meant(channel: str, external_sku: str, title: str, sku: str) -> tuple[Called, VariantRow]:
    known = setup().channels.get(channel)
    if known is None:
        raise NotFound(f"there is no channel {channel}", field="channel")
    variant = variants_by_sku([sku]).get(sku_key(sku))
    if variant is None:
        raise NotFound(f"there is no SKU {sku}", field="sku")
    return Called(known.id, clean(external_sku), clean(title)), variant


def map_sku(
    channel: str, external_sku: str, sku: str, *, by: Actor, now: datetime, title: str = ""
) -> int:  # fmt: skip
    """Let a channel's ``external_sku`` mean our ``sku`` from now on, and replay what waits for it; how many orders.

    Without an ``external_sku`` it is the ``title`` of lines that come with no SKU.
    Orders are replayed in small transactions: should one be cut off, the minute job goes on with the rest.
    """
    called, variant = _meant(channel, external_sku, title, sku)
    _remember(called, variant.id, by, now)
    return _replay_all(called, variant, by, now)


def replay_known(*, now: datetime) -> int:
    """Replay lines whose SKU is known by now (a product was added, a replay was cut off); how many orders."""
    waiting: dict[UUID, dict[str, Called]] = {}
    for row in unmapped(MOST):
        waiting.setdefault(row.channel, {})[row.key] = Called(row.channel, row.sku, row.title)
    return sum(
        _replay_all(called[key], variant, SYSTEM, now)
        for channel, called in waiting.items()
        for key, variant in variants_called(channel, called.keys()).items()
    )


@story
def _remember(called: Called, variant: UUID, by: Actor, now: datetime) -> None:
    map_listing(called.channel, called.sku, variant, by=by, now=now, title=called.title)


def _replay_all(called: Called, variant: VariantRow, by: Actor, now: datetime) -> int:
    done = 0
    while True:
        replayed = _replay(called, variant, by, now)
        done += replayed
        if replayed < BATCH:
            return done


@story
def _replay(called: Called, variant: VariantRow, by: Actor, now: datetime) -> int:
    parts = components([variant.id])[variant.id]
    # Who waits for this stock already is locked with those that will, all orders in one turn and before any stock.
    asked = orders_waiting_for(called.channel, called.key, BATCH)
    orders = backorders.claim(sorted(parts), orders=asked).orders
    # Read under lock: what waited a moment ago may be mapped or cancelled by now.
    waiting = lines_waiting_for(asked, called.key)
    if not waiting:
        return 0
    lines = [line for found in waiting.values() for line in found]
    map_lines(lines, variant.id, variant.sku, variant.title, parts, is_bundle=variant.is_bundle)
    for key, found in waiting.items():
        record(
            "order.mapped", ("order", key), by=by, at=now, number=orders[key].number, external_sku=called.sku,
            title=called.title, sku=variant.sku, lines=[str(line) for line in found],
        )  # fmt: skip
    # While the hold binds, the lines stand in the queue of those that wait for stock, in their turn.
    claimed = backorders.claim(sorted(parts))
    touched = backorders.fill(claimed, by=by, now=now, cause="mapped")
    shortfall.refresh(touched, by=by, now=now)
    left = still_unmapped(list(waiting))
    for key in waiting:
        if key not in left:
            _go_on(key, by, now)
    return len(waiting)


def _go_on(key: UUID, by: Actor, now: datetime) -> None:
    order = Order.objects.get(id=key)
    short = {line: n for line in OrderLine.objects.filter(order=key) if (n := _short(line)) > 0}
    if short and order.on_shortage == "backorder":
        move_units([LineDelta(key, line.id, backordered=n) for line, n in short.items()])
        count_backorders(
            {
                (line.variant_id, order.channel_id): n
                for line, n in short.items()
                if line.variant_id is not None
            }
        )
    elif short:
        # Too late to refuse: the order is stored, so it waits for stock or a person.
        place_hold(order, "stock", by=SYSTEM, now=now, reason="not enough stock for the whole order")
    release_kinds(order, {"mapping"}, by=by, now=now, why="every SKU is known")
    settle("mapping", key, by=by, at=now, resolution="every SKU is known")
    open_waiting([key], now=now)
    go_on(key)


def _short(line: OrderLine) -> int:
    return line.quantity - line.cancelled - line.shipped - line.allocated - line.backordered
