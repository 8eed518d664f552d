"""Writing an edit into a locked order: lines, money, details, its change. Bulk verbs of flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Max

from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.ids import new_id
from trivet.orders.models import Adjustment, LineComponent, Order, OrderChange, OrderLine
from trivet.orders.rules.edit import AddedLine, Edit, EditPlan

_HEAD = ("items", "discount", "added_tax", "included_tax", "shipping", "shipping_tax", "total", "cancelled")


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line to add, and which SKU it is; ``parts`` is what one unit of a bundle holds, empty for a plain SKU."""

    new: AddedLine
    variant: UUID
    sku: str
    title: str
    parts: Mapping[UUID, int]


def write_money(order: Order, plan: EditPlan) -> None:
    """Put the money of a plan into lines and head; ``order`` has it too."""
    for line, code, change in plan.shares:
        rows = Adjustment.objects.filter(order=order, line=line, code=code)
        amount = sum(rows.values_list("amount_minor", flat=True)) + change
        rows.delete()
        if amount:
            Adjustment.objects.create(order=order, line_id=line, code=code, amount_minor=amount)
        OrderLine.objects.filter(id=line).update(
            order_discount_minor=F("order_discount_minor") + change, paid_minor=F("paid_minor") - change
        )
    for name in _HEAD:
        setattr(order, f"{name}_minor", getattr(plan.after, name))
    # What came in before an edit made the order cheaper is kept until it is paid back.
    order.excess_minor = max(0, order.captured_minor - order.total_minor)
    order.save(update_fields=[*(f"{name}_minor" for name in _HEAD), "excess_minor"])


def add_lines(order: Order, lines: Sequence[SoldLine], version: int) -> list[UUID]:
    """Append lines of which nothing is promised yet; their keys."""
    if not lines:
        return []
    last = OrderLine.objects.filter(order=order).aggregate(n=Max("position"))["n"] or 0
    made = [
        OrderLine(
            id=new_id(), order=order, position=last + n, external_id=f"edit-{version}-{n}", sku=x.sku,
            variant_id=x.variant, title=x.new.title or x.title, quantity=x.new.quantity,
            unit_price_minor=x.new.unit_price, discount_minor=x.new.discount, tax_minor=x.new.tax,
            tax_included=x.new.tax_included, paid_minor=x.new.paid,
        )
        for n, x in enumerate(lines, 1)
    ]  # fmt: skip
    OrderLine.objects.bulk_create(made)
    LineComponent.objects.bulk_create(
        LineComponent(line=line, variant_id=part, quantity=n)
        for line, x in zip(made, lines, strict=True)
        for part, n in sorted(x.parts.items())
    )
    order.units += sum(x.new.quantity for x in lines)
    Order.objects.filter(id=order.id).update(units=order.units)
    return [line.id for line in made]


def write_details(order: Order, edit: Edit, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Put address, method, note and day into the order; what they were and are, where they differ."""
    new: dict[str, Any] = {}
    if edit.ship_to is not None:
        to = edit.ship_to
        new["ship_to"] = to.as_dict()
        new |= {"country": to.country, "postal_code": to.postal_code, "name": to.name or order.name}
    if edit.shipping_method is not None:
        new["shipping_method"] = edit.shipping_method
    if edit.note is not None:
        new["note"] = edit.note
    if edit.release is not None:
        at = edit.release.at
        new |= {"fulfill_at": at, "scheduled": at is not None and at > now}
    changed = {name: value for name, value in new.items() if getattr(order, name) != value}
    before = {name: getattr(order, name) for name in changed}
    for name, value in changed.items():
        setattr(order, name, value)
    if changed:
        order.save(update_fields=list(changed))
    return before, changed


def close_edit(
    order: Order, plan: EditPlan, before: Mapping[str, Any], after: Mapping[str, Any], *, by: Actor, now: datetime,
    facts: Mapping[str, Any],
) -> int:  # fmt: skip
    """Number the edit and tell of it; the order's new version. ``before`` and ``after`` are what differs."""
    order.version += 1
    Order.objects.filter(id=order.id).update(version=order.version)
    lines = [{**asdict(x), "line": str(x.line) if x.line else None} for x in plan.shifts]
    told = {
        "before": dict(before), "after": dict(after), "lines": lines, "due_before": plan.before.due,
        "due_after": plan.after.due, **facts,
    }  # fmt: skip
    OrderChange.objects.create(
        order=order, version=order.version, kind="edited", content=told, at=now, actor_label=by.label,
        value_minor=plan.after.cancelled - plan.before.cancelled,
    )  # fmt: skip
    record(
        "order.edited", ("order", order.id), by=by, at=now, number=order.number, version=order.version,
        currency=order.currency, **told,
    )  # fmt: skip
    return order.version
