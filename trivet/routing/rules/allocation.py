"""Weighing all waiting orders at once: how a run goes, when the clock asks for one, why orders move or do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from trivet.lib.errors import Invalid
from trivet.lib.machine import Machine

ALLOCATION = Machine(
    noun="allocation run",
    start="waiting",
    moves={
        "plan": (frozenset({"waiting"}), "planning"),
        "propose": (frozenset({"planning"}), "proposed"),
        "order": (frozenset({"proposed", "stopped"}), "ordered"),
        "apply": (frozenset({"proposed", "ordered"}), "applying"),
        "finish": (frozenset({"applying"}), "applied"),
        "stop": (frozenset({"waiting", "planning", "applying"}), "stopped"),
    },
)

MODES = ("off", "every", "daily")
"""When it is done by itself: never, every so many minutes, once a day."""
MOVE_STATES = ("proposed", "moved", "skipped")
WHYS = ("cheaper", "fewer_parcels", "makes_way")
"""Why an order moves: it costs less from there; it comes in fewer parcels; others save more than it loses."""
SKIPS = ("changed", "held", "picked", "cancelled", "stock", "full")
"""Why a move was not made: the order was changed, held, begun or cancelled; units or a day's room are gone."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms all waiting orders are weighed, and when that is done by itself.

    ``move_cost``: what a move must save at least, in minor units; ``seconds`` for the solver.
    """

    mode: str = "off"
    every_minutes: int = 60
    at: time | None = None
    timezone: str = "UTC"
    move_cost: int = 30
    seconds: int = 30

    def check(self) -> None:
        """:class:`Invalid` names the first field that breaks a rule. The time zone is the caller's to check."""
        if self.mode not in MODES:
            raise Invalid("mode", f"must be one of {', '.join(MODES)}")
        if not 5 <= self.every_minutes <= 1_440:
            raise Invalid("every_minutes", "must be from 5 to 1440")
        if self.mode == "daily" and self.at is None:
            raise Invalid("at", "is needed beside daily")
        if not 0 <= self.move_cost <= 10**9:
            raise Invalid("move_cost", f"must be from 0 to {10**9}")
        if not 5 <= self.seconds <= 600:
            raise Invalid("seconds", "must be from 5 to 600")

    def due(self, last: datetime | None, now: datetime) -> bool:
        """Whether the clock asks for a run at ``now``, when it last did at ``last``."""
        if self.mode == "off":
            return False
        if self.mode == "every":
            return last is None or now - last >= timedelta(minutes=self.every_minutes)
        zone = ZoneInfo(self.timezone)
        local = now.astimezone(zone)
        turn = datetime.combine(local.date(), self.at or time(0), zone)
        # A worker that was away for hours does not do in the evening what was meant for the morning.
        return turn <= local < turn + timedelta(hours=1) and (last is None or last < turn)
