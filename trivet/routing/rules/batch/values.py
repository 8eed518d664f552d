"""What allocation over many orders is given, and what it answers. Costs are thousandths of a minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trivet.routing.rules.cost import Board
from trivet.routing.rules.values import Demand, Destination, Key, Plan

Given = dict[int, dict[Key, int]]
"""Line → place → units of the line: what ships from where."""
Resource = tuple[Key, Key | None]
"""What orders share: units of (place, variant), or with None the room of the place's next dispatch."""
Use = dict[Resource, int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order whose work nobody has begun, with the units that it holds.

    ``demands`` are numbered from 0 and are what it holds, no more; ``held`` says where. ``days`` are, for places with
    a capacity that it ships from, the days until the dispatch it is planned for. ``scheduled``: it waits for its own
    day and takes nothing of the next dispatch.
    """

    key: Key
    board: Board
    to: Destination
    channel: str
    method: str
    demands: tuple[Demand, ...]
    held: Given
    days: Mapping[Any, int]
    whole_lines: bool
    together: bool
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """What all orders draw on. ``stock``: units by (place, variant), free ones and those that the orders hold now.

    ``room``: orders that the next dispatch of a place with a capacity can take, those counted that are on it now.
    """

    stock: Mapping[Any, int]
    room: Mapping[Any, int]


@dataclass(frozen=True, slots=True)
class Terms:
    """``move_cost``: what moving an order must save at least, in thousandths of a minor unit, so that orders do not
    flap. ``gap``: how near to the bound is near enough, as a part of the cost. ``seconds``: for the solver. ``large``:
    columns of a problem beyond which it is solved in parts of orders first."""

    move_cost: int
    gap: float = 0.0005
    seconds: float = 40.0
    large: int = 4_000


@dataclass(slots=True)
class Moved:
    """An order that ships from elsewhere; ``plan`` as routing explains it, given what the others leave."""

    order: Waiting
    given: Given
    before: int
    after: int
    plan: Plan
    for_others: tuple[Key, ...] = ()

    @property
    def saving(self) -> int:
        """What this order alone saves; below zero when it makes way for others."""
        return self.before - self.after


@dataclass(slots=True)
class Answer:
    """The allocation of all orders at once.

    ``before``, ``greedy`` and ``after`` are what the orders cost as they are, when each in turn is planned anew
    against what is free, and as answered. No allocation whose cost and moves together cost less than ``bound``
    exists; ``weighed`` is that sum for the answer. ``fixed``: orders settled by proof, without the solver;
    ``components``: independent problems that were solved; ``by``: ``solver`` or ``greedy``.
    """

    orders: int
    before: int
    greedy: int
    greedy_moved: int
    after: int
    weighed: int
    bound: int
    fixed: int
    components: int
    largest: int
    by: str
    moved: list[Moved] = field(default_factory=list)

    @property
    def gap(self) -> float:
        """By how much a better allocation could at most be cheaper, as a part of the cost."""
        return (self.weighed - self.bound) / self.weighed if self.weighed else 0.0
