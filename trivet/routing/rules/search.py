"""Searching sets of places, small sets first.

Each set is first judged by its relaxation, in which lines do not compete for stock: every line takes its cheapest
places. That is exact unless lines share a variant (a bundle and its part) or parcels must have a value; then the
set is searched line by line. Sets and nodes count as steps; when the policy's limit is used up, a greedy choice and
a local search answer, with a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import comb

from trivet.lib.money import half_even
from trivet.routing.rules.lines import Lines
from trivet.routing.rules.setting import Choice, Given, Problem

_POOL = 40
"""Places that the local search looks at: those that alone do best."""
_LEAST_MOVES = 50
_MOST_LINES = 200
"""Lines of an order that are searched one by one (the depth of the recursion)."""
_MOST_FILLS = 100
"""Sets that are filled greedily when the steps are used up."""


class Search:
    """One search over one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        places = range(len(problem.fixed))
        self.lines = len(problem.quantity)
        self.by_cost = [
            sorted(places, key=[c[d] for c in problem.unit].__getitem__) for d in range(self.lines)
        ]
        self.position = [_positions(order) for order in self.by_cost]
        self.shared = _shared(problem)
        self.total = sum(problem.quantity)
        self.steps = problem.steps
        self.proven = True
        self.fills = _MOST_FILLS
        self.best = Choice({}, self.total, 0, 0, False)
        self.floors = _floors(problem)
        short, units, _ = self.relaxed(places)
        self.least_short = self._fewest(places, short)
        self.least_units = (
            units if short == self.least_short else self._cheapest(self.total - self.least_short)
        )

    def run(self) -> Choice:
        """The best plan found, with its bound."""
        problem, places = self.problem, range(len(self.problem.fixed))
        most = min(problem.most, len(places))
        done = 0
        for size in range(1, most + 1):
            if self._closed(size):
                done = most
                break
            work = comb(len(places), size) * self.lines
            if work > self.steps:
                self._grow(most)
                break
            self.steps -= work
            for chosen in combinations(places, size):
                self.consider(chosen)
            done = size
        return self._judged(done, most)

    def consider(self, chosen: Sequence[int]) -> None:
        """Take the best plan that uses ``chosen`` if it may and beats what is known."""
        if not self._allowed(chosen):
            return
        short, units, given = self.relaxed(chosen)
        fixed = self._fixed(chosen)
        best = self.best
        if short > best.short or (short == best.short and fixed + units >= best.cost):
            return
        if self._fits(chosen, given):
            self.take(given, short, fixed + units)
        elif self._fewest(chosen, short) <= best.short:
            self._dig(chosen, self._fewest(chosen, short), fixed)

    def relaxed(self, chosen: Sequence[int], lines: Iterable[int] | None = None) -> tuple[int, int, Given]:
        """(short, cost of units, plan) of ``lines`` as if they did not compete: a lower bound for the set."""
        problem, can, unit = self.problem, self.problem.can, self.problem.unit
        inside = 0
        for p in chosen:
            inside |= 1 << p
        short = units = 0
        given: Given = {}
        few = 4 * len(chosen) < len(can)
        for d in range(self.lines) if lines is None else lines:
            left = problem.quantity[d]
            order = sorted(chosen, key=self.position[d].__getitem__) if few else self.by_cost[d]
            limit = max(can[p][d] for p in chosen) if problem.whole_lines else 0
            parts: dict[int, int] = {}
            for p in order:
                n = can[p][d]
                if n and inside >> p & 1 and n >= limit:
                    taken = min(n, left)
                    parts[p] = taken
                    units += taken * unit[p][d]
                    left -= taken
                    if not left or limit:
                        break
            if parts:
                given[d] = parts
            short += left
        return short, units, given

    def _fixed(self, chosen: Sequence[int]) -> int:
        return sum(self.problem.fixed[p] for p in chosen) + self.problem.penalty * (len(chosen) - 1)

    def take(self, given: Given, short: int, cost: int) -> None:
        """Keep a plan if it is better than the best."""
        best = self.best
        if short < best.short or (short == best.short and cost < best.cost):
            self.best = Choice(given, short, cost, 0, False)

    def _fits(self, chosen: Sequence[int], given: Given) -> bool:
        problem = self.problem
        if problem.contested:
            left = {p: problem.stock[p].copy() for p in chosen}
            for d, parts in given.items():
                for p, n in parts.items():
                    for v, per in problem.parts[d]:
                        left[p][v] -= n * per
                        if left[p][v] < 0:
                            return False
        return self.worth(chosen, given)

    def _allowed(self, chosen: Sequence[int]) -> bool:
        return not self.problem.split or sum(not self.problem.begun[p] for p in chosen) <= self.problem.fresh

    def worth(self, chosen: Sequence[int], given: Given) -> bool:
        """Whether each parcel of a split order is worth what the policy demands; one that leaves anyway is."""
        problem = self.problem
        if not problem.least_value or (len(chosen) == 1 and not problem.split):
            return True
        value = {p: 0 for p in chosen if not problem.begun[p]}
        for d, parts in given.items():
            for p in parts.keys() & value.keys():
                value[p] += half_even(problem.value[d] * parts[p], problem.quantity[d])
        return all(worth >= problem.least_value for worth in value.values())

    def _fewest(self, chosen: Sequence[int], short: int) -> int:
        """A better lower bound on short units: no variant can be given more often than the set has it."""
        stock = self.problem.stock
        for v, (wanted, most) in self.shared.items():
            lacking = wanted - sum(stock[p][v] for p in chosen)
            if lacking > 0:
                short = max(short, -(-lacking // most))
        return short

    def _dig(self, chosen: Sequence[int], fewest: int, fixed: int) -> None:
        if self.steps <= 0 or self.lines > _MOST_LINES:
            self.proven = False
        else:
            Lines(self, chosen, fewest).run(fixed)
        if not self.proven and self.fills:
            self.fills -= 1
            for order in (range(self.lines), range(self.lines - 1, -1, -1)):
                self._fill(chosen, order, fixed)

    def _fill(self, chosen: Sequence[int], order: Iterable[int], fixed: int) -> None:
        # Line after line takes what is left, cheapest place first.
        problem = self.problem
        left = {p: problem.stock[p].copy() for p in chosen}
        given: Given = {}
        short = units = 0
        for d in order:
            missing = problem.quantity[d]
            room = {p: min(missing, *(left[p][v] // per for v, per in problem.parts[d])) for p in chosen}
            top = max(room.values())
            for p in sorted(chosen, key=self.position[d].__getitem__):
                taken = min(missing, room[p])
                if not taken or (problem.whole_lines and room[p] < top):
                    continue
                given.setdefault(d, {})[p] = taken
                units += taken * problem.unit[p][d]
                missing -= taken
                for v, per in problem.parts[d]:
                    left[p][v] -= taken * per
                if problem.whole_lines:
                    break
            short += missing
        if self.worth(chosen, given):
            self.take(dict(sorted(given.items())), short, fixed + units)

    # --- beyond the limit ----------------------------------------------------------------------------------------

    def _grow(self, most: int) -> None:
        """Add the place that helps most until none helps, then add, drop and swap one at a time while it helps."""
        chosen: tuple[int, ...] = ()
        pool: Sequence[int] = range(len(self.problem.fixed))
        moves = max(_LEAST_MOVES, self.problem.steps // (4 * self.lines))
        while len(chosen) < most:
            ranked = []
            for p in pool:
                wider = tuple(sorted({*chosen, p}))
                if p not in chosen and self._allowed(wider):
                    short, units, _ = self.relaxed(wider)
                    ranked.append((short, self._fixed(wider) + units, wider, p))
            if not ranked:
                break
            ranked.sort()
            if not chosen:
                pool = [p for *_, p in ranked[:_POOL]]
            chosen = ranked[0][2]
            self.consider(chosen)
        while moves > 0:
            used = {p for parts in self.best.given.values() for p in parts}
            before = self.best
            for wider in _neighbours(used, pool, most):
                moves -= 1
                self.consider(wider)
                if self.best is not before or moves <= 0:
                    break
            if self.best is before:
                break

    # --- how sure --------------------------------------------------------------------------------------------------

    def _closed(self, size: int) -> bool:
        """Whether no set of ``size`` places or more can beat the best plan."""
        best = self.best
        return best.short == self.least_short and best.cost <= self.floors[size] + self.least_units

    def _judged(self, done: int, most: int) -> Choice:
        best = self.best
        used = sorted({p for parts in best.given.values() for p in parts})
        best.cost = sum(
            self.problem.unit[p][d] * n for d, parts in best.given.items() for p, n in parts.items()
        ) + (self._fixed(used) if used else 0)
        if self.proven and done == most:
            best.bound, best.exact = best.cost, True
            return best
        size = done + 1 if self.proven else 1
        given = self.total - best.short
        floor = self.floors[size] + self._cheapest(given) if given else 0
        best.bound = min(best.cost, floor)
        best.exact = best.bound == best.cost and best.short == self.least_short
        return best

    def _cheapest(self, wanted: int) -> int:
        """The least that ``wanted`` units can cost at all: every line alone, the dearest units left out."""
        problem, chunks = self.problem, []
        for d, order in enumerate(self.by_cost):
            left = problem.quantity[d]
            for p in order:
                taken = min(left, problem.can[p][d])
                chunks.append((problem.unit[p][d], taken))
                left -= taken
        units = 0
        for cost, n in sorted(chunks):
            units += cost * min(n, wanted)
            wanted -= min(n, wanted)
        return units


def _positions(order: Sequence[int]) -> list[int]:
    places = [0] * len(order)
    for n, p in enumerate(order):
        places[p] = n
    return places


def _floors(problem: Problem) -> list[int]:
    """What the parcels of a plan cost at least, by their number."""
    floors, spent = [0], 0
    for size, fixed in enumerate(sorted(problem.fixed)):
        spent += fixed + (problem.penalty if size else 0)
        floors.append(spent)
    return floors


def _shared(problem: Problem) -> dict[int, tuple[int, int]]:
    """Variants that several lines want: units wanted in all, and the most that one unit of a line takes."""
    wants: dict[int, list[tuple[int, int]]] = {}
    for parts, quantity in zip(problem.parts, problem.quantity, strict=True):
        for v, per in parts:
            wants.setdefault(v, []).append((per, quantity))
    return {
        v: (sum(per * n for per, n in own), max(per for per, _ in own))
        for v, own in wants.items()
        if len(own) > 1
    }


def _neighbours(used: set[int], everyone: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    others = [p for p in everyone if p not in used]
    for p in sorted(used):
        if len(used) > 1:
            yield tuple(sorted(used - {p}))
    if len(used) < most:
        for p in others:
            yield tuple(sorted(used | {p}))
    for p in sorted(used):
        for q in others:
            yield tuple(sorted(used - {p} | {q}))
