"""Edits in memory: whatever is changed in whatever order, the sums are those of the lines, and the way back is exact."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.lib.errors import DomainError, Invalid, WrongState
from trivet.lib.money import units_share
from trivet.orders.rules.edit import AddedLine, Edit, EditLine, EditPlan, Sums, plan_edit

SHIPPING = 300


def line(n: int, quantity: int, price: int, **more: int) -> EditLine:
    told = {"cancelled": 0, "shipped": 0, "in_progress": 0, "tax": 0, **more}
    return EditLine(
        id=UUID(int=n), sku=f"S{n}", title="", known=True, quantity=quantity, unit_price=price, net=quantity * price,
        tax_included=False, shares={}, **told,
    )  # fmt: skip


def sums(lines: list[EditLine]) -> Sums:
    """What the head of an order with these lines must say: the doctor's questions, once more."""
    shares = sum(sum(x.shares.values()) for x in lines)
    return Sums(
        items=sum(x.net + sum(x.shares.values()) for x in lines), discount=shares, added_tax=sum(x.tax for x in lines),
        included_tax=0, shipping=SHIPPING, shipping_discount=0, shipping_tax=0, shipping_tax_included=True,
        total=sum(x.paid for x in lines) + SHIPPING,
        cancelled=sum(units_share(x.paid, x.quantity, 0, x.cancelled) for x in lines),
    )  # fmt: skip


def after(lines: list[EditLine], plan: EditPlan) -> list[EditLine]:
    """The lines as the plan leaves them."""
    moved = {c.line: c.quantity for c in plan.cuts} | {c.line: -c.quantity for c in plan.back}
    found = []
    for x in lines:
        shares, net = dict(x.shares), x.net
        for key, code, change in plan.shares:
            if key == x.id:
                shares[code] = shares.get(code, 0) + change
                net -= change
        found.append(replace(x, cancelled=x.cancelled + moved.get(x.id, 0), shares=shares, net=net))
    for n, new in enumerate(plan.added, len(lines) + 1):
        found.append(
            replace(line(n, new.quantity, new.unit_price), tax=new.tax, net=new.gross - new.discount)
        )
    return found


LINES = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 999), st.integers(0, 99)), min_size=1, max_size=4
)
EDITS = st.lists(
    st.tuples(
        st.dictionaries(st.integers(1, 5), st.integers(0, 7), max_size=3),
        st.lists(st.tuples(st.integers(1, 4), st.integers(0, 500)), max_size=2),
        st.dictionaries(st.sampled_from(["TET", "SORRY"]), st.integers(0, 900), max_size=2),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(LINES, EDITS)
def test_any_edits_keep_the_sums_and_the_way_back_is_exact(
    sold: list[tuple[int, int, int]],
    edits: list[tuple[dict[int, int], list[tuple[int, int]], dict[str, int]]],
) -> None:
    lines = [line(n, q, price, tax=tax) for n, (q, price, tax) in enumerate(sold, 1)]
    for quantities, add, discounts in edits:
        wanted = Edit(
            quantities={UUID(int=n): q for n, q in quantities.items()},
            add=tuple(AddedLine("NEW", q, price, tax_included=False) for q, price in add), discounts=discounts,
        )  # fmt: skip
        before = sums(lines)
        try:
            plan = plan_edit(before, lines, wanted)
        except DomainError:
            continue
        changed = after(lines, plan)
        assert plan.after == sums(changed)
        assert sum(s.value_after - s.value_before for s in plan.shifts) == plan.after.due - before.due
        was = {code: sum(x.shares.get(code, 0) for x in lines) for code in discounts}
        back = {x.id: x.left for x in lines} | {x.id: 0 for x in changed[len(lines) :]}
        returned = plan_edit(plan.after, changed, Edit(quantities=back, discounts=was))
        assert returned.after.due == before.due
        assert [x.left for x in after(changed, returned)[: len(lines)]] == [x.left for x in lines]
        lines = changed


def test_what_is_begun_or_unknown_stays() -> None:
    lines = [line(1, 3, 100, in_progress=2), replace(line(2, 1, 100), known=False)]
    with pytest.raises(WrongState):
        plan_edit(sums(lines), lines, Edit(quantities={UUID(int=1): 1}))
    assert plan_edit(sums(lines), lines, Edit(quantities={UUID(int=1): 2})).after.due == 600
    with pytest.raises(Invalid, match="not known yet"):
        plan_edit(sums(lines), lines, Edit(quantities={UUID(int=2): 2}))


def test_a_discount_leaves_tax_inside_the_price() -> None:
    lines = [replace(line(1, 1, 100, tax=20), tax_included=True)]
    with pytest.raises(Invalid):
        plan_edit(replace(sums(lines), included_tax=20, added_tax=0), lines, Edit(discounts={"X": 81}))
