"""Editing an order after it was placed: what changes in units and money, worked out before anything is done.

A unit that goes gives back its frozen share (R3); one that comes back after it was cancelled costs just that again.
Units beyond those are a line of their own, frozen on its own. A discount moves whole lines only (R2): those of which
units are cancelled keep their shares, because what was given back for them stands. Tax stays as invoiced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from trivet.lib.errors import Invalid, WrongState
from trivet.lib.money import half_even, split, units_share
from trivet.orders.rules.cancel import Cut
from trivet.orders.rules.freeze import check_line
from trivet.orders.rules.value import MAX_AMOUNT, MAX_LINES, MAX_QUANTITY, Address, NewLine


@dataclass(frozen=True, slots=True)
class AddedLine:
    """A line to add, in minor units; ``discount`` and ``tax`` are for the whole line."""

    sku: str
    quantity: int
    unit_price: int
    discount: int = 0
    tax: int = 0
    tax_included: bool = True
    title: str = ""

    @property
    def gross(self) -> int:
        """Unit price times quantity."""
        return self.unit_price * self.quantity

    @property
    def paid(self) -> int:
        """What the line costs the customer, with tax."""
        return self.gross - self.discount + (0 if self.tax_included else self.tax)


@dataclass(frozen=True, slots=True)
class Release:
    """When work on the order may begin; None: at once."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class Edit:
    """What shall be different; what is None or not named stays.

    ``quantities``: units that shall be left of a line (0 removes it), whatever of it is shipped among them.
    ``discounts``: what the discount of a code shall come to in all (0 removes it).
    """

    quantities: Mapping[UUID, int] = field(default_factory=dict)
    add: tuple[AddedLine, ...] = ()
    ship_to: Address | None = None
    shipping_method: str | None = None
    shipping_price: int | None = None
    shipping_tax: int | None = None
    discounts: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class EditLine:
    """What editing needs to know of a line; money in minor units for the whole line, ``shares`` by discount code."""

    id: UUID
    sku: str
    title: str
    known: bool
    quantity: int
    cancelled: int
    shipped: int
    in_progress: int
    unit_price: int
    net: int
    tax: int
    tax_included: bool
    shares: Mapping[str, int]

    @property
    def left(self) -> int:
        """Units that are not cancelled."""
        return self.quantity - self.cancelled

    @property
    def begun(self) -> int:
        """Units that are shipped or being picked."""
        return self.shipped + self.in_progress

    @property
    def paid(self) -> int:
        """What the line costs the customer, with tax."""
        return self.net + (0 if self.tax_included else self.tax)

    @property
    def room(self) -> int:
        """What a discount may still take of the line: tax inside the price stays in it."""
        return self.net - (self.tax if self.tax_included else 0)


@dataclass(frozen=True, slots=True)
class Sums:
    """The money of an order's head in minor units, as its columns are called."""

    items: int
    discount: int
    added_tax: int
    included_tax: int
    shipping: int
    shipping_discount: int
    shipping_tax: int
    shipping_tax_included: bool
    total: int
    cancelled: int

    @property
    def due(self) -> int:
        """What the customer owes in all."""
        return self.total - self.cancelled


@dataclass(frozen=True, slots=True)
class Shift:
    """What an edit does to one line: units left and the customer's cost of them, before and after; tax in it.

    ``line`` is None for one that is added.
    """

    line: UUID | None
    sku: str
    title: str
    units_before: int
    units_after: int
    value_before: int
    value_after: int
    tax_before: int
    tax_after: int


@dataclass(frozen=True, slots=True)
class EditPlan:
    """An edit worked out: nothing has happened yet.

    ``cuts`` go, ``back`` come back, both with their frozen share; ``shares`` are changes of (line, code).
    """

    cuts: tuple[Cut, ...]
    back: tuple[Cut, ...]
    added: tuple[AddedLine, ...]
    shares: tuple[tuple[UUID, str, int], ...]
    before: Sums
    after: Sums
    shifts: tuple[Shift, ...]


def plan_edit(sums: Sums, lines: Sequence[EditLine], edit: Edit) -> EditPlan:
    """Work out an edit. :class:`Invalid` names the field at fault, :class:`WrongState` what is too late."""
    cuts, back, more = _units(lines, edit.quantities)
    moved = {c.line: c.quantity for c in cuts} | {c.line: -c.quantity for c in back}
    after = [replace(x, cancelled=x.cancelled + moved.get(x.id, 0)) for x in lines]
    added = (*more, *edit.add)
    for n, new in enumerate(edit.add):
        _check_added(f"add[{n}]", new)
    units = sum(x.left for x in after) + sum(new.quantity for new in added)
    if units < 1:
        raise Invalid("lines", "nothing would be left: cancel the order instead")
    if sum(x.quantity for x in lines) + sum(new.quantity for new in added) > MAX_QUANTITY:
        raise Invalid("lines", f"an order may have {MAX_QUANTITY} units at most")
    if len(lines) + len(added) > MAX_LINES:
        raise Invalid("lines", f"more than {MAX_LINES} lines")
    shares: list[tuple[UUID, str, int]] = []
    # Whole before and after, so that the way back finds the same lines.
    whole = {x.id for x in lines if not x.cancelled} & {x.id for x in after if not x.cancelled}
    for code, amount in edit.discounts.items():
        made = _shares(after, whole, code, amount)
        shares += made
        after = [_discounted(x, code, made) for x in after]
    head = _sums(sums, edit, added, sum(n for _, _, n in shares), cuts, back)
    return EditPlan(
        tuple(cuts), tuple(back), added, tuple(shares), sums, head, tuple(_shifts(lines, after, added))
    )


def _units(
    lines: Sequence[EditLine], wanted: Mapping[UUID, int]
) -> tuple[list[Cut], list[Cut], list[AddedLine]]:
    known = {line.id: line for line in lines}
    cuts, back, more = [], [], []
    for n, (key, units) in enumerate(wanted.items()):
        line = known.get(key)
        if line is None:
            raise Invalid(f"lines[{n}].line", "is not a line of this order")
        if not 0 <= units <= MAX_QUANTITY:
            raise Invalid(f"lines[{n}].quantity", f"must lie between 0 and {MAX_QUANTITY}")
        if units < line.begun:
            raise WrongState(
                "units of it are being picked or shipped already",
                line=str(key),
                begun=line.begun,
                sku=line.sku,
            )
        if units < line.left:
            gone = line.left - units
            cuts.append(Cut(key, gone, units_share(line.paid, line.quantity, line.cancelled, gone)))
        elif units > line.left:
            again = min(line.cancelled, units - line.left)
            if again:
                start = line.cancelled - again
                back.append(Cut(key, again, units_share(line.paid, line.quantity, start, again)))
            if extra := units - line.left - again:
                more.append(_more(n, line, extra))
    return cuts, back, more


def _more(n: int, line: EditLine, units: int) -> AddedLine:
    if not line.known:
        raise Invalid(f"lines[{n}].quantity", "its SKU is not known yet")
    # The tax of more of the same is in proportion to what the line was sold with.
    tax = half_even(line.tax * line.unit_price * units, line.net) if line.net else 0
    return AddedLine(line.sku, units, line.unit_price, 0, tax, line.tax_included, line.title)


def _check_added(at: str, new: AddedLine) -> None:
    check_line(at, NewLine("-", new.sku, new.title, new.quantity, new.unit_price, new.discount, new.tax))
    if not new.sku.strip():
        raise Invalid(f"{at}.sku", "is empty")
    if new.tax_included and new.tax > new.gross - new.discount:
        raise Invalid(f"{at}.tax", "tax inside the price is larger than the price")


def _shares(
    lines: Sequence[EditLine], whole: Collection[UUID], code: str, amount: int
) -> list[tuple[UUID, str, int]]:
    if not 0 <= amount <= MAX_AMOUNT:
        raise Invalid("discounts", f"must lie between 0 and {MAX_AMOUNT} minor units")
    change = amount - sum(line.shares.get(code, 0) for line in lines)
    able = [line for line in lines if line.id in whole]
    room = [line.room if change > 0 else line.shares.get(code, 0) for line in able]
    if abs(change) > sum(room):
        raise Invalid("discounts", "is more than the lines can take of which nothing was cancelled")
    parts = split(abs(change), room)
    sign = 1 if change > 0 else -1
    return [(line.id, code, sign * part) for line, part in zip(able, parts, strict=True) if part]


def _discounted(line: EditLine, code: str, made: Sequence[tuple[UUID, str, int]]) -> EditLine:
    part = sum(n for key, _, n in made if key == line.id)
    if not part:
        return line
    shares = {**line.shares, code: line.shares.get(code, 0) + part}
    return replace(line, net=line.net - part, shares=shares)


def _sums(
    sums: Sums,
    edit: Edit,
    added: Sequence[AddedLine],
    discount: int,
    cuts: Sequence[Cut],
    back: Sequence[Cut],
) -> Sums:
    price = sums.shipping if edit.shipping_price is None else edit.shipping_price
    tax = sums.shipping_tax if edit.shipping_tax is None else edit.shipping_tax
    for name, amount in (("shipping.price", price), ("shipping.tax", tax)):
        if not 0 <= amount <= MAX_AMOUNT:
            raise Invalid(name, f"must lie between 0 and {MAX_AMOUNT} minor units")
    if sums.shipping_discount > price:
        raise Invalid("shipping.price", "is smaller than its discount")
    if sums.shipping_tax_included and tax > price - sums.shipping_discount:
        raise Invalid("shipping.tax", "tax inside the price is larger than the price")
    taxed = [(new.tax, new.tax_included) for new in added]
    taxed.append((tax - sums.shipping_tax, sums.shipping_tax_included))
    more_tax = sum(n for n, included in taxed if not included)
    gross = sum(new.gross for new in added)
    less = discount + sum(new.discount for new in added)
    total = sums.total + gross - less + more_tax + price - sums.shipping
    if total > MAX_AMOUNT:
        raise Invalid("lines", "the total is too large")
    return replace(
        sums, items=sums.items + gross, discount=sums.discount + less, added_tax=sums.added_tax + more_tax,
        included_tax=sums.included_tax + sum(n for n, included in taxed if included), shipping=price,
        shipping_tax=tax, total=total,
        cancelled=sums.cancelled + sum(c.value for c in cuts) - sum(c.value for c in back),
    )  # fmt: skip


def _shifts(before: Sequence[EditLine], after: Sequence[EditLine], added: Sequence[AddedLine]) -> list[Shift]:
    found = [
        Shift(old.id, old.sku, old.title, old.left, new.left, *_worth(old.paid, new.paid, old, new),
              *_worth(old.tax, new.tax, old, new))
        for old, new in zip(before, after, strict=True)
        if old != new
    ]  # fmt: skip
    return found + [
        Shift(None, new.sku, new.title, 0, new.quantity, 0, new.paid, 0, new.tax) for new in added
    ]


def _worth(paid_before: int, paid_after: int, old: EditLine, new: EditLine) -> tuple[int, int]:
    return (
        units_share(paid_before, old.quantity, old.cancelled, old.left),
        units_share(paid_after, new.quantity, new.cancelled, new.left),
    )
