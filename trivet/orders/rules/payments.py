"""The payments of an order as it comes in, and which authorisation a capture is of.

The same rule serves the ledger afterwards, so that an order with its payments comes to what the order and its
payments one after another come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from trivet.lib.errors import Invalid
from trivet.orders.rules.value import MAX_AMOUNT, NewPayment


@dataclass(frozen=True, slots=True)
class FrozenPayments:
    """The payments of an order as the ledger takes them, in minor units.

    For each payment ``parents`` has the index of the authorisation that it captures, if any, and ``used`` how much of
    it is captured. ``authorized`` and ``captured`` are the sums.
    """

    parents: tuple[int | None, ...]
    used: tuple[int, ...]
    authorized: int
    captured: int


class Tender(Protocol):
    """A row of money by how it is known outside; ``left`` is what of it is not used yet."""

    @property
    def method(self) -> str: ...
    @property
    def gateway(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def left(self) -> int: ...


T = TypeVar("T", bound=Tender)


def same(rows: Sequence[T], gateway: str, reference: str) -> T | None:
    """The row known by this reference of this gateway."""
    if not reference:
        return None
    return next((row for row in rows if (row.gateway, row.reference) == (gateway, reference)), None)


def first_fit(rows: Sequence[T], gateway: str, method: str, amount: int) -> T | None:
    """Of the rows of the same gateway and method the first that has just ``amount`` left, else the first with more."""
    fit = [row for row in rows if (row.gateway, row.method) == (gateway, method) and row.left >= amount]
    return min(fit, key=lambda row: row.left > amount, default=None)


def refund_due(captured: int, refunded: int, due: int) -> int:
    """What is to be paid back: received and kept beyond what the order costs after what was cancelled."""
    return max(0, captured - refunded - due)


@dataclass(slots=True)
class _Open:
    """An authorisation while captures are taken from it; ``index`` is its place among the payments."""

    index: int
    method: str
    gateway: str
    reference: str
    left: int


def freeze_payments(payments: Sequence[NewPayment], total: int) -> FrozenPayments:
    """What the payments of an order of ``total`` come to; :class:`Invalid` names the field at fault.

    A capture is of the authorisation that its ``parent`` names, or that has its reference. Where what remains would
    exceed the total, authorisations and captures cannot be separate payments: then the captures, the largest first, are
    of an authorisation of their gateway and method that has enough left (:func:`first_fit`).
    """
    _check(payments)
    living = [
        _Open(n, p.method, p.gateway, p.reference, p.amount)
        for n, p in enumerate(payments)
        if p.kind == "authorize"
    ]
    captures = {n: p for n, p in enumerate(payments) if p.kind == "capture"}
    of: dict[int, _Open] = {}
    for n, payment in captures.items():
        if (named := _named(n, payment, living)) is not None:
            named.left -= payment.amount
            of[n] = named
    captured = sum(p.amount for p in captures.values())
    if living and captured + sum(a.left for a in living) > total:
        # The largest first: what is small fits into what is left.
        for n, payment in sorted(captures.items(), key=lambda item: -item[1].amount):
            fit = None if n in of else first_fit(living, payment.gateway, payment.method, payment.amount)
            if fit is not None:
                fit.left -= payment.amount
                of[n] = fit
    paid = captured + sum(a.left for a in living)
    if paid > total:
        raise Invalid("payments", f"payments of {paid} exceed the total of {total}", paid=paid, total=total)
    left = {a.index: a.left for a in living}
    return FrozenPayments(
        parents=tuple(of[n].index if n in of else None for n in range(len(payments))),
        used=tuple(p.amount - left.get(n, p.amount) for n, p in enumerate(payments)),
        authorized=sum(p.amount for p in payments if p.kind == "authorize"),
        captured=captured,
    )


def _named(n: int, payment: NewPayment, living: Sequence[_Open]) -> _Open | None:
    field = f"payments[{n}].{'parent' if payment.parent else 'reference'}"
    found = same(living, payment.gateway, payment.parent or payment.reference)
    if found is None:
        if payment.parent:
            raise Invalid(field, f"there is no authorisation {payment.parent!r} of this gateway")
        return None
    if found.left < payment.amount:
        raise Invalid(field, f"only {found.left} is left of this authorisation", left=found.left)
    return found


def _check(payments: Sequence[NewPayment]) -> None:
    known: set[tuple[str, str, str]] = set()
    for n, payment in enumerate(payments):
        at = f"payments[{n}]"
        if not 1 <= payment.amount <= MAX_AMOUNT:
            raise Invalid(f"{at}.amount", "must be from 1 to 10^14 minor units")
        if payment.parent and payment.kind != "capture":
            raise Invalid(f"{at}.parent", "only a capture has one")
        if payment.expires_at is not None and payment.kind != "authorize":
            raise Invalid(f"{at}.expires_at", "only an authorisation has one")
        key = (payment.gateway, payment.reference, payment.kind)
        if payment.reference and key in known:
            raise Invalid(f"{at}.reference", f"{payment.reference!r} stands twice")
        known.add(key)
