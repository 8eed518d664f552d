"""What needs no solver: orders settled by proof, and the rest in groups that share nothing scarce.

A resource is ample when all orders together could not use it up, whatever they did. An order whose cheapest plan uses
ample resources alone has it in some best allocation: any allocation stays possible and costs no more when the order
is given that plan. What it could have taken elsewhere is then out of the count, so that more becomes ample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trivet.routing.rules.batch.values import Resource, Use
from trivet.routing.rules.batch.ways import Ways


@dataclass(slots=True)
class Sifted:
    """``settled``: orders (by index) that have their cheapest plan; ``groups`` the others; ``scarce`` resources."""

    settled: list[int]
    groups: list[list[int]]
    scarce: set[Resource]


def sift(orders: Sequence[Ways], limits: Use) -> Sifted:
    """Settle what can be settled by proof, and part the rest."""
    could = [w.potential() for w in orders]
    wanted: Use = {}
    users: dict[Resource, list[int]] = {}
    for n, most in enumerate(could):
        for r, units in most.items():
            wanted[r] = wanted.get(r, 0) + units
            users.setdefault(r, []).append(n)
    scarce = {r for r, units in wanted.items() if units > limits.get(r, 0)}
    plans = [w.held if w.best is None else w.use(w.best) for w in orders]
    open_: set[int] = set(range(len(orders)))
    look = list(open_)
    while look:
        again: set[int] = set()
        for n in look:
            if n not in open_ or not orders[n].proven or any(r in scarce for r in plans[n]):
                continue
            open_.discard(n)
            for r, units in could[n].items():
                wanted[r] += plans[n].get(r, 0) - units
                if r in scarce and wanted[r] <= limits.get(r, 0):
                    scarce.discard(r)
                    again.update(users[r])
        look = sorted(again & open_)
    return Sifted(
        [n for n in range(len(orders)) if n not in open_], _parted(sorted(open_), could, scarce), scarce
    )


def _parted(left: Sequence[int], could: Sequence[Use], scarce: set[Resource]) -> list[list[int]]:
    root = {n: n for n in left}
    first: dict[Resource, int] = {}
    for n in left:
        for r in could[n]:
            if r in scarce:
                join(root, first.setdefault(r, n), n)
    groups: dict[int, list[int]] = {}
    for n in left:
        groups.setdefault(find(root, n), []).append(n)
    return sorted(groups.values(), key=len)


def find(root: dict[int, int], n: int) -> int:
    """The one that stands for the group of ``n``."""
    while root[n] != n:
        root[n] = root[root[n]]
        n = root[n]
    return n


def join(root: dict[int, int], one: int, other: int) -> None:
    """Make one group of two."""
    root[find(root, other)] = find(root, one)
