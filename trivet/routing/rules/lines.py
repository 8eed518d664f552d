"""One set of places, searched line by line where lines compete for stock or parcels must have a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from trivet.routing.rules.setting import Given

if TYPE_CHECKING:
    from trivet.routing.rules.search import Search

Ways = tuple[tuple[int, int], ...]
"""(place, units) of one line."""
Option = tuple[int, int, Ways]
"""(short, cost of units, ways) of one line."""


class Lines:
    """Depth first over the lines of one set of places; stock is taken and given back along the way."""

    def __init__(self, search: Search, chosen: Sequence[int], fewest: int) -> None:
        self.search, self.problem, self.chosen, self.fewest = search, search.problem, chosen, fewest
        self.left = {p: self.problem.stock[p].copy() for p in chosen}
        self.tails = [(0, 0, 0, 0)]
        self.last: list[bool] = []
        later: set[int] = set()
        for d in range(search.lines - 1, -1, -1):
            short, units, loose, top = self.tails[-1]
            s, c, _ = search.relaxed(chosen, (d,))
            costs = [self.problem.unit[p][d] for p in chosen]
            # A whole line that is given less may move to another place; then only its cheapest unit is sure.
            easy = min(costs) * (self.problem.quantity[d] - s) if self.problem.whole_lines else c
            self.tails.append((short + s, units + c, loose + easy, max(top, *costs)))
            variants = {v for v, _ in self.problem.parts[d]}
            self.last.append(not variants & later)
            later |= variants
        self.tails.reverse()
        self.last.reverse()

    def run(self, fixed: int) -> None:
        """Search; the best plan of the set is offered to the search."""
        self._descend(0, 0, fixed, {})

    def _descend(self, d: int, short: int, cost: int, given: Given) -> None:
        search = self.search
        if d == search.lines:
            if search.worth(self.chosen, given):
                search.take(dict(given), short, cost)
            return
        later_short, later_units, loose, dearest = self.tails[d + 1]
        for s, c, parts in self._options(d, search.best.short - short - later_short):
            if search.steps <= 0:
                search.proven = False
                return
            search.steps -= 4  # as long as some four splits take
            best = search.best
            spare = best.short - (short + s + later_short)
            if spare < 0:
                continue
            # Fewer short units would be better at any cost, unless there is nothing to gain any more.
            later = later_units if spare == 0 else loose - spare * dearest
            if (spare == 0 or best.short <= self.fewest) and cost + c + later >= best.cost:
                continue
            self._move(d, parts, -1)
            self._descend(d + 1, short + s, cost + c, given | {d: dict(parts)} if parts else given)
            self._move(d, parts, 1)

    def _move(self, d: int, parts: Iterable[tuple[int, int]], sign: int) -> None:
        for p, n in parts:
            held = self.left[p]
            for v, per in self.problem.parts[d]:
                held[v] += sign * n * per

    def _options(self, d: int, spare: int) -> Iterable[Option]:
        """The ways to serve a line from what is left with at most ``spare`` units short, cheapest places first.

        A line whose goods no later line wants gets all it can; unless parcels must have a value, from the cheapest.
        """
        problem, wanted = self.problem, self.problem.quantity[d]
        order = sorted(self.chosen, key=self.search.position[d].__getitem__)
        room = [min(wanted, *(self.left[p][v] // per for v, per in problem.parts[d])) for p in order]
        costs = [problem.unit[p][d] for p in order]
        most = max(room) if problem.whole_lines else min(wanted, sum(room))
        least = most if self.last[d] else max(0, wanted - spare)
        greedy = self.last[d] and not problem.least_value
        if problem.whole_lines:
            ways = self._whole(order, room, least, full=self.last[d] and not greedy)
        else:
            ways = self._splits(order, room, wanted, least)
        for parts in ways:
            given = sum(n for _, n in parts)
            yield wanted - given, sum(costs[order.index(p)] * n for p, n in parts), parts
            if greedy:
                return

    def _whole(self, order: Sequence[int], room: Sequence[int], least: int, *, full: bool) -> Iterator[Ways]:
        # ``full``: each place gives all it can, for the value of its parcel decides.
        for p, most in zip(order, room, strict=True):
            for n in range(most, max(1, most if full else least) - 1, -1):
                yield ((p, n),)
        if not least:
            yield ()

    def _splits(self, order: Sequence[int], room: Sequence[int], wanted: int, least: int) -> Iterator[Ways]:
        # All ways with 0 ≤ n ≤ room at each place and least ≤ sum ≤ wanted, greedy first; each costs a step.
        search = self.search
        after = [sum(room[i + 1 :]) for i in range(len(room))]

        def grow(i: int, left: int, owed: int, taken: Ways) -> Iterator[Ways]:
            if i == len(room):
                yield taken
                return
            for n in range(min(room[i], left), max(0, owed - after[i]) - 1, -1):
                if search.steps <= 0:
                    search.proven = False
                    return
                search.steps -= 1
                yield from grow(i + 1, left - n, owed - n, (*taken, (order[i], n)) if n else taken)

        return grow(0, wanted, least, ())
