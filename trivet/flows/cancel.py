"""Cancelling an order or some of its units, before anybody has begun to pick them.

One transaction: the order row is locked first (with those of orders that wait for its units), then its stock. What
is promised comes free for who waits longest, what is only authorised and no longer needed is voided; captured money
stays, and the event says how much is to be refunded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trivet.flows import freeing, money, queue
from trivet.flows.backorders import look_again
from trivet.flows.story import story
from trivet.inventory.actions.levels import tell
from trivet.inventory.queries.spots import allocated_variants
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid, NotFound, WrongState
from trivet.orders.actions.cancel import write_cancellation
from trivet.orders.actions.hold import release_kinds
from trivet.orders.models import Order, OrderLine
from trivet.orders.rules.cancel import CANCEL_REASONS, Cancellation, LineState, plan_cancellation
from trivet.orders.rules.payments import refund_due
from trivet.payments.actions.ledger import movements
from trivet.payments.rules import to_void


@dataclass(frozen=True, slots=True)
class Preview:
    """What a cancellation would do: units and worth, authorisations to void, captured money to refund."""

    plan: Cancellation
    currency: str
    void: int
    refund: int
    version: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancellation did; amounts in minor units, ``refund_due`` is what the customer has paid too much."""

    order: UUID
    version: int
    plan: Cancellation
    voided: int
    refund_due: int


def preview(order: UUID, wanted: Mapping[UUID, int] | None, *, now: datetime) -> Preview:
    """Work out a cancellation (None: of all that is left) without doing it. Errors as :func:`cancel`."""
    row = Order.objects.filter(id=order).first()
    if row is None:
        raise NotFound("there is no such order")
    plan = _plan(row, list(OrderLine.objects.filter(order=order).order_by("position")), wanted)
    due = row.total_minor - row.cancelled_minor - plan.value
    surplus = to_void(movements(order, now), due, row.captured_minor)
    return Preview(
        plan,
        row.currency,
        sum(n for _, n in surplus),
        refund_due(row.captured_minor, row.refunded_minor, due),
        row.version,
    )


@story
def cancel(
    order: UUID, wanted: Mapping[UUID, int] | None, *, reason: str, by: Actor, now: datetime, note: str = "",
    expected_version: int | None = None,
) -> Cancelled:  # fmt: skip
    """Cancel units by line, or (None) all that is left.

    :class:`WrongState` when someone was first: the version is another, or the units are cancelled, shipped or being
    picked; :class:`Invalid` for unknown lines, quantities or reasons.
    """
    if reason not in CANCEL_REASONS:
        raise Invalid("reason", f"must be one of {', '.join(CANCEL_REASONS)}")
    if len(note) > 500 or "\x00" in note:
        raise Invalid("note", "may have 500 characters at most")
    waiting = queue.front(allocated_variants(order), orders=[order])
    row = waiting.orders.get(order)
    if row is None:
        raise NotFound("there is no such order")
    if expected_version is not None and expected_version != row.version:
        raise WrongState("someone changed the order meanwhile", version=row.version)
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    plan = _plan(row, lines, wanted)
    freed = freeing.free(row, lines, plan.cuts)
    levels = freeing.release(row, freed, by=by, now=now)
    due = row.total_minor - row.cancelled_minor - plan.value
    voided = money.void_surplus(row, due, by=by, now=now)
    owed = refund_due(row.captured_minor, row.refunded_minor, due)
    version = write_cancellation(
        row, plan, freed.deltas, reason=reason, note=note, by=by, now=now,
        facts={"voided": voided, "refund_due": owed},
    )  # fmt: skip
    _lift_holds(row, plan.whole, by, now)
    tell(levels, by=by, at=now)
    queue.serve(look_again(waiting), levels, by=by, now=now)
    return Cancelled(order, version, plan, voided, owed)


def _plan(row: Order, lines: list[OrderLine], wanted: Mapping[UUID, int] | None) -> Cancellation:
    if row.lifecycle not in {"draft", "open"}:
        raise WrongState(f"the order is {row.lifecycle}", state=row.lifecycle)
    states = [LineState(x.id, x.quantity, x.cancelled, x.shipped, x.in_progress, x.paid_minor) for x in lines]
    tax = 0 if row.shipping_tax_included else row.shipping_tax_minor
    return plan_cancellation(states, wanted, row.shipping_minor - row.shipping_discount_minor + tax)


def _lift_holds(row: Order, whole: bool, by: Actor, now: datetime) -> None:
    if whole:
        release_kinds(row, None, by=by, now=now, why="the order was cancelled")
    else:
        freeing.lift_holds(row, by=by, now=now)
