"""Searching sets of places, small sets first.

Each set is first judged by its relaxation, in which lines do not compete for stock: every line takes its cheapest
places. That is exact unless lines share a variant (a bundle and its part) or parcels must have a value; then the
set is searched line by line. Sets and nodes count as steps; when the policy's limit is used up, a greedy choice and
a local search answer, with a lower bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from math import comb

from trivet.lib.money import half_even
from trivet.routing.rules.setting import Choice, Given, Problem


class Search:
    """One search over one problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        places = range(len(problem.fixed))
        self.lines = len(problem.quantity)
        self.by_cost = [sorted(places, key=self.rank(d)) for d in range(self.lines)]
        self.shared = _shared(problem)
        self.total = sum(problem.quantity)
        self.steps = problem.steps
        self.proven = True
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
        """Take the best plan that uses ``chosen`` if it beats what is known."""
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
        few = 8 * len(chosen) < len(can)
        for d in range(self.lines) if lines is None else lines:
            left = problem.quantity[d]
            order = sorted(chosen, key=self.rank(d)) if few else self.by_cost[d]
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

    def rank(self, d: int) -> Callable[[int], tuple[int, int]]:
        """A key that puts the place with the cheapest unit of line ``d`` first."""
        unit = self.problem.unit
        return lambda p: (unit[p][d], p)

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
        return len(chosen) == 1 or not problem.least_value or self.worth(chosen, given)

    def worth(self, chosen: Iterable[int], given: Given) -> bool:
        """Whether each parcel is worth what the policy demands."""
        problem = self.problem
        value = dict.fromkeys(chosen, 0)
        for d, parts in given.items():
            for p, n in parts.items():
                value[p] += half_even(problem.value[d] * n, problem.quantity[d])
        return min(value.values()) >= problem.least_value

    def _fewest(self, chosen: Sequence[int], short: int) -> int:
        """A better lower bound on short units: no variant can be given more often than the set has it."""
        problem = self.problem
        for v in self.shared:
            wants = [
                (per, problem.quantity[d])
                for d, parts in enumerate(problem.parts)
                for w, per in parts
                if w == v
            ]
            lacking = sum(per * n for per, n in wants) - sum(problem.stock[p][v] for p in chosen)
            if lacking > 0:
                short = max(short, -(-lacking // max(per for per, _ in wants)))
        return short

    # --- one set, line by line ---------------------------------------------------------------------------------

    def _dig(self, chosen: Sequence[int], fewest: int, fixed: int) -> None:
        if self.steps <= 0:
            self.proven = False
        else:
            _Lines(self, chosen, fewest).run(fixed)
        if not self.proven:
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
            for p in sorted(chosen, key=self.rank(d)):
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
        if len(chosen) == 1 or not problem.least_value or self.worth(chosen, given):
            self.take(dict(sorted(given.items())), short, fixed + units)

    # --- beyond the limit ----------------------------------------------------------------------------------------

    def _grow(self, most: int) -> None:
        """Add the place that helps most until none helps, then add, drop and swap one at a time while it helps."""
        chosen: tuple[int, ...] = ()
        everyone = range(len(self.problem.fixed))
        moves = max(100, self.problem.steps // self.lines)
        while len(chosen) < most:
            ranked = []
            for p in everyone:
                if p not in chosen:
                    wider = tuple(sorted((*chosen, p)))
                    short, units, _ = self.relaxed(wider)
                    ranked.append((short, self._fixed(wider) + units, wider))
                    moves -= 1
            if not ranked:
                break
            chosen = min(ranked)[2]
            self.consider(chosen)
        while moves > 0:
            used = {p for parts in self.best.given.values() for p in parts}
            before = self.best
            for wider in _neighbours(used, everyone, most):
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


def _floors(problem: Problem) -> list[int]:
    """What the parcels of a plan cost at least, by their number."""
    floors, spent = [0], 0
    for size, fixed in enumerate(sorted(problem.fixed)):
        spent += fixed + (problem.penalty if size else 0)
        floors.append(spent)
    return floors


def _shared(problem: Problem) -> list[int]:
    seen: set[int] = set()
    shared = []
    for parts in problem.parts:
        for v, _ in parts:
            if v in seen and v not in shared:
                shared.append(v)
            seen.add(v)
    return shared


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


Ways = tuple[tuple[int, int], ...]
"""(place, units) of one line."""
Option = tuple[int, int, Ways]
"""(short, cost of units, ways) of one line."""


class _Lines:
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
            if len(self.chosen) == 1 or not self.problem.least_value or search.worth(self.chosen, given):
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
        order = sorted(self.chosen, key=self.search.rank(d))
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
