"""What an edit needs to know of an order, and the way back from its last one."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.lib.errors import WrongState
from trivet.orders.models import Adjustment, Order, OrderChange, OrderLine
from trivet.orders.rules.edit import Edit, EditLine, Release, Sums
from trivet.orders.rules.value import Address


def sums_of(order: Order) -> Sums:
    """The money of the order's head."""
    return Sums(**{
        f.name: getattr(order, f.name if f.name == "shipping_tax_included" else f"{f.name}_minor")
        for f in fields(Sums)
    })  # fmt: skip


def edit_lines(order: Order) -> list[EditLine]:
    """The order's lines with their shares of discounts; two queries."""
    shares: dict[UUID, dict[str, int]] = {}
    for line, code, amount in Adjustment.objects.filter(order=order, line__isnull=False).values_list(
        "line_id", "code", "amount_minor"
    ):
        mine = shares.setdefault(line, {})
        mine[code] = mine.get(code, 0) + amount
    return [
        EditLine(
            line.id, line.sku, line.title, line.variant_id is not None, line.quantity, line.cancelled, line.shipped,
            line.in_progress, line.unit_price_minor,
            line.unit_price_minor * line.quantity - line.discount_minor - line.order_discount_minor, line.tax_minor,
            line.tax_included, shares.get(line.id, {}),
        )
        for line in OrderLine.objects.filter(order=order).order_by("position")
    ]  # fmt: skip


def way_back(order: UUID) -> tuple[Edit, int]:
    """The edit that undoes the order's last change, and the version that it undoes.

    :class:`WrongState` when the last change was no edit, or there was none, or units are picked since.
    """
    last = OrderChange.objects.filter(order=order).order_by("-version").first()
    if last is None or last.kind != "edited":
        raise WrongState("only the last change of an order can be undone, and only an edit")
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    if any(line.in_progress or line.shipped for line in lines):
        raise WrongState("units of it are being picked or shipped already")
    added = {x.id: 0 for x in lines if x.external_id.startswith(f"edit-{last.version}-")}
    told = {UUID(x["line"]): x["units_before"] for x in last.content["lines"] if x["line"]}
    return _edit(last.content["before"], {**told, **added}), last.version


def _edit(before: dict[str, Any], quantities: dict[UUID, int]) -> Edit:
    at = before.get("fulfill_at")
    return Edit(
        quantities=quantities,
        ship_to=Address(**before["ship_to"]) if "ship_to" in before else None,
        shipping_method=before.get("shipping_method"), shipping_price=before.get("shipping"),
        shipping_tax=before.get("shipping_tax"), discounts=before.get("discounts", {}), note=before.get("note"),
        release=Release(datetime.fromisoformat(at) if at else None) if "fulfill_at" in before else None,
    )  # fmt: skip
