"""Stories of money: a movement of the ledger and the order's sums, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from trivet.flows.story import story
from trivet.journal.actions import record
from trivet.journal.actions.exceptions import raise_exception, settle
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import WrongState
from trivet.orders.actions.counters import lock_order, move_money
from trivet.orders.models import Order
from trivet.payments.actions import ledger
from trivet.payments.actions.ledger import Told
from trivet.payments.models import Payment
from trivet.payments.rules import ALARM_BEFORE, to_void

BY_HAND = Told()
"""Recorded by a person, without a gateway's reference."""

EXPIRING = "authorization_expiring"


@story
def authorize(
    order: UUID,
    amount: int,
    *,
    by: Actor,
    now: datetime,
    told: Told = BY_HAND,
    expires_at: datetime | None = None,
    seen: int | None = None,
) -> Payment:
    """Note that ``amount`` minor units were authorised.

    ``seen``, here and below: how many movements the caller knew of; :class:`WrongState` when there are others by now.
    """
    row = _locked(order, seen)
    made, new = ledger.authorize(order, row.currency, amount, told, by=by, now=now, expires_at=expires_at)
    if new:
        move_money(order, authorized=amount)
        _tell("payment.authorized", row, made, by, now)
    return made


@story
def capture(
    order: UUID,
    amount: int,
    *,
    by: Actor,
    now: datetime,
    told: Told = BY_HAND,
    authorization: UUID | None = None,
    seen: int | None = None,
) -> Payment:
    """Note that ``amount`` came in. :class:`WrongState` beyond what the order costs or the authorisation has left."""
    row = _locked(order, seen)
    still = row.total_minor - row.cancelled_minor - row.captured_minor
    made, new = ledger.capture(
        order, row.currency, amount, told, by=by, now=now, authorization=authorization, still=still
    )
    if new:
        if amount > still:
            raise WrongState("the order does not cost that much any more", open=max(0, still))
        move_money(order, captured=amount)
        _tell("payment.captured", row, made, by, now)
        _settle_alarm(made.parent_id, by, now)
    return made


@story
def void(
    order: UUID, authorization: UUID, *, by: Actor, now: datetime, amount: int | None = None, reference: str = "",
    seen: int | None = None,
) -> Payment:  # fmt: skip
    """Give up an authorisation, or ``amount`` of it. :class:`WrongState` when less is left."""
    return _void(_locked(order, seen), authorization, amount, reference, by, now)


@story
def refund(
    order: UUID, amount: int, *, by: Actor, now: datetime, told: Told = BY_HAND, captured: UUID | None = None,
    seen: int | None = None,
) -> Payment:  # fmt: skip
    """Note that ``amount`` went back to the customer. :class:`WrongState` beyond what a capture has left."""
    row = _locked(order, seen)
    made, new = ledger.refund(order, row.currency, amount, told, by=by, now=now, captured=captured)
    if new:
        move_money(order, refunded=amount)
        _tell("payment.refunded", row, made, by, now)
    return made


def void_surplus(order: Order, due: int, *, by: Actor, now: datetime) -> int:
    """Void the authorisations of a locked order that ``due`` no longer needs; how much. For other stories."""
    surplus = to_void(ledger.movements(order.id, now), due, order.captured_minor)
    for authorization, amount in surplus:
        _void(order, authorization, amount, "", by, now)
    return sum(amount for _, amount in surplus)


def expire_authorizations(now: datetime) -> int:
    """End authorisations whose time is over, and bring those that end within a day to a person; how many ended.

    Of an authorisation that is used up nothing ends.
    """
    living = Payment.objects.filter(
        kind="authorize", expired=False, expires_at__isnull=False, used_minor__lt=F("amount_minor")
    )
    ended = 0
    for payment in living.filter(expires_at__lte=now + ALARM_BEFORE).order_by("expires_at"):
        ended += _expire(payment.order_id, payment.id, now)
    return ended


@story
def _expire(order: UUID, authorization: UUID, now: datetime) -> int:
    row = lock_order(order)
    payment = Payment.objects.get(id=authorization)
    left = payment.amount_minor - payment.used_minor
    if payment.expired or payment.expires_at is None or not left:
        return 0
    if payment.expires_at > now:
        if row.lifecycle == "open":
            raise_exception(
                EXPIRING, ("payment", authorization), f"An authorisation of order {row.number} ends soon",
                by=SYSTEM, at=now, number=row.number, order=str(order), left=left, currency=row.currency,
                expires_at=payment.expires_at.isoformat(),
            )  # fmt: skip
        return 0
    move_money(order, expired=ledger.expire(authorization))
    _settle_alarm(authorization, SYSTEM, now)
    _tell("payment.expired", row, payment, SYSTEM, now, left=left)
    return 1


def _locked(order: UUID, seen: int | None) -> Order:
    row = lock_order(order)
    if seen is not None and seen != Payment.objects.filter(order=order).count():
        raise WrongState("someone recorded money meanwhile")
    return row


def _void(
    row: Order, authorization: UUID, amount: int | None, reference: str, by: Actor, now: datetime
) -> Payment:
    made, new = ledger.void(
        row.id, row.currency, amount, reference, by=by, now=now, authorization=authorization
    )
    if new:
        move_money(row.id, voided=made.amount_minor)
        _tell("payment.voided", row, made, by, now)
        _settle_alarm(authorization, by, now)
    return made


def _settle_alarm(authorization: UUID | None, by: Actor, now: datetime) -> None:
    if authorization is None:
        return
    payment = Payment.objects.get(id=authorization)
    if payment.expired or payment.used_minor == payment.amount_minor:
        settle(EXPIRING, authorization, by=by, at=now, resolution="nothing is left of the authorisation")


def _tell(kind: str, row: Order, made: Payment, by: Actor, now: datetime, **facts: Any) -> None:
    record(
        kind, ("order", row.id), by=by, at=now, number=row.number, payment=made.id, amount=made.amount_minor,
        currency=made.currency, method=made.method, gateway=made.gateway, reference=made.reference, **facts,
    )  # fmt: skip
