"""The money of one order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trivet.payments.models import Payment
from trivet.payments.rules import is_over


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One movement; ``used_minor`` is what of it is captured, voided or refunded since.

    ``expired`` from the moment at which it ends, told or not.
    """

    id: UUID
    parent: UUID | None
    kind: str
    method: str
    gateway: str
    reference: str
    amount_minor: int
    used_minor: int
    currency: str
    at: datetime
    expires_at: datetime | None
    expired: bool
    actor_label: str


def payments_of(order: UUID, now: datetime) -> list[PaymentView]:
    """The movements of an order, oldest first; one query."""
    return [
        PaymentView(
            p.id, p.parent_id, p.kind, p.method, p.gateway, p.reference, p.amount_minor, p.used_minor, p.currency,
            p.at, p.expires_at, is_over(p.expired, p.expires_at, now), p.actor_label,
        )
        for p in Payment.objects.filter(order=order).order_by("at", "id")
    ]  # fmt: skip
