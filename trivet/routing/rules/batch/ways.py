"""One order in numbers: what each way to ship it costs and takes, by the cost terms of :mod:`cost` and no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from trivet.routing.rules.batch.values import Given, Shared, Use, Waiting
from trivet.routing.rules.choose import choose
from trivet.routing.rules.cost import MILLI, Basket, Candidate, basket, candidates
from trivet.routing.rules.setting import Choice, Problem
from trivet.routing.rules.values import Key, Policy


@dataclass(slots=True)
class Ways:
    """An order, and the places that may ship it. ``fixed`` and ``unit`` cost a parcel and a unit of each line.

    ``roomy``: places where it would take of the next dispatch's room. ``stay`` and ``held``: what it costs as it is,
    and takes. ``best`` is the cheapest plan that it could have alone, None where that is to stay; ``least`` what that
    costs, a move counted; ``proven`` whether nothing costs less.
    """

    order: Waiting
    policy: Policy
    goods: Basket
    open: list[Candidate]
    fixed: dict[Key, int]
    unit: dict[Key, list[int]]
    roomy: frozenset[Key]
    most: int
    stay: int
    held: Use
    best: Given | None
    least: int
    proven: bool

    def cost(self, given: Given) -> int:
        """What the order costs when it ships like this."""
        units = sum(self.unit[p][d] * n for d, parts in given.items() for p, n in parts.items())
        return units + self.parcels({p for parts in given.values() for p in parts})

    def parcels(self, places: Collection[Key]) -> int:
        """What a parcel from each of ``places`` costs, without what is in it."""
        penalty = self.policy.parcel_penalty * MILLI * max(0, len(places) - 1)
        return sum(self.fixed[p] for p in places) + penalty

    def use(self, given: Given) -> Use:
        """What it takes of what all share when it ships like this."""
        taken: Use = {}
        variants = self.goods.variants
        for d, parts in given.items():
            for p, n in parts.items():
                for v, per in self.goods.parts[d]:
                    taken[p, variants[v]] = taken.get((p, variants[v]), 0) + n * per
        for p in {p for parts in given.values() for p in parts} & self.roomy:
            taken[p, None] = 1
        return taken

    def potential(self) -> Use:
        """The most that it could take of anything, however it ships."""
        most = dict(self.held)
        variants = self.goods.variants
        for c in self.open:
            p = c.lane.place.key
            mine: dict[int, int] = {}
            for parts, n in zip(self.goods.parts, c.can, strict=True):
                for v, per in parts:
                    mine[v] = mine.get(v, 0) + n * per
            for v, n in mine.items():
                if n > most.get((p, variants[v]), 0):
                    most[p, variants[v]] = n
            if p in self.roomy:
                most[p, None] = 1
        return most

    def plan(self, left: Mapping[tuple[Key, Key | None], int]) -> tuple[Given, Choice] | None:
        """The best plan from what is ``left`` for this order; None where it cannot ship whole."""
        problem, keys = self._problem(left)
        choice = choose(problem)
        if choice.short:
            return None
        return {d: {keys[p]: n for p, n in parts.items()} for d, parts in choice.given.items()}, choice

    def _problem(self, left: Mapping[tuple[Key, Key | None], int]) -> tuple[Problem, list[Key]]:
        goods, keys = self.goods, []
        stock, can, unit, full, alone = [], [], [], [], []
        for c in self.open:
            p = c.lane.place.key
            if p in self.roomy and left.get((p, None), 0) <= 0:
                continue
            here = [max(0, left.get((p, v), 0)) for v in goods.variants]
            able = [
                min(n, *(here[v] // per for v, per in parts))
                for n, parts in zip(goods.quantity, goods.parts, strict=True)
            ]
            if not any(able):
                continue
            keys.append(p)
            stock.append(here)
            can.append(able)
            unit.append(c.unit)
            full.append(all(n >= need for n, need in zip(here, goods.needs, strict=True)))
            alone.append(
                self.fixed[p] + sum(cost * n for cost, n in zip(c.unit, goods.quantity, strict=True))
            )
        policy = self.policy
        return Problem(
            fixed=[self.fixed[p] for p in keys], unit=unit, can=can, stock=stock, full=full, alone=alone,
            quantity=goods.quantity, value=[d.value_minor for d in goods.demands], parts=goods.parts,
            contested=goods.contested, whole_lines=self.order.whole_lines, most=self.most,
            penalty=policy.parcel_penalty * MILLI, least_value=policy.min_value_per_parcel, steps=policy.exact_steps,
            begun=[False] * len(keys), fresh=self.most, split=False,
        ), keys  # fmt: skip


def ways(order: Waiting, shared: Shared, limits: Use, move_cost: int) -> Ways:
    """``order`` in numbers. ``limits`` are what all orders together may take."""
    policy = order.board.policy
    goods = basket(order.demands)
    lanes = order.board.lanes(order.to, order.channel, order.method, None)
    seen = candidates(lanes, goods, shared.stock)
    fixed, roomy = {}, set()
    for c in seen:
        place = c.lane.place
        wait = max(0, order.days.get(place.key, place.ready_days) - place.ready_days)
        fixed[place.key] = c.lane.fixed + policy.late_per_day * wait * MILLI
        if not wait and place.key in shared.room and not order.scheduled:
            roomy.add(place.key)
    made = Ways(
        order, policy, goods, [c for c in seen if not c.reason], fixed,
        {c.lane.place.key: c.unit for c in seen}, frozenset(roomy), 1 if order.together else policy.max_parcels,
        0, {}, None, 0, True,
    )  # fmt: skip
    made.stay, made.held = made.cost(order.held), made.use(order.held)
    made.least = made.stay
    found = made.plan(limits)
    if found is not None:
        given, choice = found
        made.proven = choice.exact
        if choice.cost + move_cost < made.stay:
            made.best = given
        made.least = min(made.stay, choice.bound + move_cost)
    return made
