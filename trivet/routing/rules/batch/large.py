"""Groups that are too large to be searched at once: solved in parts of orders, then part by part.

The relaxation of such groups leaves few orders torn, and its value is a bound. Orders that it serves whole keep what
it gives them; the torn ones are solved among themselves from what is left, with orders around them where that is not
possible. What is found is then bettered neighbourhood by neighbourhood, for as long as there is time and use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from trivet.routing.rules.batch.model import Model, Relaxed, Solved
from trivet.routing.rules.batch.sift import find, join
from trivet.routing.rules.batch.values import Given, Resource, Use
from trivet.routing.rules.batch.ways import Ways

_RINGS = 4
"""How often more orders are set free."""
_NEAR = 300
"""Orders of a neighbourhood."""
_MOST = 0.8
"""Part of what time there is that making torn orders whole may take."""
_EACH = 0.1
"""Part of the time that one neighbourhood may take."""

Clock = Callable[[], float]


class Large:
    """One such group. ``limits`` are what its orders may take together of what is ``scarce``."""

    def __init__(self, model: Model, limits: Use, scarce: set[Resource], gap: float) -> None:
        self.model, self.limits, self.scarce, self.gap = model, limits, scarce, gap
        self.group: Sequence[Ways] = model.group
        self.could = [[r for r in ways.potential() if r in scarce] for ways in self.group]
        self.users: dict[Resource, list[int]] = {}
        for n, most in enumerate(self.could):
            for r in most:
                self.users.setdefault(r, []).append(n)

    def solve(self, start: Mapping[int, Given], seconds: float, clock: Clock) -> Solved:
        """The best plans found within some ``seconds``, at least ``start``."""
        end = clock() + seconds
        relaxed = self.model.relaxed(seconds)
        if relaxed is None:
            return Solved(dict(start), -(10**18))
        best = dict(start)
        found = self._mended(relaxed, end, clock)
        if found is not None and self.model.worth(found) < self.model.worth(best):
            best = found
        best = self._bettered(best, relaxed, end, clock)
        return Solved(best, min(relaxed.bound, self.model.worth(best)))

    def _mended(self, relaxed: Relaxed, end: float, clock: Clock) -> dict[int, Given] | None:
        """All orders whole again; None where some could not be placed."""
        plans = dict(relaxed.given)
        missing = set(relaxed.torn)
        for torn in _hanging_together(relaxed.torn):
            free = torn & missing
            if not free:
                continue
            for _ring in range(_RINGS):
                chosen = sorted(free)
                found = self._part(chosen, plans, missing).anew(self.gap, max(1.0, (end - clock()) * _MOST))
                if found is not None:
                    break
                free |= self._around(free, plans, missing)
            else:
                return None
            missing -= free
            plans = {n: given for n, given in plans.items() if n not in free}
            plans |= {chosen[k]: given for k, given in found.items()}
        return plans

    def _part(
        self, chosen: Sequence[int], plans: Mapping[int, Given], missing: Collection[int] = ()
    ) -> Model:
        """The problem of some orders, from what the others leave with ``plans``; the ``missing`` take nothing yet."""
        inside = set(chosen)
        reach = {r for n in inside for r in self.could[n]}
        left = {r: self.limits.get(r, 0) for r in reach}
        for n in {n for r in reach for n in self.users[r]} - inside:
            if n in missing:
                continue
            for r, units in self._used(n, plans).items():
                if r in reach:
                    left[r] -= units
        listed = [self.model.listed[n] for n in chosen]
        return Model([self.group[n] for n in chosen], left, self.scarce, self.model.move_cost, listed)

    def _used(self, n: int, plans: Mapping[int, Given]) -> Use:
        given = plans.get(n)
        return self.group[n].held if given is None else self.group[n].use(given)

    def _around(self, free: set[int], plans: Mapping[int, Given], missing: set[int]) -> set[int]:
        """Orders that take of what the ``free`` ones hold, and the missing that could."""
        held = {r for n in free for r in self.group[n].held if r in self.scarce}
        return {
            n
            for r in held
            for n in self.users[r]
            if n in missing or (n in plans and r in self._used(n, plans))
        }

    def _bettered(
        self, best: dict[int, Given], relaxed: Relaxed, end: float, clock: Clock
    ) -> dict[int, Given]:
        seeds = sorted(relaxed.torn.keys() | (relaxed.given.keys() ^ best.keys()))
        seconds, done = (end - clock()) * _EACH, set[int]()
        for seed in seeds:
            worth = self.model.worth(best)
            if clock() >= end or worth - relaxed.bound <= self.gap * worth:
                break
            if seed in done:
                continue
            chosen = _near(seed, self.could, self.users)
            done.update(chosen[: _NEAR // 4])
            found = self._part(chosen, best).solve(
                {k: best[n] for k, n in enumerate(chosen) if n in best}, self.gap, seconds
            )
            best = {n: given for n, given in best.items() if n not in set(chosen)}
            best |= {chosen[k]: given for k, given in found.given.items()}
        return best


def _hanging_together(torn: Mapping[int, set[Resource]]) -> list[set[int]]:
    """The torn orders in groups whose parts take of the same scarce resources, the smallest group first."""
    root = {n: n for n in torn}
    first: dict[Resource, int] = {}
    for n, parts in torn.items():
        for r in parts:
            join(root, first.setdefault(r, n), n)
    groups: dict[int, set[int]] = {}
    for n in torn:
        groups.setdefault(find(root, n), set()).add(n)
    return sorted(groups.values(), key=len)


def _near(
    seed: int, could: Sequence[Sequence[Resource]], users: Mapping[Resource, Sequence[int]]
) -> list[int]:
    """Orders that share something scarce with ``seed``, and those that do with them, the nearest first."""
    found = {seed: None}
    for n in list(found):
        frontier = [n]
        while frontier and len(found) < _NEAR:
            reached = [k for m in frontier for r in could[m] for k in users[r] if k not in found]
            frontier = list(dict.fromkeys(reached))[: _NEAR - len(found)]
            found |= dict.fromkeys(frontier)
    return list(found)
