"""What the money ledger allows: no capture beyond an authorisation or the order, no refund beyond a capture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from trivet.orders.rules.payments import first_fit, same

METHODS = (
    "card", "wallet", "bank_transfer", "cod", "store_credit", "gift_card", "marketplace", "cash", "other",
)  # fmt: skip
ALARM_BEFORE = timedelta(days=1)
"""How long before its end an unused authorisation is brought to a person (row B6)."""


def is_over(expired: bool, expires_at: datetime | None, now: datetime) -> bool:
    """Whether an authorisation has ended: it was told so already, or its time has come."""
    return expired or (expires_at is not None and expires_at <= now)


@dataclass(frozen=True, slots=True)
class Movement:
    """A row of the ledger as the rules see it; amounts in minor units. ``over``: see :func:`is_over`."""

    id: UUID
    kind: str
    method: str
    gateway: str
    reference: str
    amount: int
    used: int
    over: bool
    at: datetime

    @property
    def left(self) -> int:
        """What may still be captured of an authorisation, or refunded of a capture."""
        return 0 if self.over else self.amount - self.used


def captured_of(
    rows: Sequence[Movement], gateway: str, method: str, reference: str, amount: int, still: int
) -> Movement | None:
    """The authorisation that a capture is of which names none: as with payments that come with an order.

    It is the one with the same reference of the same gateway, whatever is left of it. Else, where the capture and what
    is authorised exceed what is ``still`` to be paid and so cannot be separate, the first that fits; ``rows`` are
    the ledger, oldest first. None when the capture stands alone.
    """
    living = [row for row in rows if row.kind == "authorize"]
    if (named := same(living, gateway, reference)) is not None:
        return named
    if amount + sum(row.left for row in living) <= still:
        return None
    return first_fit(living, gateway, method, amount)


def refunded_of(
    rows: Sequence[Movement], gateway: str, method: str, reference: str, amount: int
) -> Movement | None:
    """The capture that a refund is of which names none: that of its reference, else the first of its gateway and method
    that fits, else the oldest of any that has ``amount`` left; ``rows`` are the ledger, oldest first.
    """
    captures = [row for row in rows if row.kind == "capture"]
    return (
        same(captures, gateway, reference)
        or first_fit(captures, gateway, method, amount)
        or next((row for row in captures if row.left >= amount), None)
    )


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
