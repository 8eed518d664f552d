"""Stories of stock as the doors tell them: a fact, the cases it opens or settles, the backorders it feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from trivet.flows import queue, shortfall, write_offs
from trivet.flows.backorders import Claimed
from trivet.flows.story import story
from trivet.inventory.actions import adjust as adjusting
from trivet.inventory.actions import facts, limits
from trivet.inventory.actions.adjust import Adjusted
from trivet.inventory.actions.facts import Changed
from trivet.inventory.queries.desk import variant_of_request
from trivet.inventory.queries.spots import spot
from trivet.inventory.rules import Level
from trivet.journal.rules import Actor

Done = TypeVar("Done", Changed, Adjusted)


@story
def receive(sku: str, place: str, quantity: int, *, by: Actor, now: datetime, reference: str = "") -> Level:
    """Goods came in. Backorders get them first, the oldest promise before the others, in this transaction."""
    waiting = queue.front([spot(sku, place).variant])
    changed = facts.receive(sku, place, quantity, by=by, now=now, reference=reference)
    return _served(waiting, changed, by, now).level


@story
def adjust(
    sku: str, place: str, change: int, reason: str, *, by: Actor, now: datetime, note: str = ""
) -> Adjusted:
    """Change what is on hand for a reason; above the limit of the settings a second person is asked."""
    waiting = queue.front([spot(sku, place).variant] if change > 0 else [])
    done = adjusting.adjust(
        sku, place, change, reason, by=by, now=now, note=note, limit=write_offs.approval_limit()
    )
    return done if done.request else _served(waiting, done, by, now)


@story
def approve_adjustment(request: UUID, *, by: Actor, now: datetime) -> Adjusted:
    """Let a waiting adjustment take effect: another person than who asked."""
    waiting = queue.front([variant_of_request(request)])
    return _served(waiting, adjusting.approve_adjustment(request, by=by, now=now), by, now)


@story
def decline_adjustment(request: UUID, *, by: Actor, now: datetime) -> None:
    """Refuse a waiting adjustment."""
    adjusting.decline_adjustment(request, by=by, now=now)


@story
def set_count(sku: str, place: str, on_hand: int, *, by: Actor, now: datetime, reason: str = "") -> Changed:
    """What a count or an opening balance found. The same count again changes nothing.

    It is never refused; one that writes off more than one person may opens a case for a second person.
    """
    waiting = queue.front([spot(sku, place).variant])
    changed = facts.set_count(sku, place, on_hand, by=by, now=now, reason=reason)
    write_offs.look_at([(changed.spot, changed.change)], by=by, now=now)
    return _served(waiting, changed, by, now)


@story
def change_state(
    sku: str, place: str, state: str, change: int, *, by: Actor, now: datetime, reason: str = ""
) -> Changed:
    """Move units into or out of ``damaged``, ``quality_control`` or ``safety_stock``."""
    waiting = queue.front([spot(sku, place).variant] if change < 0 else [])
    changed = facts.change_state(sku, place, state, change, by=by, now=now, reason=reason)
    return _served(waiting, changed, by, now)


@story
def record_sale_elsewhere(
    sku: str, place: str, quantity: int, *, by: Actor, now: datetime, reference: str = ""
) -> Changed:
    """Units that left over a counter; never refused, a shortfall opens a case."""
    changed = facts.record_sale_elsewhere(sku, place, quantity, by=by, now=now, reference=reference)
    if by.kind == "user":
        # A till that reports its sales does so all day; who types in a large one is looked at like who counts.
        write_offs.look_at([(changed.spot, changed.change)], by=by, now=now)
    shortfall.refresh([changed.spot.key], by=by, now=now)
    return changed


@story
def set_backorder_limit(
    sku: str, channel: str | None, limit: int | None, available_on: date | None, *, by: Actor, now: datetime
) -> None:
    """How many units may be sold beyond stock on a channel (all: None), and what day customers are told."""
    limits.set_backorder_limit(sku, channel, limit, available_on, by=by, now=now)


def _served(waiting: Claimed, done: Done, by: Actor, now: datetime) -> Done:
    key = done.spot.key
    return replace(done, level=queue.serve(waiting, {key: done.level}, by=by, now=now)[key])
