"""Working out a cancellation, before anything happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.lib.errors import Invalid, WrongState
from trivet.lib.ids import new_id
from trivet.orders.rules.cancel import LineState, plan_cancellation


def state(
    quantity: int, paid: int, *, cancelled: int = 0, shipped: int = 0, in_progress: int = 0
) -> LineState:
    return LineState(new_id(), quantity, cancelled, shipped, in_progress, paid)


def test_whole_cancellation_gives_back_everything_and_the_shipping() -> None:
    lines = [state(3, 10_000), state(1, 500)]
    plan = plan_cancellation(lines, None, 300)
    assert plan.whole
    assert plan.value == 10_800


def test_partial_cancellation_keeps_the_shipping() -> None:
    lines = [state(3, 10_000), state(1, 500)]
    plan = plan_cancellation(lines, {lines[0].id: 2}, 300)
    assert not plan.whole
    assert plan.value == 6_667


def test_what_is_picked_or_shipped_cannot_be_cancelled() -> None:
    picked = state(3, 10_000, in_progress=1, shipped=1)
    with pytest.raises(WrongState) as caught:
        plan_cancellation([picked], {picked.id: 2}, 0)
    assert caught.value.facts["cancellable"] == 1
    with pytest.raises(WrongState):
        plan_cancellation([picked], None, 0)


def test_nothing_left_is_somebody_was_first() -> None:
    with pytest.raises(WrongState):
        plan_cancellation([state(1, 5, cancelled=1)], None, 0)


def test_unknown_lines_and_bad_quantities_name_the_field() -> None:
    line = state(1, 5)
    with pytest.raises(Invalid) as caught:
        plan_cancellation([line], {new_id(): 1}, 0)
    assert caught.value.field == "lines[0].line"
    with pytest.raises(Invalid) as caught:
        plan_cancellation([line], {line.id: 0}, 0)
    assert caught.value.field == "lines[0].quantity"


@given(st.integers(1, 50), st.integers(0, 10**7), st.data())
def test_cancelling_bit_by_bit_is_worth_the_line(quantity: int, paid: int, data: st.DataObject) -> None:
    line, value, cancelled = state(quantity, paid), 0, 0
    while cancelled < quantity:
        n = data.draw(st.integers(1, quantity - cancelled))
        now = LineState(line.id, quantity, cancelled, 0, 0, paid)
        value += plan_cancellation([now], {line.id: n}, 0).value
        cancelled += n
    assert value == paid
