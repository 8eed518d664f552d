"""What stock is: the identity of its states, kinds of ledger entries, the machine of a reservation."""

from __future__ import annotations

from dataclasses import dataclass, fields

from trivet.lib.machine import Machine

ENTRY_KINDS = (
    "open", "receive", "count", "adjust", "damage", "state", "reserve", "unreserve", "expire", "allocate", "release",
    "ship", "incoming",
)  # fmt: skip
"""``open``, ``receive``, ``count``, ``adjust``, ``damage``, ``state`` and ``ship`` are physical facts and always
accepted; ``reserve`` and ``allocate`` are commitments and need stock."""

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


COUNTERS = tuple(f.name for f in fields(Delta))


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
    """What a channel is told: available less its buffer, not below ``floor``, not above ``cap``, never negative."""
    told = max(available - buffer, floor, 0)
    return told if cap is None else min(told, cap)
