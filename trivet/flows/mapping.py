"""Mapping: a channel's unknown SKU gets a meaning, and the orders that waited for it go on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from trivet.catalog.actions.listings import map_listing
from trivet.catalog.queries import VariantRow, components, variants_by_sku, variants_on
from trivet.company.queries import setup
from trivet.flows import backorders, shortfall
from trivet.flows.hold import go_on
from trivet.flows.story import story
from trivet.inventory.actions.limits import count_backorders
from trivet.journal.actions import record
from trivet.journal.actions.exceptions import settle
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import NotFound
from trivet.orders.actions.counters import LineDelta, lock_orders, move_units
from trivet.orders.actions.hold import place_hold, release_kinds
from trivet.orders.actions.map_lines import map_lines
from trivet.orders.models import Order, OrderLine
from trivet.orders.queries.unmapped import lines_waiting_for, orders_waiting_for, still_unmapped, unmapped

BATCH = 100


def map_sku(channel: str, external_sku: str, sku: str, *, by: Actor, now: datetime) -> int:
    """Let a channel's ``external_sku`` mean our ``sku`` from now on, and replay what waits for it; how many orders.

    Orders are replayed in small transactions: should one be cut off, the minute job goes on with the rest.
    """
    known = setup().channels.get(channel)
    if known is None:
        raise NotFound(f"there is no channel {channel}", field="channel")
    variant = variants_by_sku([sku]).get(sku.strip().upper())
    if variant is None:
        raise NotFound(f"there is no SKU {sku}", field="sku")
    _remember(known.id, external_sku, variant.id, by, now)
    return _replay_all(known.id, external_sku.strip(), variant, by, now)


def replay_known(*, now: datetime) -> int:
    """Replay lines whose SKU is known by now (a product was added, a replay was cut off); how many orders."""
    done = 0
    for row in unmapped():
        variant = variants_on(row.channel, [row.sku]).get(row.sku.strip().upper())
        if variant is not None:
            done += _replay_all(row.channel, row.sku, variant, SYSTEM, now)
    return done


@story
def _remember(channel: UUID, external_sku: str, variant: UUID, by: Actor, now: datetime) -> None:
    map_listing(channel, external_sku, variant, by=by, now=now)


def _replay_all(channel: UUID, external_sku: str, variant: VariantRow, by: Actor, now: datetime) -> int:
    done = 0
    while True:
        replayed = _replay(channel, external_sku, variant, by, now)
        done += replayed
        if replayed < BATCH:
            return done


@story
def _replay(channel: UUID, external_sku: str, variant: VariantRow, by: Actor, now: datetime) -> int:
    orders = lock_orders(orders_waiting_for(channel, external_sku, BATCH))
    # Read under lock: what waited a moment ago may be mapped or cancelled by now.
    waiting = lines_waiting_for(list(orders), external_sku)
    if not waiting:
        return 0
    parts = components([variant.id])[variant.id]
    lines = [line for found in waiting.values() for line in found]
    map_lines(lines, variant.id, variant.sku, variant.title, parts, is_bundle=variant.is_bundle)
    for key, found in waiting.items():
        record(
            "order.mapped", ("order", key), by=by, at=now, number=orders[key].number, external_sku=external_sku,
            sku=variant.sku, lines=[str(line) for line in found],
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
    go_on(key)


def _short(line: OrderLine) -> int:
    return line.quantity - line.cancelled - line.shipped - line.allocated - line.backordered
