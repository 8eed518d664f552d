"""Two policies on the same orders: what each makes of them, added up, and the orders that they ship differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from trivet.routing.rules.values import Key, Plan
from trivet.routing.rules.worlds import Arrival, Outcome, World, outcome, stock_of

DayOf = Callable[[str, datetime], date]
"""The day of an instant at a place (by its code)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Stock of a variant at a place changed for another reason than the orders that are planned again."""

    at: datetime
    place: str
    variant: str
    units: int


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Units of a variant that an order gave back: it was cancelled, in whole or part."""

    at: datetime
    order: Key
    variant: str
    units: int


Moment = Arrival | Moved | GivenBack


@dataclass(slots=True)
class Tally:
    """Sums of one side. Money in minor units by price list; ``km`` over parcels; ``loads`` by place and day.

    ``late``: orders that do not leave whole within the target; ``served``: units that were short and came later.
    """

    orders: int = 0
    placeless: int = 0
    refused: int = 0
    parcels: int = 0
    units: int = 0
    km: int = 0
    late: int = 0
    short_orders: int = 0
    short_units: int = 0
    served: int = 0
    costs: dict[str, int] = field(default_factory=dict)
    loads: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def came(self, found: Outcome, at: datetime, target: int, day_of: DayOf) -> None:
        """An order came in."""
        self.orders += 1
        self.placeless += not found.fits
        self.refused += found.refused
        self.short_orders += bool(found.short)
        self.short_units += found.short
        self.late += bool(found.short) or any(leg.days > target for leg in found.legs)
        self._leaves(found, at, day_of)

    def came_later(self, found: Outcome, at: datetime, day_of: DayOf) -> None:
        """Units that were short were served."""
        self.served += sum(leg.units for leg in found.legs)
        self._leaves(found, at, day_of)

    def _leaves(self, found: Outcome, at: datetime, day_of: DayOf) -> None:
        self.parcels += len(found.legs)
        for name, minor in found.costs.items():
            self.costs[name] = self.costs.get(name, 0) + minor
        for leg in found.legs:
            self.units += leg.units
            self.km += leg.km
            day = (day_of(leg.place, at) + timedelta(days=leg.days)).isoformat()
            load = self.loads.setdefault(leg.place, {}).setdefault(day, [0, 0])
            load[0] += 1
            load[1] += leg.units

    def as_dict(self) -> dict[str, Any]:
        """As it is stored."""
        names = (
            "orders", "placeless", "refused", "parcels", "units", "km", "late", "short_orders", "short_units", "served",
            "costs", "loads",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @staticmethod
    def of(stored: Mapping[str, Any]) -> Tally:
        """From its stored form."""
        return Tally(**stored)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """An order that the two policies ship differently."""

    arrival: Arrival
    live: Outcome
    draft: Outcome


@dataclass(slots=True)
class Comparison:
    """The same moments in two worlds. ``agreed`` of ``known`` orders come out in the live world as in truth."""

    live: World
    draft: World
    target: int
    day_of: DayOf
    ours: Tally = field(default_factory=Tally)
    theirs: Tally = field(default_factory=Tally)
    changed: int = 0
    agreed: int = 0
    known: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def run(self, moments: Iterable[Moment]) -> Iterator[Otherwise | None]:
        """All moments in the order of time; one answer an order, None where nothing differs."""
        for moment in moments:
            if isinstance(moment, Arrival):
                yield self._arrive(moment)
            elif isinstance(moment, Moved):
                for world, tally in ((self.live, self.ours), (self.draft, self.theirs)):
                    served = world.move(moment.place, moment.variant, moment.units, moment.at)
                    self._served(world, tally, served, moment.at)
            else:
                for world, tally in ((self.live, self.ours), (self.draft, self.theirs)):
                    served = world.give_back(moment.order, moment.variant, moment.units, moment.at)
                    self._served(world, tally, served, moment.at)

    def look(self, a: Arrival) -> Otherwise | None:
        """An order by itself, with the stock that was there when it came in; no unit is used up for the next."""
        stock = stock_of(a)
        made = self.live.planner.plan(a, stock), self.draft.planner.plan(a, stock)
        one, other = outcome(a, made[0], self.live.planner), outcome(a, made[1], self.draft.planner)
        return self._weigh(a, (one, made[0]), (other, made[1]))

    def _arrive(self, a: Arrival) -> Otherwise | None:
        return self._weigh(a, self.live.arrive(a), self.draft.arrive(a))

    def _weigh(
        self, a: Arrival, ours: tuple[Outcome, Plan], theirs: tuple[Outcome, Plan]
    ) -> Otherwise | None:
        (one, one_plan), (other, other_plan) = ours, theirs
        live, draft = self.live.planner, self.draft.planner
        one.costs[draft.name] = draft.price(a, one_plan, one.legs)
        other.costs[live.name] = live.price(a, other_plan, other.legs)
        self.ours.came(one, a.at, self.target, self.day_of)
        self.theirs.came(other, a.at, self.target, self.day_of)
        for place in a.places:
            self.names[place.code] = place.name
        if a.told["policy"] == live.version:
            self.known += 1
            then = tuple((p["place"], p["units"]) for p in a.told["parcels"])
            self.agreed += (then, sum(n for _, n in a.told["short"])) == one.shape
        if one.shape == other.shape:
            return None
        self.changed += 1
        return Otherwise(a, one, other)

    def _served(
        self, world: World, tally: Tally, served: list[tuple[Arrival, Outcome]], at: datetime
    ) -> None:
        other = self.draft.planner if world is self.live else self.live.planner
        for _, found in served:
            # What comes later is small beside the rest: it is priced as it was planned on both lists.
            found.costs.setdefault(other.name, found.costs[world.planner.name])
            tally.came_later(found, at, self.day_of)
