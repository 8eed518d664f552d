"""Reason-coded adjustments; a large one waits for a second person before it touches the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from trivet.inventory.actions.facts import check_units
from trivet.inventory.actions.levels import Move, ensure_and_lock, move, tell
from trivet.inventory.models import AdjustmentRequest
from trivet.inventory.queries.spots import Spot, spot
from trivet.inventory.queries.write_offs import unit_costs, written_off
from trivet.inventory.rules import ADJUST_REASONS, ApprovalLimit, Delta, Level
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Forbidden, Invalid, NotFound, WrongState
from trivet.lib.ids import new_id


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What an adjustment did: the level after it, or the request that waits (then the level is as before).

    ``value_minor`` is what the units cost us, None when no unit cost is known.
    """

    spot: Spot
    level: Level
    request: UUID | None
    value_minor: int | None
    currency: str


@transaction.atomic
def adjust(
    sku: str, place: str, change: int, reason: str, *, by: Actor, now: datetime, note: str = "",
    limit: ApprovalLimit | None = None,
) -> Adjusted:  # fmt: skip
    """Change what is on hand by ``change`` units for a reason.

    Above ``limit`` (row C13, H9) nothing changes yet: a request waits for a second person. What the same person has
    written off of this SKU at this place within the last 24 hours counts with what is to be written off now; and more
    than is there, by the book, nobody writes off alone.
    """
    if reason not in ADJUST_REASONS:
        raise Invalid("reason", f"must be one of {', '.join(ADJUST_REASONS)}")
    if change == 0:
        raise Invalid("change", "must not be zero")
    check_units("change", abs(change))
    if len(note) > 500 or "\x00" in note:
        raise Invalid("note", "may have 500 characters at most")
    where = spot(sku, place)
    before = ensure_and_lock([where.key])[where.key]
    cost = unit_costs([where.variant], now).get(where.variant)
    value, currency = (None, "") if cost is None else (cost.minor * abs(change), cost.currency)
    units = abs(change)
    if change < 0:
        units += written_off([where.key], by.person, now).get(where.key, 0)
    beyond = change < 0 and before.on_hand + change < 0
    if limit is not None and (beyond or limit.exceeded(units, cost)):
        waiting = AdjustmentRequest.objects.create(
            variant_id=where.variant, location_id=where.location, change=change, reason=reason, note=note,
            value_minor=value, currency=currency, asked_by=by.person, asked_label=by.label, asked_at=now,
        )  # fmt: skip
        record(
            "adjustment.requested", ("adjustment", waiting.id), by=by, at=now, sku=where.sku, location=where.place,
            change=change, reason=reason, value=value, currency=currency,
        )  # fmt: skip
        return Adjusted(where, before, waiting.id, value, currency)
    after = _apply(where, change, reason, note, value, currency, ("adjust", new_id()), by, now)
    return Adjusted(where, after, None, value, currency)


@transaction.atomic
def approve_adjustment(request: UUID, *, by: Actor, now: datetime) -> Adjusted:
    """Let a waiting adjustment take effect. :class:`Forbidden` for who asked, :class:`WrongState` when answered."""
    asked = _answer(request, "approved", by, now)
    where = Spot(asked.variant_id, asked.location_id, asked.variant.sku, asked.location.code)
    after = _apply(
        where, asked.change, asked.reason, asked.note, asked.value_minor, asked.currency, ("adjustment", asked.id), by,
        now,
    )  # fmt: skip
    return Adjusted(where, after, None, asked.value_minor, asked.currency)


@transaction.atomic
def decline_adjustment(request: UUID, *, by: Actor, now: datetime) -> None:
    """Refuse a waiting adjustment. Errors as :func:`approve_adjustment`."""
    _answer(request, "declined", by, now)


def _answer(request: UUID, answer: str, by: Actor, now: datetime) -> AdjustmentRequest:
    found = (
        AdjustmentRequest.objects.select_for_update(of=("self",))
        .select_related("variant", "location")
        .filter(id=request)
        .first()
    )
    if found is None:
        raise NotFound("there is no such request")
    if found.state != "waiting":
        raise WrongState("someone answered this already", state=found.state)
    if found.asked_by == by.person:
        raise Forbidden("a second person must answer this")
    AdjustmentRequest.objects.filter(id=request).update(state=answer, answered_by=by.person, answered_at=now)
    record(
        f"adjustment.{answer}", ("adjustment", request), by=by, at=now, sku=found.variant.sku,
        location=found.location.code, change=found.change, reason=found.reason, asked_by=found.asked_label,
    )  # fmt: skip
    return found


def _apply(
    where: Spot, change: int, reason: str, note: str, value: int | None, currency: str, cause: tuple[str, UUID],
    by: Actor, now: datetime,
) -> Level:  # fmt: skip
    ensure_and_lock([where.key])
    text = f"{reason}: {note}" if note else reason
    after = move([Move(where.key, "adjust", Delta(on_hand=change), cause, text)], by=by, at=now)
    record(
        "stock.adjusted", ("variant", where.variant), by=by, at=now, sku=where.sku, location=where.place,
        change=change, reason=reason, note=note, value=value, currency=currency,
    )  # fmt: skip
    tell(after, by=by, at=now)
    return after[where.key]
