"""No policy lets one order keep a process busy for ever: what people may set is bounded, and so is what is stored."""

from __future__ import annotations

import importlib
import random
import sys
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from trivet.lib.errors import Invalid
from trivet.routing.rules import BOUNDS, Plan, Policy
from trivet.routing.rules.choose import Choice, Problem, choose
from trivet.routing.tests.test_rules_search import POLICY, Case, line, place

MOST = BOUNDS["exact_steps"][1]
planning = importlib.import_module("trivet.routing.rules.plan")  # its name is a function's too


def tangled(steps: int) -> Case:
    """24 lines of bundles that share 8 components, none of which suffice, at 8 places."""
    rng = random.Random(3)
    goods = [f"part{n}" for n in range(8)]
    demands = [
        line(n, *((v, rng.randint(1, 3)) for v in rng.sample(goods, 4)), quantity=rng.randint(3, 9))
        for n in range(24)
    ]
    places = [place(f"p{n}", priority=n, handling_minor=rng.randint(0, 20)) for n in range(8)]
    stock = {(p.code, v): rng.randint(10, 60) for p in places for v in goods}
    return Case(places, demands, stock, replace(POLICY, exact_steps=steps))


def counted(case: Case) -> tuple[Plan, int]:
    """The plan, and how often the planner's functions were entered for it."""
    calls = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls
        if event == "call" and "/routing/rules/" in frame.f_code.co_filename:
            calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return case.plan(), calls
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("whole", [False, True], ids=["split lines", "whole lines"])
def test_an_order_of_tangled_bundles_ends_within_a_small_multiple_of_its_steps(whole: bool) -> None:
    case = tangled(MOST)
    case.flags = {"never_split_lines": whole}
    found, work = counted(case)
    assert not found.exact and found.assignments
    assert work < 6 * MOST


def test_a_stored_policy_without_bounds_is_read_and_searches_no_longer_than_the_largest_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []

    def searched(problem: Problem) -> Choice:
        taken.append(problem.steps)
        return choose(problem)

    monkeypatch.setattr(planning, "choose", searched)
    endless = tangled(MOST)
    endless.policy = Policy.from_dict({**POLICY.as_dict(), "exact_steps": 10**12, "max_parcels": 10**12})
    assert endless.policy.exact_steps == 10**12, "as it was stored"
    endless.plan()
    endless.policy = replace(endless.policy, exact_steps=7)
    endless.plan()
    assert taken == [MOST, 7]


@pytest.mark.parametrize(("field", "bounds"), BOUNDS.items())
def test_what_people_may_set_is_bounded_and_named(field: str, bounds: tuple[int, int]) -> None:
    least, most = bounds
    for good in bounds:
        assert getattr(Policy.proposed({field: good}), field) == good
    for bad in (least - 1, most + 1):
        with pytest.raises(Invalid) as caught:
            Policy.proposed({field: bad})
        assert caught.value.field == field


def test_the_lists_of_a_policy_are_bounded_too() -> None:
    zones = [{"km": n, "base": 1, "per_kg": 1} for n in range(1, 32)]
    for field, rows in (("zones", zones), ("rules", [{"allow": True}] * 51)):
        assert Policy.proposed({field: rows[:-1]})
        with pytest.raises(Invalid) as caught:
            Policy.proposed({field: rows})
        assert caught.value.field == field
