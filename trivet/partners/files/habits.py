"""How one file writes dates, numbers and what is missing: told by whoever brings it, or learnt in a first pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trivet.lib.errors import Invalid
from trivet.partners.files.blanks import Blanks
from trivet.partners.files.dates import DATES, DayOrder
from trivet.partners.files.numbers import DECIMAL, Numbers
from trivet.partners.files.readers import Table


@dataclass(slots=True)
class Habits:
    """What counts for every cell of a file; a cell alone never decides it."""

    days: DayOrder = field(default_factory=DayOrder)
    numbers: Numbers = field(default_factory=Numbers)
    blanks: Blanks = field(default_factory=Blanks)

    @staticmethod
    def of(table: Table, *, dates: str = "", decimal: str = "") -> Habits:
        """Nothing learnt yet of ``table``; ``dates`` of :data:`DATES` and ``decimal`` of :data:`DECIMAL`, or empty."""
        if dates and dates not in DATES:
            raise Invalid("dates", f"must be one of {', '.join(DATES)}")
        if decimal and decimal not in DECIMAL:
            raise Invalid("decimal", f"must be one of {', '.join(DECIMAL)}")
        return Habits(DayOrder(dates), Numbers(DECIMAL.get(decimal, ""), mixed=table.kind == "xlsx"))

    def as_dict(self) -> dict[str, Any]:
        """What is needed to read rows of this file again without it."""
        return {
            "month_first": self.days.month_first, "decimal": self.numbers.mark,
            "blanks": sorted(self.blanks.used),
        }  # fmt: skip

    @staticmethod
    def from_dict(kept: Mapping[str, Any]) -> Habits:
        """What :meth:`as_dict` kept."""
        return Habits(
            DayOrder.kept(kept["month_first"]), Numbers(kept.get("decimal", ".")),
            Blanks(kept.get("blanks", ())),
        )  # fmt: skip

    def notes(self) -> list[str]:
        """What a person should look at: how dates and numbers were read where the file does not settle it."""
        told = []
        if example := self.days.doubtful:
            first = "month" if self.days.month_first else "day"
            told.append(
                f"dates such as {example!r} can be read two ways and were read {first} first: say which is meant if "
                "that is wrong"
            )
        if both := self.days.mixture:
            told.append(
                f"some dates have the day first ({both[0]}), others the month ({both[1]}): those that can be read two "
                "ways were turned down; mend what is wrong, or say which is meant (--dates)"
            )
        if example := self.numbers.doubtful:
            told.append(
                f"numbers such as {example!r} can be read two ways: say whether a point or a comma stands before the "
                "decimals"
            )
        return told
