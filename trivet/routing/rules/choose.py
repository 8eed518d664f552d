"""Choosing places for the whole order at once: fewest short units, then least cost, then priority.

Three ways, all exact: a proof that one place is best; enumeration of sets of places where lines do not compete for
stock; branch and bound where they do. Beyond their limits the best plan found is answered with a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from trivet.lib.money import half_even
from trivet.routing.rules.cost import MILLI, Candidate
from trivet.routing.rules.values import Demand, Policy

MOST_PLACES = 10
"""Eligible places up to which sets of places are enumerated (1,023 sets)."""
MOST_NODES = 60_000
"""Nodes that branch and bound may visit."""
MOST_SIZES = 20
"""Units of one line up to which every smaller share is tried, where lines compete."""
MOST_OPTIONS = 5_000
"""Ways to spread one line over places that are tried, where lines compete."""

Given = dict[int, dict[int, int]]
"""Demand index → candidate index → units."""


@dataclass(slots=True)
class Choice:
    """A plan in the making: what is given where, what is short, the cost in thousandths and how sure it is."""

    given: Given
    short: int
    cost: int
    bound: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Eligible candidates, demands and the flags."""

    policy: Policy
    places: Sequence[Candidate]
    demands: Sequence[Demand]
    together: bool
    whole_lines: bool

    @property
    def most(self) -> int:
        """How many parcels the order may have."""
        return 1 if self.together else min(self.policy.max_parcels, len(self.places))


def choose(problem: Problem) -> Choice:
    """The best choice; without places everything is short."""
    if not problem.places:
        return Choice({}, sum(d.quantity for d in problem.demands), 0, 0, True)
    if _compete(problem.demands) or problem.policy.min_value_per_parcel:
        return _branch_and_bound(problem)
    single = _single(problem)
    if single is not None and (problem.most == 1 or single.cost <= _split_bound(problem)):
        return single
    if len(problem.places) <= MOST_PLACES:
        best = _best(problem, _subsets(range(len(problem.places)), problem.most))
        best.exact, best.bound = True, best.cost
        return best
    return _large(problem)


def cost_of(problem: Problem, given: Given) -> int:
    """The cost of a plan in thousandths: parcels, units, and the penalty of each parcel beyond the first."""
    used = {p for parts in given.values() for p, n in parts.items() if n}
    units = sum(problem.places[p].per_unit[d] * n for d, parts in given.items() for p, n in parts.items())
    penalty = problem.policy.parcel_penalty * MILLI * max(0, len(used) - 1)
    return sum(problem.places[p].fixed for p in used) + units + penalty


def _compete(demands: Sequence[Demand]) -> bool:
    seen: set[object] = set()
    for demand in demands:
        for part, _ in demand.components:
            if part in seen:
                return True
            seen.add(part)
    return False


def _single(problem: Problem) -> Choice | None:
    best: Choice | None = None
    wanted = [d.quantity for d in problem.demands]
    for p, candidate in enumerate(problem.places):
        if candidate.can == wanted:
            cost = candidate.fixed + sum(c * n for c, n in zip(candidate.per_unit, wanted, strict=True))
            if best is None or cost < best.cost:
                best = Choice({d: {p: n} for d, n in enumerate(wanted)}, 0, cost, cost, True)
    return best


def _split_bound(problem: Problem) -> int:
    # Any plan with two parcels or more pays two fixed costs, one penalty, and at least the cheapest unit price.
    fixed = sorted(c.fixed for c in problem.places)
    if len(fixed) < 2:
        return 1 << 62
    return fixed[0] + fixed[1] + problem.policy.parcel_penalty * MILLI + _cheapest_units(problem)


def _cheapest_units(problem: Problem) -> int:
    return sum(
        min((c.per_unit[d] for c in problem.places if c.can[d]), default=0) * demand.quantity
        for d, demand in enumerate(problem.demands)
    )


def _subsets(places: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, most + 1):
        yield from combinations(places, size)


def _best(problem: Problem, sets: Iterator[tuple[int, ...]]) -> Choice:
    best: Choice | None = None
    for chosen in sets:
        found = _within(problem, chosen)
        if best is None or (found.short, found.cost) < (best.short, best.cost):
            best = found
    assert best is not None
    return best


def _within(problem: Problem, chosen: Sequence[int]) -> Choice:
    # Lines do not compete, so inside a set of places each line is served at its own least cost.
    given: Given = {}
    short = 0
    for d, demand in enumerate(problem.demands):
        order = sorted(chosen, key=lambda p, d=d: problem.places[p].per_unit[d])  # type: ignore[misc]
        if problem.whole_lines:
            most = max(problem.places[p].can[d] for p in chosen)
            p = next(p for p in order if problem.places[p].can[d] == most)
            parts = {p: most} if most else {}
        else:
            left, parts = demand.quantity, {}
            for p in order:
                if taken := min(left, problem.places[p].can[d]):
                    parts[p] = taken
                    left -= taken
        if parts:
            given[d] = parts
        short += demand.quantity - sum(parts.values())
    return Choice(given, short, cost_of(problem, given), 0, False)


def _large(problem: Problem) -> Choice:
    # The most useful places first, then dropping, adding and swapping one at a time while it helps.
    everyone = range(len(problem.places))
    ranked = sorted(everyone, key=lambda p: (-sum(problem.places[p].can), problem.places[p].fixed))
    best = _best(problem, iter([tuple(ranked[:n]) for n in range(1, problem.most + 1)]))
    chosen = {p for parts in best.given.values() for p in parts} or {ranked[0]}
    better = True
    while better:
        better = False
        moves = [chosen - {p} for p in chosen if len(chosen) > 1]
        moves += [chosen | {p} for p in everyone if p not in chosen and len(chosen) < problem.most]
        moves += [(chosen - {p}) | {q} for p in chosen for q in everyone if q not in chosen]
        for move in moves:
            found = _within(problem, sorted(move))
            if (found.short, found.cost) < (best.short, best.cost):
                best, better = found, True
                chosen = {p for parts in found.given.values() for p in parts}
                break
    return _bounded(problem, best)


def _bounded(problem: Problem, best: Choice) -> Choice:
    units = sum(
        min(c.per_unit[d] for c in problem.places if c.can[d]) * sum(parts.values())
        for d, parts in best.given.items()
    )
    best.bound = min(best.cost, (min(c.fixed for c in problem.places) if best.given else 0) + units)
    best.exact = best.bound == best.cost
    return best


def _branch_and_bound(problem: Problem) -> Choice:
    search = _Search(problem)
    search.run(0, {}, 0, 0)
    best = search.best
    assert best is not None
    if search.nodes >= MOST_NODES or search.trimmed:
        return _bounded(problem, best)
    best.exact, best.bound = True, best.cost
    return best


class _Search:
    """Depth-first over demands; stock is taken and given back along the way."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.nodes = 0
        self.trimmed = False
        self.best: Choice | None = None
        self.stock = [dict(c.stock) for c in problem.places]
        self.cheapest = [
            min((c.per_unit[d] for c in problem.places if c.can[d]), default=0)
            for d in range(len(problem.demands))
        ]

    def run(self, d: int, given: Given, used: int, short: int) -> None:
        """Decide demand ``d`` and those after it; ``used`` is the set of places as bits."""
        self.nodes += 1
        problem = self.problem
        if self.best is not None and short > self.best.short:
            return
        if d == len(problem.demands):
            self._finish(given, short)
            return
        if self.best is not None and short == self.best.short and self._bound(d, given) >= self.best.cost:
            return
        if self.nodes >= MOST_NODES and self.best is not None:
            return
        demand = problem.demands[d]
        for parts in self._options(d, demand.quantity, 0, used):
            now = used
            for p, n in parts.items():
                now |= 1 << p
                self._take(p, demand, n)
            self.run(
                d + 1,
                given | {d: parts} if parts else given,
                now,
                short + demand.quantity - sum(parts.values()),
            )
            for p, n in parts.items():
                self._take(p, demand, -n)

    def _options(self, d: int, wanted: int, start: int, used: int) -> list[dict[int, int]]:
        can = [self._can(p, d) for p in range(len(self.problem.places))]
        order = sorted(range(len(can)), key=lambda p: (not used >> p & 1, self.problem.places[p].per_unit[d]))
        allowed = [p for p in order if can[p] and (used >> p & 1 or used.bit_count() < self.problem.most)]
        if self.problem.whole_lines or self.problem.most == 1:
            options = [{p: n} for p in allowed for n in self._sizes(min(can[p], wanted))]
            options.sort(key=lambda o: -sum(o.values()))
        else:
            options = [
                o
                for o in self._compositions(allowed, can, wanted)
                if (used | sum(1 << p for p in o)).bit_count() <= self.problem.most
            ]
        return [*options, {}]

    def _sizes(self, most: int) -> Sequence[int]:
        # Giving less than possible can only help another line that competes for the same units.
        if most <= MOST_SIZES:
            return range(most, 0, -1)
        self.trimmed = True
        return (most,)

    def _compositions(self, allowed: Sequence[int], can: Sequence[int], wanted: int) -> list[dict[int, int]]:
        found: list[dict[int, int]] = []

        def grow(i: int, left: int, parts: dict[int, int]) -> None:
            if len(found) >= MOST_OPTIONS:
                self.trimmed = True
                return
            if i == len(allowed) or not left:
                if parts:
                    found.append(parts)
                return
            p = allowed[i]
            for n in range(min(can[p], left), -1, -1):
                grow(i + 1, left - n, parts | {p: n} if n else parts)

        grow(0, wanted, {})
        found.sort(key=lambda o: (-sum(o.values()), len(o)))
        return found

    def _can(self, p: int, d: int) -> int:
        return min(self.stock[p][part] // n for part, n in self.problem.demands[d].components)

    def _take(self, p: int, demand: Demand, n: int) -> None:
        for part, per_unit in demand.components:
            self.stock[p][part] -= n * per_unit

    def _bound(self, d: int, given: Given) -> int:
        # What is decided, plus the cheapest unit price for the rest (short units may cost nothing, but then the
        # plan is worse for its shortage unless the rest is short in the best plan too).
        rest = 0
        if self.best is not None and self.best.short == 0:
            rest = sum(
                self.cheapest[e] * self.problem.demands[e].quantity
                for e in range(d, len(self.problem.demands))
            )
        return cost_of(self.problem, given) + rest

    def _finish(self, given: Given, short: int) -> None:
        if not self._worth(given):
            return
        cost = cost_of(self.problem, given)
        if self.best is None or (short, cost) < (self.best.short, self.best.cost):
            self.best = Choice({d: dict(parts) for d, parts in given.items()}, short, cost, 0, False)

    def _worth(self, given: Given) -> bool:
        least = self.problem.policy.min_value_per_parcel
        if not least:
            return True
        value: dict[int, int] = {}
        for d, parts in given.items():
            demand = self.problem.demands[d]
            for p, n in parts.items():
                value[p] = value.get(p, 0) + half_even(demand.value_minor * n, demand.quantity)
        return len(value) <= 1 or min(value.values()) >= least
