"""Physical facts: goods came in, were counted, moved between states, were sold at a till. Never refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from trivet.inventory.actions.levels import Key, Move, ensure_and_lock, move, tell
from trivet.inventory.models import StockEntry
from trivet.inventory.queries.spots import Spot, spot
from trivet.inventory.rules import MAX_UNITS, STATES, Delta, Level
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid
from trivet.lib.ids import new_id

MAX_ON_HAND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Changed:
    """A level after a fact; ``change`` is what the fact added to ``on_hand`` (or to the state it names)."""

    spot: Spot
    level: Level
    change: int

    @property
    def key(self) -> Key:
        """The level's key."""
        return self.spot.key


@transaction.atomic
def receive(sku: str, place: str, quantity: int, *, by: Actor, now: datetime, reference: str = "") -> Changed:
    """Goods came in."""
    check_units("quantity", quantity)
    _check_text("reference", reference)
    return _happen(spot(sku, place), "receive", Delta(on_hand=quantity), reference, "stock.received", by, now)


@transaction.atomic
def record_sale_elsewhere(
    sku: str, place: str, quantity: int, *, by: Actor, now: datetime, reference: str = ""
) -> Changed:
    """Units left over a counter that we hear of afterwards; on_hand may go below zero."""
    check_units("quantity", quantity)
    _check_text("reference", reference)
    where = spot(sku, place)
    why = reference or "offline_sale"
    return _happen(where, "ship", Delta(on_hand=-quantity), why, "stock.sold_elsewhere", by, now)


@transaction.atomic
def change_state(
    sku: str, place: str, state: str, change: int, *, by: Actor, now: datetime, reason: str = ""
) -> Changed:
    """Move units into (or, negative, out of) ``damaged``, ``quality_control`` or ``safety_stock``.

    :class:`Invalid` when more would leave the state than are in it.
    """
    if state not in STATES:
        raise Invalid("state", f"must be one of {', '.join(STATES)}")
    if change == 0:
        raise Invalid("change", "must not be zero")
    check_units("change", abs(change))
    _check_text("reason", reason)
    where = spot(sku, place)
    held = getattr(ensure_and_lock([where.key])[where.key], state)
    if held + change < 0:
        raise Invalid("change", f"only {held} units are in this state", held=held)
    kind = "damage" if state == "damaged" else "state"
    return _happen(where, kind, Delta(**{state: change}), reason, "stock.state_changed", by, now, state=state)


@transaction.atomic
def set_count(sku: str, place: str, on_hand: int, *, by: Actor, now: datetime, reason: str = "") -> Changed:
    """What a count (or an opening balance) found; the difference becomes an entry. The same count twice is nothing."""
    if not 0 <= on_hand <= MAX_ON_HAND:
        raise Invalid("on_hand", f"must be from 0 to {MAX_ON_HAND}")
    _check_text("reason", reason)
    where = spot(sku, place)
    before = ensure_and_lock([where.key])[where.key]
    if before.on_hand == on_hand:
        return Changed(where, before, 0)
    known = StockEntry.objects.filter(variant=where.variant, location=where.location).exists()
    kind = "count" if known else "open"
    change = on_hand - before.on_hand
    return _happen(where, kind, Delta(on_hand=change), reason, "stock.counted", by, now, counted=on_hand)


def _happen(
    where: Spot, kind: str, delta: Delta, reason: str, event: str, by: Actor, now: datetime, **facts: object
) -> Changed:
    ensure_and_lock([where.key])
    after = move([Move(where.key, kind, delta, (kind, new_id()), reason)], by=by, at=now)
    change = delta.on_hand + delta.damaged + delta.quality_control + delta.safety_stock
    record(
        event, ("variant", where.variant), by=by, at=now, sku=where.sku, location=where.place, change=change,
        reason=reason, **facts,
    )  # fmt: skip
    tell(after, by=by, at=now)
    return Changed(where, after[where.key], change)


def check_units(field: str, units: int) -> None:
    """From 1 to a million units."""
    if not 1 <= units <= MAX_UNITS:
        raise Invalid(field, f"must be from 1 to {MAX_UNITS}")


def _check_text(field: str, text: str) -> None:
    if len(text) > 500 or "\x00" in text:
        raise Invalid(field, "may have 500 characters at most")
