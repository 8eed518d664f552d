"""How things stand: which orders move, and what that leaves of what all share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trivet.routing.rules.batch.values import Given, Use
from trivet.routing.rules.batch.ways import Ways


class Stand:
    """Plans of all orders (None: as it is) with what is left; no limit is ever exceeded that was not before."""

    def __init__(self, orders: Sequence[Ways], limits: Use, move_cost: int) -> None:
        self.orders, self.move_cost = orders, move_cost
        self.plans: list[Given | None] = [None] * len(orders)
        self.left = dict(limits)
        for ways in orders:
            self._draw(ways.held, -1)

    def _draw(self, use: Use, sign: int) -> None:
        for r, n in use.items():
            self.left[r] = self.left.get(r, 0) + sign * n

    def used(self, n: int) -> Use:
        """What an order takes as it stands."""
        given = self.plans[n]
        return self.orders[n].held if given is None else self.orders[n].use(given)

    def weighed(self, n: int) -> int:
        """What an order costs as it stands, its move counted."""
        given = self.plans[n]
        return self.orders[n].stay if given is None else self.orders[n].cost(given) + self.move_cost

    def put(self, n: int, given: Given | None) -> None:
        """Let an order ship like this; whether it may is the caller's care."""
        if given == self.orders[n].order.held:
            given = None
        self._draw(self.used(n), 1)
        self.plans[n] = given
        self._draw(self.used(n), -1)

    def sound(self) -> bool:
        """Whether no limit is exceeded."""
        return all(n >= 0 for n in self.left.values())

    def improve(self, turn: Iterable[int]) -> int:
        """Each order in its turn gives back what it has and is planned anew against what is left; how many changed.

        It moves, moves elsewhere or goes back to where it was, whatever costs least; always by the rules of routing.
        """
        changed = 0
        for n in turn:
            ways, now = self.orders[n], self.weighed(n)
            own = self.used(n)
            self._draw(own, 1)
            found = ways.plan(self.left)
            back = self.plans[n] is not None and all(self.left[r] >= q for r, q in ways.held.items())
            self._draw(own, -1)
            best: tuple[int, Given | None] = (now, self.plans[n])
            if back and ways.stay <= best[0]:
                best = (ways.stay, None)
            if found is not None:
                moved = ways.cost(found[0]) + self.move_cost
                same = (
                    best[1] is not None and moved == best[0]
                )  # of plans that cost the same, that of routing
                if moved < best[0] or same:
                    best = (moved, found[0])
            if best[1] != self.plans[n]:
                self.put(n, best[1])
                changed += 1
        return changed
