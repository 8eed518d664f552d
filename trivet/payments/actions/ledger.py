"""The verbs of the money ledger. Bulk verbs: they need an open transaction and the order locked by the caller.

The ``manual`` gateway records what people and channels tell; it calls nobody. A repeat under the same (gateway,
reference, kind) is the same movement, another amount or parent under it a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, Invalid, NotFound, WrongState
from trivet.payments.models import Payment
from trivet.payments.rules import METHODS, Movement, captured_of, is_over, refunded_of

MAX_AMOUNT = 10**14
LONGEST = 500
"""As long as with an order: what came with one can be told again."""


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
            if len(text) > LONGEST or "\x00" in text:
                raise Invalid(field, f"may have {LONGEST} characters at most")
        if not self.gateway:
            raise Invalid("gateway", "must not be empty")


def movements(order: UUID, now: datetime) -> list[Movement]:
    """The ledger of an order, oldest first."""
    return [
        Movement(
            p.id, p.kind, p.method, p.gateway, p.reference, p.amount_minor, p.used_minor,
            is_over(p.expired, p.expires_at, now), p.at,
        )
        for p in Payment.objects.filter(order=order).order_by("at", "id")
    ]  # fmt: skip


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
    if (known := _known(order, "authorize", amount, told, None)) is not None:
        return known, False
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_at", "must lie in the future")
    return _add(order, "authorize", currency, amount, told, None, by, now, expires_at), True


def capture(
    order: UUID,
    currency: str,
    amount: int,
    told: Told,
    *,
    by: Actor,
    now: datetime,
    authorization: UUID | None,
    still: int,
) -> tuple[Payment, bool]:
    """Note that ``amount`` came in: of the authorisation named, else of the one that it must be, else of none.

    ``still`` is what the order costs beyond what was captured. :class:`WrongState` when the authorisation is used up
    or has ended.
    """
    if (known := _known(order, "capture", amount, told, authorization)) is not None:
        return known, False
    parent = authorization
    if parent is None:
        of = captured_of(movements(order, now), told.gateway, told.method, told.reference, amount, still)
        parent = of.id if of else None
    if parent is not None:
        _use(order, parent, "authorize", amount, now)
    return _add(order, "capture", currency, amount, told, parent, by, now), True


def void(
    order: UUID,
    currency: str,
    amount: int | None,
    reference: str,
    *,
    by: Actor,
    now: datetime,
    authorization: UUID,
) -> tuple[Payment, bool]:
    """Give up ``amount`` of an authorisation (None: all that is left), whose method and gateway count.

    :class:`WrongState` when less is left of it.
    """
    parent = _row(order, authorization, "authorize")
    told = Told(parent.method, parent.gateway, reference)
    if (known := _known(order, "void", amount, told, authorization)) is not None:
        return known, False
    if amount is None:
        amount = max(1, parent.amount_minor - parent.used_minor)  # of nothing not even 1 can be given up
    _use(order, authorization, "authorize", amount, now)
    return _add(order, "void", currency, amount, told, authorization, by, now), True


def refund(
    order: UUID, currency: str, amount: int, told: Told, *, by: Actor, now: datetime, captured: UUID | None
) -> tuple[Payment, bool]:
    """Note that ``amount`` went back: of the capture named, else of the one that it is most likely of.

    :class:`WrongState` when no capture can bear it.
    """
    if (known := _known(order, "refund", amount, told, captured)) is not None:
        return known, False
    parent = captured
    if parent is None:
        of = refunded_of(movements(order, now), told.gateway, told.method, told.reference, amount)
        if of is None:
            raise WrongState("no capture has that much left to refund")
        parent = of.id
    _use(order, parent, "capture", amount, now)
    return _add(order, "refund", currency, amount, told, parent, by, now), True


def expire(authorization: UUID) -> int:
    """Mark an authorisation as expired; what was left of it, zero when it had expired before."""
    row = Payment.objects.select_for_update().get(id=authorization)
    if row.expired or row.kind != "authorize":
        return 0
    Payment.objects.filter(id=authorization).update(expired=True)
    return row.amount_minor - row.used_minor


def _known(order: UUID, kind: str, amount: int | None, told: Told, parent: UUID | None) -> Payment | None:
    if amount is not None and not 1 <= amount <= MAX_AMOUNT:
        raise Invalid("amount", "must be from 1 to 10^14 minor units")
    told.check()
    if not told.reference:
        return None
    known = Payment.objects.filter(
        order=order, gateway=told.gateway, reference=told.reference, kind=kind
    ).first()
    if known is not None and amount not in {None, known.amount_minor}:
        raise Conflict("another amount is recorded under this reference", amount=known.amount_minor)
    if known is not None and parent not in {None, known.parent_id}:
        raise Conflict("this reference is recorded of another movement", parent=str(known.parent_id))
    return known


def _row(order: UUID, key: UUID, kind: str) -> Payment:
    found = Payment.objects.filter(id=key, order=order, kind=kind).first()
    if found is None:
        raise NotFound(
            f"there is no such {'authorisation' if kind == 'authorize' else 'capture'} of this order"
        )
    return found


def _use(order: UUID, parent: UUID, kind: str, amount: int, now: datetime) -> None:
    # The time is looked at here: the sweep that marks what has expired only tells of it.
    living = Q(expired=False) & (Q(expires_at=None) | Q(expires_at__gt=now))
    fit = Payment.objects.filter(living, id=parent, order=order, kind=kind)
    if fit.filter(used_minor__lte=F("amount_minor") - amount).update(used_minor=F("used_minor") + amount):
        return
    found = _row(order, parent, kind)
    over = is_over(found.expired, found.expires_at, now)
    left = 0 if over else found.amount_minor - found.used_minor
    raise WrongState(f"only {left} is left of it", left=left, expired=over)


def _add(
    order: UUID, kind: str, currency: str, amount: int, told: Told, parent: UUID | None, by: Actor, now: datetime,
    expires_at: datetime | None = None,
) -> Payment:  # fmt: skip
    return Payment.objects.create(
        order_id=order, parent_id=parent, kind=kind, method=told.method, gateway=told.gateway,
        reference=told.reference, amount_minor=amount, currency=currency, at=now, expires_at=expires_at,
        actor_label=by.label,
    )  # fmt: skip
