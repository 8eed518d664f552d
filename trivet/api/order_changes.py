"""What can be done to an order: cancel it or part of it, hold and release it, record its money."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Count, Instant, Text
from trivet.api.order_out import HoldOut
from trivet.flows import cancel as cancelling
from trivet.flows import hold as holding
from trivet.flows import money
from trivet.fulfillment.queries.sight import need_hand, order_at
from trivet.lib import clock
from trivet.lib.errors import Invalid
from trivet.orders.queries.detail import order_view
from trivet.orders.rules.cancel import CANCEL_REASONS, Cancellation
from trivet.orders.rules.holds import MANUAL_HOLD_KINDS
from trivet.orders.rules.value import MAX_AMOUNT
from trivet.payments.actions.ledger import LONGEST, Told
from trivet.payments.queries.desk import payments_of
from trivet.payments.rules import METHODS

router = Router(tags=["orders"])

cancel_orders, hold_orders = BearerKey("order.cancel"), BearerKey("order.hold")
view_money, record_money = BearerKey("payment.view"), BearerKey("payment.record")

Due = Annotated[int, Field(strict=True, ge=1, le=MAX_AMOUNT, description="minor units")]


class CutIn(Body):
    """Units of one line."""

    line: UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class CancellationIn(Body):
    """Without ``lines`` all that is left. ``preview`` works it out and does nothing.

    ``expected_version`` (of the order) makes sure that nobody changed it meanwhile.
    """

    lines: Annotated[list[CutIn], Field(min_length=1, max_length=5_000)] | None = None
    reason: Literal[CANCEL_REASONS]  # type: ignore[valid-type]  # the rules name them
    note: Text = ""
    expected_version: Count | None = None
    preview: Annotated[bool, Field(strict=True)] = False


class CutOut(Schema):
    """Units of one line and their worth."""

    line: UUID
    quantity: int
    value: int


class CancellationOut(Schema):
    """What it did, or with ``preview`` would do. Amounts in minor units.

    ``voided`` is given up of authorisations; ``refund_due`` is what the customer has paid too much.
    """

    order: UUID
    version: int
    preview: bool
    whole: bool
    value: int
    lines: list[CutOut]
    voided: int
    refund_due: int


def _told(
    order: UUID, plan: Cancellation, version: int, voided: int, refund: int, preview: bool
) -> dict[str, Any]:
    return {
        "order": order,
        "version": version,
        "preview": preview,
        "whole": plan.whole,
        "value": plan.value,
        "lines": [{"line": c.line, "quantity": c.quantity, "value": c.value} for c in plan.cuts],
        "voided": voided,
        "refund_due": refund,
    }


@router.post(
    "/{uuid:order}/cancellation",
    auth=cancel_orders,
    response={200: CancellationOut, 201: CancellationOut},
    summary="Cancel an order or part of it",
)
def post_cancellation(request: HttpRequest, order: UUID, body: CancellationIn) -> Status[Any]:
    """201 when done, 200 for a preview; 409 when the units are cancelled, shipped or being picked."""
    wanted: dict[UUID, int] | None = None
    if body.lines is not None:
        wanted = {cut.line: cut.quantity for cut in body.lines}
        if len(wanted) != len(body.lines):
            raise Invalid("lines", "name a line twice")
    need_hand(caller_of(request).places, order)
    if body.preview:
        seen = cancelling.preview(order, wanted, now=clock.now())
        return Status(200, _told(order, seen.plan, seen.version, seen.void, seen.refund, True))
    done = cancelling.cancel(
        order,
        wanted,
        reason=body.reason,
        note=body.note,
        expected_version=body.expected_version,
        by=caller_of(request).actor,
        now=clock.now(),
    )
    return Status(201, _told(order, done.plan, done.version, done.voided, done.refund_due, False))


class HoldIn(Body):
    """A reason to stop. ``handle`` tells several holds of a kind apart; the same again is the same hold."""

    kind: Literal[MANUAL_HOLD_KINDS]  # type: ignore[valid-type]  # the rules name them
    reason: Text = ""
    owner: Text = ""
    handle: Text = ""
    expires_at: Instant | None = None


@router.post("/{uuid:order}/holds", auth=hold_orders, response={201: HoldOut}, summary="Hold an order")
def post_hold(request: HttpRequest, order: UUID, body: HoldIn) -> Status[Any]:
    """Nothing of it is picked until its last hold is released."""
    need_hand(caller_of(request).places, order)
    key = holding.place(
        order,
        body.kind,
        by=caller_of(request).actor,
        now=clock.now(),
        reason=body.reason,
        owner=body.owner,
        handle=body.handle,
        expires_at=body.expires_at,
    )
    return Status(201, _hold(order, key))


@router.delete(
    "/{uuid:order}/holds/{uuid:hold}", auth=hold_orders, response=HoldOut, summary="Release a hold"
)
def delete_hold(request: HttpRequest, order: UUID, hold: UUID) -> dict[str, Any]:
    """409 when someone was first. The system's own holds end with their cause."""
    need_hand(caller_of(request).places, order)
    holding.release(order, hold, by=caller_of(request).actor, now=clock.now())
    return _hold(order, hold)


def _hold(order: UUID, key: UUID) -> dict[str, Any]:
    found = next(h for h in order_view(key=order).holds if h.id == key)
    return {name: getattr(found, name) for name in HoldOut.model_fields}


class PaymentOut(Schema):
    """A movement of money. ``used`` is what of it is captured, voided or refunded since. Minor units."""

    id: UUID
    parent: UUID | None
    kind: str
    method: str
    gateway: str
    reference: str
    amount: int
    used: int
    currency: str
    at: datetime
    expires_at: datetime | None
    expired: bool
    actor_label: str


class PaymentIn(Body):
    """Money that moved. ``parent``: the authorisation to capture or void, or the capture to refund.

    The same gateway, reference and kind again is the same movement. A void has the method and the gateway of its
    authorisation, and gives up all that is left of it where no ``amount`` is said. A capture without ``parent`` is of
    the authorisation with its gateway and reference, or, where the order does not cost both, of one of its gateway
    and method that has as much left. A refund without is of the capture with its gateway and reference, or of the
    oldest that has as much left, those of its gateway and method first.
    """

    kind: Literal["authorize", "capture", "void", "refund"]
    amount: Due | None = None
    method: Literal[METHODS] = "other"  # type: ignore[valid-type]  # the rules name them
    gateway: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[^\x00]*$")] = "manual"
    reference: Annotated[str, Field(max_length=LONGEST, pattern=r"^[^\x00]*$")] = ""
    parent: UUID | None = None
    expires_at: Instant | None = None


@router.get("/{uuid:order}/payments", auth=view_money, response=list[PaymentOut], summary="Money of an order")
def list_payments(request: HttpRequest, order: UUID) -> list[dict[str, Any]]:
    """Every movement, oldest first."""
    order_at(caller_of(request).places, key=order)
    same = [name for name in PaymentOut.model_fields if name not in {"amount", "used"}]
    return [
        {"amount": p.amount_minor, "used": p.used_minor, **{name: getattr(p, name) for name in same}}
        for p in payments_of(order, clock.now())
    ]


@router.post(
    "/{uuid:order}/payments", auth=record_money, response={201: PaymentOut}, summary="Record a payment"
)
def post_payment(request: HttpRequest, order: UUID, body: PaymentIn) -> Status[Any]:
    """409 beyond what the order costs, the authorisation covers or the capture has left."""
    need_hand(caller_of(request).places, order)
    made = _record(request, order, body)
    return Status(201, next(p for p in list_payments(request, order) if p["id"] == made))


def _record(request: HttpRequest, order: UUID, body: PaymentIn) -> UUID:
    by, now = caller_of(request).actor, clock.now()
    told = Told(method=body.method, gateway=body.gateway, reference=body.reference)
    if body.expires_at is not None and body.kind != "authorize":
        raise Invalid("expires_at", "only an authorisation has one")
    if body.kind == "void":
        if body.parent is None:
            raise Invalid("parent", "names the authorisation to void")
        return money.void(order, body.parent, by=by, now=now, amount=body.amount, reference=body.reference).id
    if body.amount is None:
        raise Invalid("amount", "is missing")
    if body.kind == "authorize":
        if body.parent is not None:
            raise Invalid("parent", "an authorisation has none")
        return money.authorize(order, body.amount, by=by, now=now, told=told, expires_at=body.expires_at).id
    if body.kind == "capture":
        return money.capture(order, body.amount, by=by, now=now, told=told, authorization=body.parent).id
    return money.refund(order, body.amount, by=by, now=now, told=told, captured=body.parent).id
