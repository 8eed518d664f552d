"""Cancelling: which units go, what they are worth (R3), what may no longer be cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from trivet.lib.errors import Invalid, WrongState
from trivet.lib.money import units_share

CancelReason = Literal["customer", "inventory", "fraud", "declined", "staff", "other"]
CANCEL_REASONS: tuple[str, ...] = ("customer", "inventory", "fraud", "declined", "staff", "other")


@dataclass(frozen=True, slots=True)
class LineState:
    """What cancelling needs to know of a line; ``paid`` in minor units for the whole line, with tax."""

    id: UUID
    quantity: int
    cancelled: int
    shipped: int
    in_progress: int
    paid: int

    @property
    def cancellable(self) -> int:
        """Units that nobody has begun to pick."""
        return self.quantity - self.cancelled - self.shipped - self.in_progress


@dataclass(frozen=True, slots=True)
class Cut:
    """Units of one line to cancel and their worth in minor units."""

    line: UUID
    quantity: int
    value: int


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A cancellation worked out: nothing has happened yet. ``value`` includes shipping when all is cancelled."""

    cuts: tuple[Cut, ...]
    value: int
    whole: bool


def plan_cancellation(
    lines: Sequence[LineState], wanted: Mapping[UUID, int] | None, shipping_left: int
) -> Cancellation:
    """Work out a whole (``wanted`` is None) or partial cancellation.

    Raises :class:`Invalid` for unknown lines or quantities below one, :class:`WrongState` when units were
    already cancelled, shipped or are being picked.
    """
    known = {line.id: line for line in lines}
    if wanted is None:
        wanted = {line.id: line.quantity - line.cancelled for line in lines if line.quantity > line.cancelled}
    if not wanted:
        raise WrongState("nothing is left to cancel")
    cuts = []
    for n, (key, quantity) in enumerate(wanted.items()):
        line = known.get(key)
        if line is None:
            raise Invalid(f"lines[{n}].line", "is not a line of this order")
        if quantity < 1:
            raise Invalid(f"lines[{n}].quantity", "must be at least 1")
        if quantity > line.cancellable:
            raise WrongState(
                f"only {line.cancellable} of {line.quantity} can still be cancelled",
                line=str(key), cancellable=line.cancellable,
            )  # fmt: skip
        cuts.append(Cut(key, quantity, units_share(line.paid, line.quantity, line.cancelled, quantity)))
    whole = all(line.quantity - line.cancelled - wanted.get(line.id, 0) == 0 for line in lines)
    value = sum(cut.value for cut in cuts) + (shipping_left if whole else 0)
    return Cancellation(tuple(cuts), value, whole)
