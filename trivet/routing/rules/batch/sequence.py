"""In which order moves can be made one batch after another, so that no level is ever taken below what it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trivet.routing.rules.batch.sift import find, join
from trivet.routing.rules.batch.values import Resource, Use


def sequence(
    takes: Sequence[Use], frees: Sequence[Use], free: Mapping[Resource, int], size: int
) -> list[int]:
    """The batch of each move, from 0. What a move ``takes`` is there when its batch begins, or is freed within it.

    Batches have ``size`` moves, or more where moves wait for each other in a ring: these are made together.
    """
    left = dict(free)
    wanted: dict[Resource, list[int]] = {}
    for n, use in enumerate(takes):
        for r in use:
            wanted.setdefault(r, []).append(n)
    batch = [-1] * len(takes)
    ready = list(range(len(takes)))
    row: list[list[int]] = []
    while True:
        while ready:
            n = ready.pop()
            if batch[n] >= 0 or any(left.get(r, 0) < units for r, units in takes[n].items()):
                continue
            batch[n] = 0
            row.append([n])
            _settle(n, takes, frees, left)
            ready += [k for r in frees[n] for k in wanted.get(r, ()) if batch[k] < 0]
        stuck = [n for n in range(len(takes)) if batch[n] < 0]
        if not stuck:
            break
        ring = _smallest(stuck, takes, frees, left)
        for n in ring:
            batch[n] = 0
            _settle(n, takes, frees, left)
        row.append(ring)
        ready = [k for n in ring for r in frees[n] for k in wanted.get(r, ()) if batch[k] < 0]
    number, held = 0, 0
    for together in row:
        if held and held + len(together) > size:
            number, held = number + 1, 0
        for n in together:
            batch[n] = number
        held += len(together)
    return batch


def _settle(n: int, takes: Sequence[Use], frees: Sequence[Use], left: Use) -> None:
    for r, units in takes[n].items():
        left[r] = left.get(r, 0) - units
    for r, units in frees[n].items():
        left[r] = left.get(r, 0) + units


def _smallest(stuck: Sequence[int], takes: Sequence[Use], frees: Sequence[Use], left: Use) -> list[int]:
    """The fewest of the moves that wait for each other, or all where none do among themselves."""
    freeing: dict[Resource, list[int]] = {}
    for n in stuck:
        for r in frees[n]:
            freeing.setdefault(r, []).append(n)
    root = {n: n for n in stuck}
    for n in stuck:
        for r, units in takes[n].items():
            if left.get(r, 0) < units:
                for k in freeing.get(r, ()):
                    join(root, n, k)
    groups: dict[int, list[int]] = {}
    for n in stuck:
        groups.setdefault(find(root, n), []).append(n)
    return min(groups.values(), key=len)
