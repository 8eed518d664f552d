"""Stories of stock as the doors tell them: a fact, the cases it opens or settles, the backorders it feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings

from trivet.flows import backorders, jobs, shortfall
from trivet.flows.story import story
from trivet.inventory.actions import adjust as adjusting
from trivet.inventory.actions import facts, limits
from trivet.inventory.actions import reserve as reserving
from trivet.inventory.actions.adjust import Adjusted
from trivet.inventory.actions.facts import Changed
from trivet.inventory.actions.reserve import Reserved
from trivet.inventory.queries.spots import spot
from trivet.inventory.rules import ApprovalLimit, Level
from trivet.journal.rules import Actor


@story
def receive(sku: str, place: str, quantity: int, *, by: Actor, now: datetime, reference: str = "") -> Level:
    """Goods came in. Backorders get them first, the oldest promise before the others, in this transaction."""
    where = spot(sku, place)
    waiting = backorders.claim([where.variant])
    changed = facts.receive(sku, place, quantity, by=by, now=now, reference=reference)
    return _after_gain(changed, waiting, by, now)


@story
def adjust(
    sku: str, place: str, change: int, reason: str, *, by: Actor, now: datetime, note: str = ""
) -> Adjusted:
    """Change what is on hand for a reason; above the limit of the settings a second person is asked."""
    done = adjusting.adjust(sku, place, change, reason, by=by, now=now, note=note, limit=approval_limit())
    if done.request is None:
        _after_adjusting(done, by, now)
    return done


@story
def approve_adjustment(request: UUID, *, by: Actor, now: datetime) -> Adjusted:
    """Let a waiting adjustment take effect: another person than who asked."""
    done = adjusting.approve_adjustment(request, by=by, now=now)
    _after_adjusting(done, by, now)
    return done


@story
def decline_adjustment(request: UUID, *, by: Actor, now: datetime) -> None:
    """Refuse a waiting adjustment."""
    adjusting.decline_adjustment(request, by=by, now=now)


@story
def set_count(sku: str, place: str, on_hand: int, *, by: Actor, now: datetime, reason: str = "") -> Changed:
    """What a count or an opening balance found. The same count again changes nothing."""
    return _after(facts.set_count(sku, place, on_hand, by=by, now=now, reason=reason), by, now)


@story
def change_state(
    sku: str, place: str, state: str, change: int, *, by: Actor, now: datetime, reason: str = ""
) -> Changed:
    """Move units into or out of ``damaged``, ``quality_control`` or ``safety_stock``."""
    return _after(facts.change_state(sku, place, state, change, by=by, now=now, reason=reason), by, now)


@story
def record_sale_elsewhere(
    sku: str, place: str, quantity: int, *, by: Actor, now: datetime, reference: str = ""
) -> Changed:
    """Units that left over a counter; never refused, a shortfall opens a case."""
    changed = facts.record_sale_elsewhere(sku, place, quantity, by=by, now=now, reference=reference)
    return _after(changed, by, now)


@story
def set_backorder_limit(
    sku: str, channel: str | None, limit: int | None, available_on: date | None, *, by: Actor, now: datetime
) -> None:
    """How many units may be sold beyond stock on a channel (all: None), and what day customers are told."""
    limits.set_backorder_limit(sku, channel, limit, available_on, by=by, now=now)


@story
def reserve(
    channel: str,
    lines: Sequence[tuple[str, int]],
    ttl: timedelta,
    *,
    by: Actor,
    now: datetime,
    reference: str = "",
) -> Reserved:
    """Keep units for a buyer for a while; all lines or :class:`~trivet.lib.errors.OutOfStock`."""
    return reserving.reserve(channel, lines, ttl, by=by, now=now, reference=reference)


@story
def release_reservation(key: UUID, *, by: Actor, now: datetime) -> None:
    """Give reserved units back before their time."""
    reserving.release_reservation(key, by=by, now=now)


def approval_limit() -> ApprovalLimit:
    """Up to what one person may adjust alone, as set."""
    return ApprovalLimit(settings.ADJUST_LIMIT_MINOR, settings.ADJUST_LIMIT_UNITS)


def _after_gain(changed: Changed, waiting: backorders.Claimed, by: Actor, now: datetime) -> Level:
    touched = backorders.fill(waiting, by=by, now=now)
    shortfall.refresh({changed.key, *touched}, by=by, now=now)
    if waiting.more:
        jobs.defer_backorders([changed.spot.variant])
    return touched.get(changed.key, changed.level)


def _after(changed: Changed, by: Actor, now: datetime) -> Changed:
    shortfall.refresh([changed.key], by=by, now=now)
    jobs.defer_backorders([changed.spot.variant])
    return changed


def _after_adjusting(done: Adjusted, by: Actor, now: datetime) -> None:
    shortfall.refresh([done.spot.key], by=by, now=now)
    jobs.defer_backorders([done.spot.variant])
