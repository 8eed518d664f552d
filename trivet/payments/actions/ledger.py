"""The verbs of the money ledger. Bulk verbs: they need an open transaction and the order locked by the caller.

The ``manual`` gateway records what people and channels tell; it calls nobody. A repeat under the same (gateway,
reference, kind) is the same movement, other content under it a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, Invalid, NotFound, WrongState
from trivet.payments.models import Payment
from trivet.payments.rules import METHODS, Movement, oldest_with

MAX_AMOUNT = 10**14


@dataclass(frozen=True, slots=True)
class Told:
    """How a movement is identified outside: gateway and the gateway's reference, and by what means it was paid."""

    method: str = "other"
    gateway: str = "manual"
    reference: str = ""

    def check(self) -> None:
        """:class:`Invalid` names the field."""
        if self.method not in METHODS:
            raise Invalid("method", f"must be one of {', '.join(METHODS)}")
        for field in ("gateway", "reference"):
            text = getattr(self, field)
            if len(text) > 200 or "\x00" in text:
                raise Invalid(field, "may have 200 characters at most")
        if not self.gateway:
            raise Invalid("gateway", "must not be empty")


def movements(order: UUID) -> list[Movement]:
    """The ledger of an order, oldest first."""
    rows = Payment.objects.filter(order=order).order_by("at", "id")
    return [Movement(p.id, p.kind, p.amount_minor, p.used_minor, p.expired, p.at) for p in rows]


def authorize(
    order: UUID,
    currency: str,
    amount: int,
    told: Told,
    *,
    by: Actor,
    now: datetime,
    expires_at: datetime | None,
) -> tuple[Payment, bool]:
    """Note that ``amount`` was authorised; the movement and whether it is new."""
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_at", "must lie in the future")
    return _add(order, "authorize", currency, amount, told, None, by, now, expires_at)


def capture(
    order: UUID,
    currency: str,
    amount: int,
    told: Told,
    *,
    by: Actor,
    now: datetime,
    authorization: UUID | None,
) -> tuple[Payment, bool]:
    """Note that ``amount`` came in: of the authorisation named, else the oldest that has as much left, else of none.

    :class:`WrongState` when the authorisation named is used up or has expired.
    """
    if (known := _known(order, "capture", amount, told)) is not None:
        return known, False
    parent = authorization
    if parent is None:
        fit = oldest_with(movements(order), "authorize", amount)
        parent = fit.id if fit else None
    if parent is not None:
        _use(order, parent, "authorize", amount)
    return _add(order, "capture", currency, amount, told, parent, by, now, None)


def void(
    order: UUID, currency: str, authorization: UUID, amount: int, *, by: Actor, now: datetime
) -> Payment:
    """Give up ``amount`` of an authorisation. :class:`WrongState` when less is left of it."""
    _check_amount(amount)
    _use(order, authorization, "authorize", amount)
    parent = Payment.objects.get(id=authorization)
    told = Told(parent.method, parent.gateway)
    return _add(order, "void", currency, amount, told, authorization, by, now, None)[0]


def refund(
    order: UUID, currency: str, amount: int, told: Told, *, by: Actor, now: datetime, captured: UUID | None
) -> tuple[Payment, bool]:
    """Note that ``amount`` went back: of the capture named, else the oldest that has as much left.

    :class:`WrongState` when no capture can bear it.
    """
    if (known := _known(order, "refund", amount, told)) is not None:
        return known, False
    parent = captured
    if parent is None:
        fit = oldest_with(movements(order), "capture", amount)
        if fit is None:
            raise WrongState("no capture has that much left to refund")
        parent = fit.id
    _use(order, parent, "capture", amount)
    return _add(order, "refund", currency, amount, told, parent, by, now, None)


def expire(authorization: UUID) -> int:
    """Mark an authorisation as expired; what was left of it, zero when it had expired before."""
    row = Payment.objects.select_for_update().get(id=authorization)
    if row.expired or row.kind != "authorize":
        return 0
    Payment.objects.filter(id=authorization).update(expired=True)
    return row.amount_minor - row.used_minor


def _known(order: UUID, kind: str, amount: int, told: Told) -> Payment | None:
    _check_amount(amount)
    told.check()
    if not told.reference:
        return None
    known = Payment.objects.filter(
        order=order, gateway=told.gateway, reference=told.reference, kind=kind
    ).first()
    if known is not None and known.amount_minor != amount:
        raise Conflict("another amount is recorded under this reference", amount=known.amount_minor)
    return known


def _use(order: UUID, parent: UUID, kind: str, amount: int) -> None:
    row = Payment.objects.filter(id=parent, order=order, kind=kind)
    fit = row.filter(expired=False, used_minor__lte=F("amount_minor") - amount)
    if fit.update(used_minor=F("used_minor") + amount):
        return
    found = row.first()
    if found is None:
        raise NotFound(
            f"there is no such {'authorisation' if kind == 'authorize' else 'capture'} of this order"
        )
    left = 0 if found.expired else found.amount_minor - found.used_minor
    raise WrongState(f"only {left} is left of it", left=left, expired=found.expired)


def _add(
    order: UUID, kind: str, currency: str, amount: int, told: Told, parent: UUID | None, by: Actor, now: datetime,
    expires_at: datetime | None,
) -> tuple[Payment, bool]:  # fmt: skip
    if (known := _known(order, kind, amount, told)) is not None:
        return known, False
    made = Payment.objects.create(
        order_id=order, parent_id=parent, kind=kind, method=told.method, gateway=told.gateway,
        reference=told.reference, amount_minor=amount, currency=currency, at=now, expires_at=expires_at,
        actor_label=by.label,
    )  # fmt: skip
    return made, True


def _check_amount(amount: int) -> None:
    if not 1 <= amount <= MAX_AMOUNT:
        raise Invalid("amount", "must be from 1 to 10^14 minor units")
