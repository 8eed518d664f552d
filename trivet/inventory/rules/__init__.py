"""What stock is: the identity of its states, kinds of ledger entries, the machine of a reservation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID, uuid5

from trivet.lib.machine import Machine

ENTRY_KINDS = (
    "open", "receive", "count", "adjust", "damage", "state", "reserve", "unreserve", "expire", "allocate", "release",
    "ship", "incoming", "transfer_out", "transfer_in", "transfer_loss",
)  # fmt: skip
"""``open``, ``receive``, ``count``, ``adjust``, ``damage``, ``state``, ``ship``, ``transfer_*`` are physical facts and
always accepted; ``incoming`` is what is expected; ``reserve`` and ``allocate`` are commitments and need stock."""

ADJUST_REASONS = (
    "count", "damaged", "lost", "found", "sample", "write_off", "offline_sale", "import", "correction", "other",
)  # fmt: skip

RESERVATION = Machine(
    noun="reservation",
    start="active",
    moves={
        "convert": (frozenset({"active"}), "converted"),
        "release": (frozenset({"active"}), "released"),
        "expire": (frozenset({"active"}), "expired"),
    },
)


STATES = ("damaged", "quality_control", "safety_stock")
"""Units that are there but may not be promised, by why."""

MAX_UNITS = 1_000_000
"""The largest number of units that one change may carry."""

_LEVELS = UUID("6f0c1f0a-53b5-4b57-9d5c-0d6a6b8f7a11")


def level_key(variant: UUID, location: UUID) -> UUID:
    """The name of a stock level where a UUID is needed (exception items): the same for ever (RFC 9562, version 5)."""
    return uuid5(_LEVELS, f"{variant}:{location}")


@dataclass(frozen=True, slots=True)
class Delta:
    """Signed changes of one stock level, in units."""

    on_hand: int = 0
    damaged: int = 0
    quality_control: int = 0
    safety_stock: int = 0
    reserved: int = 0
    allocated: int = 0
    incoming: int = 0

    def __add__(self, other: Delta) -> Delta:
        return Delta(*(getattr(self, name) + getattr(other, name) for name in COUNTERS))


COUNTERS = tuple(f.name for f in fields(Delta))
ATP = ("on_hand", "damaged", "quality_control", "safety_stock", "reserved", "allocated")
"""The terms of what may be promised: the first, less all others."""


@dataclass(frozen=True, slots=True)
class Level:
    """Counters of one SKU at one place. ``on_hand`` may be negative: facts are never refused."""

    on_hand: int = 0
    damaged: int = 0
    quality_control: int = 0
    safety_stock: int = 0
    reserved: int = 0
    allocated: int = 0
    incoming: int = 0

    @property
    def unavailable(self) -> int:
        """Units that are there but may not be promised."""
        return self.damaged + self.quality_control + self.safety_stock

    @property
    def available(self) -> int:
        """What may still be promised; negative when facts overtook promises."""
        return self.on_hand - self.unavailable - self.reserved - self.allocated

    @property
    def shortfall(self) -> int:
        """Units promised or set aside beyond what is there."""
        return max(0, -self.available)

    def after(self, delta: Delta) -> Level:
        """The level with ``delta`` applied."""
        return Level(*(getattr(self, name) + getattr(delta, name) for name in COUNTERS))


def bundles_available(component_stock: list[tuple[int, int]]) -> int:
    """Whole bundles from (available, needed per bundle) of each component at one place: the scarcest decides."""
    return max(0, min((stock // needed for stock, needed in component_stock), default=0))


def shape(available: int, *, buffer: int, floor: int, cap: int | None) -> int:
    """What a channel is told: ``clamp(available - buffer, floor, cap)``, never negative.

    ``floor`` is the least that is told, whatever there is: for a channel that sells on with backorders.
    """
    told = max(available - buffer, floor, 0)
    return told if cap is None else min(told, cap)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one unit costs us, in minor units."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ApprovalLimit:
    """Up to what one person may change alone: worth in minor units of ``currency``, else units.

    What a unit costs in another currency is not compared: rates change, and nobody keeps them here. What costs nothing
    (samples, a cost that nobody has looked up) is counted in units.
    """

    minor: int = 10_000
    units: int = 100
    currency: str = "GBP"

    def exceeded(self, units: int, cost: Cost | None) -> bool:
        """Whether ``units`` of something that costs ``cost`` (None: nobody knows) need a second person."""
        if cost is None or not cost.minor or cost.currency != self.currency:
            return units > self.units
        return units * cost.minor > self.minor


def choose_places(
    wanted: Sequence[Mapping[Any, int]], stock: Mapping[tuple[Any, Any], int], places: Sequence[Any]
) -> list[Any] | None:
    """A place for each wanted bag of ``{component: units}``, all together from ``stock[component, place]``, or None.

    The first place in order that leaves a way for the rest; searched up to 10,000 steps, which finds every
    solution of ordinary baskets.
    """
    left = dict(stock)
    steps = 0

    def place_from(n: int) -> list[Any] | None:
        nonlocal steps
        if n == len(wanted):
            return []
        for place in places:
            steps += 1
            if steps > 10_000:
                return None
            if all(left.get((part, place), 0) >= units for part, units in wanted[n].items()):
                for part, units in wanted[n].items():
                    left[part, place] -= units
                rest = place_from(n + 1)
                if rest is not None:
                    return [place, *rest]
                for part, units in wanted[n].items():
                    left[part, place] += units
        return None

    return place_from(0)
