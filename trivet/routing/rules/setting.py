"""The choice in numbers: what the search is given, what it answers."""

from __future__ import annotations

from dataclasses import dataclass

Given = dict[int, dict[int, int]]
"""Demand → place → units."""
Parts = tuple[tuple[int, int], ...]
"""(variant, units of it in one unit of the demand)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Eligible places by rank, demands by line, and what binds them. Costs in thousandths of a minor unit.

    ``fixed``: a parcel from each place. ``unit`` and ``can``: by place and demand, the cost of a unit and the units
    possible when the demand is alone. ``stock``: by place and variant. ``full`` and ``alone``: whether a place can
    ship everything, and what that costs. ``contested``: some variant is in two demands. ``most``: parcels allowed.
    ``least_value``: what each parcel of a split order must be worth, in minor units. ``steps``: limit of the search.
    ``begun``: places that the order ships from anyway; ``fresh``: parcels that may come from others. ``split``: a
    parcel from elsewhere splits the order, for it ships from somewhere already.
    """

    fixed: list[int]
    unit: list[list[int]]
    can: list[list[int]]
    stock: list[list[int]]
    full: list[bool]
    alone: list[int]
    quantity: list[int]
    value: list[int]
    parts: list[Parts]
    contested: bool
    whole_lines: bool
    most: int
    penalty: int
    least_value: int
    steps: int
    begun: list[bool]
    fresh: int
    split: bool


@dataclass(slots=True)
class Choice:
    """A plan in the making: what is given where, what is short, what it costs and how sure that is.

    No plan with as few or fewer short units costs less than ``bound``.
    """

    given: Given
    short: int
    cost: int
    bound: int
    exact: bool
