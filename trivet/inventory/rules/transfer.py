"""Goods on their way from one of our places to another: the machine, and what an arrival means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trivet.inventory.rules import Delta
from trivet.lib.machine import Machine

TRANSFER = Machine(
    noun="transfer",
    start="draft",
    moves={
        "make_ready": (frozenset({"draft"}), "ready_to_ship"),
        "ship": (frozenset({"ready_to_ship"}), "in_transit"),
        "receive": (frozenset({"in_transit", "partially_received"}), "partially_received"),
        "complete": (frozenset({"in_transit", "partially_received"}), "received"),
        "cancel": (frozenset({"draft", "ready_to_ship"}), "cancelled"),
    },
)
"""What has left cannot be cancelled: it arrives, or it is missing."""

UNDER_WAY = TRANSFER.sources("receive")
MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class Units:
    """What became of one SKU of a transfer, in units. ``received`` are good, ``damaged`` came broken, ``missing`` were
    given up when the transfer was completed."""

    planned: int = 0
    shipped: int = 0
    received: int = 0
    damaged: int = 0
    missing: int = 0

    @property
    def in_transit(self) -> int:
        """Left the source and not yet arrived: on hand at neither end."""
        return max(0, self.shipped - self.received - self.damaged - self.missing)

    @property
    def extra(self) -> int:
        """Arrived beyond what was sent."""
        return max(0, self.received + self.damaged + self.missing - self.shipped)

    @property
    def differs(self) -> bool:
        """Whether something came broken, too much or not at all."""
        return bool(self.damaged or self.missing or self.extra)


def arrival(units: Units, good: int, damaged: int) -> tuple[Delta, Delta]:
    """What ``good`` and ``damaged`` units that arrive change at the destination.

    They come off what is expected as far as it goes; what was never sent is there all the same.
    """
    first = min(good, units.in_transit)
    second = min(damaged, units.in_transit - first)
    return (
        Delta(on_hand=good, incoming=-first),
        Delta(on_hand=damaged, damaged=damaged, incoming=-second),
    )


def not_free(wanted: Mapping[str, int], available: Mapping[str, int]) -> dict[str, int]:
    """SKUs of ``wanted`` units that are not all free, with how many are: the rest is promised, set aside or absent."""
    return {sku: max(0, available[sku]) for sku, units in wanted.items() if units > max(0, available[sku])}
