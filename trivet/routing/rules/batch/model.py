"""A group of orders that compete, as one mixed-integer problem for HiGHS.

Every order either stays as it is, or ships anew: whole lines (or units of them) from places whose parcels it then
pays. To stay is a way of its own, so that what today's rules would not allow may stay, and a move has its price.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from highspy._core import _Highs  # the class above it prints a banner whenever it is made

from trivet.routing.rules.batch.options import Option, options
from trivet.routing.rules.batch.values import Given, Resource, Use
from trivet.routing.rules.batch.ways import Ways
from trivet.routing.rules.cost import MILLI
from trivet.routing.rules.values import Key

INFINITY = highspy.kHighsInf
_WHOLE = 1e-6
"""What is nearer to a whole number than this is one."""
_SURE = 1e-9
"""The relaxation's objective is lowered by this part of it: what its tolerances may make of it."""


@dataclass(slots=True)
class _Columns:
    """Where an order stands in the problem: the column to stay, and those of its options; where these are too many,
    that it is split (where it matters), those of parcels, those of (line, place)."""

    stay: int
    split: int | None = None
    options: dict[int, Given] = field(default_factory=dict)
    parcel: dict[Key, int] = field(default_factory=dict)
    line: dict[tuple[int, Key], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Solved:
    """Plans of the orders that move (by index in the group), and a bound: no plans with their moves cost less.

    ``given`` is never worse than what the solver was begun with, as counted here in whole numbers.
    """

    given: dict[int, Given]
    bound: int


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The relaxed problem's answer: a bound, plans of orders that move as a whole, and those that are ``torn`` with the
    scarce resources that their parts take."""

    bound: int
    given: dict[int, Given]
    torn: dict[int, set[Resource]]


class Model:
    """The problem of one group. ``limits`` are what its orders may take together of what is ``scarce``."""

    def __init__(
        self, group: Sequence[Ways], limits: Use, scarce: set[Resource], move_cost: int,
        listed: Sequence[list[Option] | None] | None = None,
    ) -> None:  # fmt: skip
        self.group, self.move_cost = group, move_cost
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.offset = 0
        self.starts, self.index, self.value = [0], list[int](), list[float]()
        self.low: list[float] = []
        self.high: list[float] = []
        self.taken: dict[Resource, list[tuple[int, int]]] = {}
        self.takes: dict[int, list[Resource]] = {}
        self.scarce = scarce
        self.listed = [options(ways, scarce) for ways in group] if listed is None else listed
        self.columns = [self._order(n, ways) for n, ways in enumerate(group)]
        for r, uses in self.taken.items():
            self._row([c for c, _ in uses], [n for _, n in uses], -INFINITY, limits.get(r, 0))

    def solve(self, start: Mapping[int, Given], gap: float, seconds: float) -> Solved:
        """The best plans found from ``start`` on within ``seconds``, at least ``start``."""
        best, bound = dict(start), -(10**18)
        worth = self.worth(best)
        for values in (self._start(start), None):
            solver = self._solver(gap, seconds, whole=True)
            if values is not None:
                begin = highspy.HighsSolution()
                begin.col_value = values
                solver.setSolution(begin)
            solver.run()
            info = solver.getInfo()
            if math.isfinite(info.mip_dual_bound):
                bound = max(bound, math.floor(info.mip_dual_bound * MILLI + 0.01))
            if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
                break
            found = self._read(solver.getSolution().col_value)
            if (found_worth := self.worth(found)) < worth:
                best, worth = found, found_worth
            # HiGHS 1.16 can answer the start itself with the objective of another solution, which its presolve made
            # of the start: then it is asked again without one.
            seconds -= solver.getRunTime()
            if seconds <= 0 or abs(found_worth - info.objective_function_value * MILLI) < 1:
                break
        return Solved(best, min(bound, worth))

    def anew(self, gap: float, seconds: float) -> dict[int, Given] | None:
        """The best plans found within ``seconds`` from nothing; None where none were, or none are possible."""
        solver = self._solver(gap, seconds, whole=True)
        solver.run()
        if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        return self._read(solver.getSolution().col_value)

    def relaxed(self, seconds: float) -> Relaxed | None:
        """The problem solved in parts of orders; None where there was not the time."""
        solver = self._solver(0, seconds, whole=False)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        objective = solver.getInfo().objective_function_value
        values = np.array(solver.getSolution().col_value)
        broken = np.abs(values - np.round(values)) > _WHOLE
        torn: dict[int, set[Resource]] = {}
        for n, c in enumerate(self.columns):
            mine = [c.stay, *c.options, *c.parcel.values(), *c.line.values()]
            if any(broken[x] for x in mine):
                torn[n] = {r for x in mine if values[x] > _WHOLE for r in self.takes.get(x, ())}
        return Relaxed(math.floor(objective * MILLI * (1 - _SURE)), self._read(values.tolist(), torn), torn)

    def _solver(self, gap: float, seconds: float, *, whole: bool) -> _Highs:
        solver = _Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("time_limit", max(0.1, seconds))
        solver.setOptionValue("mip_rel_gap", gap)
        solver.setOptionValue("mip_abs_gap", 0.0005)
        solver.passModel(self._lp(whole))
        return solver

    def worth(self, plans: Mapping[int, Given]) -> int:
        """What the group costs with ``plans``, its moves counted."""
        return sum(
            w.stay if (given := plans.get(n)) is None else w.cost(given) + self.move_cost
            for n, w in enumerate(self.group)
        )

    # --- building ------------------------------------------------------------------------------------------------

    def _column(self, cost: int, upper: float) -> int:
        self.cost.append(cost / MILLI)
        self.upper.append(upper)
        return len(self.cost) - 1

    def _row(self, columns: Sequence[int], values: Sequence[float], low: float, high: float) -> None:
        self.index += columns
        self.value += values
        self.starts.append(len(self.index))
        self.low.append(low)
        self.high.append(high)

    def _take(self, column: int, use: Mapping[Resource, int]) -> None:
        here = self.takes[column] = [r for r in use if r in self.scarce]
        for r in here:
            self.taken.setdefault(r, []).append((column, use[r]))

    def _order(self, n: int, ways: Ways) -> _Columns:
        found = _Columns(self._column(ways.stay, 1))
        self._take(found.stay, ways.held)
        listed = self.listed[n]
        if listed is None:
            self._from_parts(ways, found)
            return found
        for cost, use, given in listed:
            column = self._column(cost + self.move_cost, 1)
            self._take(column, use)
            found.options[column] = given
        columns = [found.stay, *found.options]
        self._row(columns, [1] * len(columns), 1, 1)
        return found

    def _from_parts(self, ways: Ways, found: _Columns) -> None:
        goods, whole = ways.goods, ways.order.whole_lines
        penalty = ways.policy.parcel_penalty * MILLI
        # The first parcel has no penalty, and who stays pays no move: both are counted with the column to stay.
        self.cost[found.stay] += (penalty - self.move_cost) / MILLI
        self.offset += self.move_cost - penalty
        for c in ways.open:
            p = c.lane.place.key
            able = [n if not whole or n == q else 0 for n, q in zip(c.can, goods.quantity, strict=True)]
            if not any(able):
                continue
            parcel = found.parcel[p] = self._column(ways.fixed[p] + penalty, 1)
            if p in ways.roomy:
                self._take(parcel, {(p, None): 1})
            for d, n in enumerate(able):
                if not n:
                    continue
                x = found.line[d, p] = self._column(c.unit[d] * (n if whole else 1), 1 if whole else n)
                self._row([x, parcel], [1, -1 if whole else -n], -INFINITY, 0)
                per_step = n if whole else 1
                self._take(x, {(p, goods.variants[v]): per * per_step for v, per in goods.parts[d]})
        for d, q in enumerate(goods.quantity):
            all_ = 1 if whole else q
            columns = [x for (line, _), x in found.line.items() if line == d]
            self._row([found.stay, *columns], [all_, *[1] * len(columns)], all_, all_)
        parcels = list(found.parcel.values())
        if ways.most < len(parcels):
            self._row([found.stay, *parcels], [ways.most, *[1] * len(parcels)], -INFINITY, ways.most)
        if ways.policy.min_value_per_parcel and len(parcels) > 1:
            self._parcels_worth(ways, found)

    def _parcels_worth(self, ways: Ways, found: _Columns) -> None:
        """Each parcel of an order that is split is worth what the policy demands."""
        least, parcels = ways.policy.min_value_per_parcel, list(found.parcel.values())
        split = found.split = self._column(0, 1)
        self._row([*parcels, split], [*[1] * len(parcels), 1 - len(parcels)], -INFINITY, 1)
        for p, parcel in found.parcel.items():
            lines = [(d, x) for (d, place), x in found.line.items() if place == p]
            worth = [
                ways.goods.demands[d].value_minor
                / (1 if ways.order.whole_lines else ways.goods.demands[d].quantity)
                for d, _ in lines
            ]
            self._row([*(x for _, x in lines), parcel, split], [*worth, -least, -least], -least, INFINITY)

    def _lp(self, whole: bool) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.low)
        lp.col_cost_, lp.offset_ = np.array(self.cost), self.offset / MILLI
        lp.col_lower_, lp.col_upper_ = np.zeros(len(self.cost)), np.array(self.upper, dtype=float)
        lp.row_lower_, lp.row_upper_ = np.array(self.low, dtype=float), np.array(self.high, dtype=float)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self.starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(self.index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(self.value, dtype=float)
        if whole:
            lp.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cost)
        return lp

    # --- plans in and out --------------------------------------------------------------------------------------------

    def _start(self, plans: Mapping[int, Given]) -> list[float]:
        values = [0.0] * len(self.cost)
        for n, (ways, columns) in enumerate(zip(self.group, self.columns, strict=True)):
            given = plans.get(n)
            if given is None:
                values[columns.stay] = 1.0
                continue
            if not columns.line:
                values[self._nearest(ways, columns, given)] = 1.0
                continue
            places = {p for parts in given.values() for p in parts}
            for p in places:
                values[columns.parcel[p]] = 1.0
            if columns.split is not None:
                values[columns.split] = float(len(places) > 1)
            for d, parts in given.items():
                for p, units in parts.items():
                    values[columns.line[d, p]] = 1.0 if ways.order.whole_lines else float(units)
        return values

    def _nearest(self, ways: Ways, columns: _Columns, given: Given) -> int:
        """The column of a plan, or of one that takes no more of what is scarce and costs no more."""
        use = {r: n for r, n in ways.use(given).items() if r in self.scarce}.items()
        return next(
            x
            for x, g in columns.options.items()
            if g == given or {r: n for r, n in ways.use(g).items() if r in self.scarce}.items() <= use
        )

    def _read(self, values: Sequence[float], but: Collection[int] = ()) -> dict[int, Given]:
        found: dict[int, Given] = {}
        for n, (ways, columns) in enumerate(zip(self.group, self.columns, strict=True)):
            if n in but or values[columns.stay] > 0.5:
                continue
            if not columns.line:
                found[n] = next(g for x, g in columns.options.items() if values[x] > 0.5)
                continue
            quantity = ways.goods.quantity
            given: Given = {}
            for (d, p), x in columns.line.items():
                units = round(values[x]) * (quantity[d] if ways.order.whole_lines else 1)
                if units:
                    given.setdefault(d, {})[p] = units
            found[n] = dict(sorted(given.items()))
        return found
