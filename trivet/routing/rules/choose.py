"""Choosing places for the whole order at once: fewest short units, then least cost, then fewest parcels, then rank.

The fast way is a proof: no plan with two parcels can cost less than the two cheapest parcels, one penalty and every
unit where it is cheapest. A place that ships everything for less has won. Otherwise :mod:`search` looks at sets of
places. Places are numbered by rank (priority, then code), demands by line, costs are thousandths of a minor unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from trivet.routing.rules.search import Search
from trivet.routing.rules.setting import Choice, Given, Parts, Problem

__all__ = ["Choice", "Problem", "choose"]


def choose(problem: Problem) -> Choice:
    """The best choice; without places everything is short."""
    if not problem.fixed:
        return Choice({}, sum(problem.quantity), 0, 0, True)
    quick = _one_place(problem)
    if quick is not None:
        return quick
    merged = _merge(problem)
    if merged is None:
        return Search(problem).run()
    found = Search(merged.problem).run()
    found.given = _divide(problem, merged, found.given)
    return found


def _one_place(problem: Problem) -> Choice | None:
    alone, best = problem.alone, -1
    poor = problem.split and sum(problem.value) < problem.least_value
    for p, full in enumerate(problem.full):
        if full and (problem.begun[p] or not poor) and (best < 0 or alone[p] < alone[best]):
            best = p
    if best < 0:
        return None
    cost = alone[best]
    if problem.most > 1 and len(alone) > 1 and cost > _least_of_two(problem):
        return None
    return Choice({d: {best: n} for d, n in enumerate(problem.quantity)}, 0, cost, cost, True)


def _least_of_two(problem: Problem) -> int:
    first, second = sorted(problem.fixed)[:2]
    units = 0
    for d, wanted in enumerate(problem.quantity):
        units += min([costs[d] for costs in problem.unit]) * wanted
    return first + second + problem.penalty + units


@dataclass(slots=True)
class _Merged:
    """``groups``: for each demand of the smaller problem, the demands that it stands for."""

    problem: Problem
    groups: list[list[int]]


def _merge(problem: Problem) -> _Merged | None:
    """Lines of the same goods as one demand, where nothing tells them apart; None when there are none."""
    if not problem.contested or problem.whole_lines or problem.least_value:
        return None
    groups: dict[tuple[Parts, tuple[int, ...]], list[int]] = {}
    for d, own in enumerate(problem.parts):
        groups.setdefault((own, tuple(costs[d] for costs in problem.unit)), []).append(d)
    if len(groups) == len(problem.parts):
        return None
    kept = [group[0] for group in groups.values()]
    quantity = [sum(problem.quantity[d] for d in group) for group in groups.values()]
    parts = [problem.parts[d] for d in kept]
    small = replace(
        problem, quantity=quantity, parts=parts, value=[0] * len(kept),
        unit=[[costs[d] for d in kept] for costs in problem.unit],
        can=[
            [min(n, *(held[v] // per for v, per in goods)) for n, goods in zip(quantity, parts, strict=True)]
            for held in problem.stock
        ],
        contested=len({v for goods in parts for v, _ in goods}) < sum(map(len, parts)),
    )  # fmt: skip
    return _Merged(small, list(groups.values()))


def _divide(problem: Problem, merged: _Merged, given: Given) -> Given:
    result: Given = {}
    for m, group in enumerate(merged.groups):
        left = dict(sorted(given.get(m, {}).items()))
        for d in group:
            wanted, parts = problem.quantity[d], {}
            for p, n in left.items():
                if taken := min(wanted, n):
                    parts[p] = taken
                    left[p] = n - taken
                    wanted -= taken
            if parts:
                result[d] = parts
    return dict(sorted(result.items()))
