"""What the money ledger allows: no capture beyond an authorisation or the order, no refund beyond a capture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

METHODS = (
    "card", "wallet", "bank_transfer", "cod", "store_credit", "gift_card", "marketplace", "cash", "other",
)  # fmt: skip
ALARM_BEFORE = timedelta(days=1)
"""How long before its end an unused authorisation is brought to a person (row B6)."""


@dataclass(frozen=True, slots=True)
class Movement:
    """A row of the ledger as the rules see it; amounts in minor units."""

    id: UUID
    kind: str
    amount: int
    used: int
    expired: bool
    at: datetime

    @property
    def left(self) -> int:
        """What may still be captured of an authorisation, or refunded of a capture."""
        return 0 if self.expired else self.amount - self.used


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums of an order's ledger."""

    authorized: int
    voided: int
    expired: int
    captured: int
    refunded: int


def balance(rows: Sequence[Movement]) -> Balance:
    """The sums that the order carries, from its ledger. What expired is what an expired authorisation had left."""

    def total(kind: str) -> int:
        return sum(r.amount for r in rows if r.kind == kind)

    expired = sum(r.amount - r.used for r in rows if r.kind == "authorize" and r.expired)
    return Balance(total("authorize"), total("void"), expired, total("capture"), total("refund"))


def to_void(rows: Sequence[Movement], due: int, captured: int) -> list[tuple[UUID, int]]:
    """Authorisations nobody needs any more, with what is left of each: the latest go first.

    ``due`` is what the order still costs, ``captured`` what has come in. One that is needed in part is kept.
    """
    live = sorted(
        (r for r in rows if r.kind == "authorize" and r.left > 0), key=lambda r: (r.at, r.id), reverse=True
    )
    surplus = sum(r.left for r in live) - max(0, due - captured)
    found = []
    for row in live:
        if row.left <= surplus:
            found.append((row.id, row.left))
            surplus -= row.left
    return found


R = TypeVar("R", bound=Movement)


def oldest_with(rows: Sequence[R], kind: str, amount: int) -> R | None:
    """The oldest row of ``kind`` that has ``amount`` left."""
    fit = [r for r in rows if r.kind == kind and r.left >= amount]
    return min(fit, key=lambda r: (r.at, r.id), default=None)
