"""Mapping again what came in: after a mapper was mended, which orders of the past would it have made otherwise?

Every order keeps the payload it was made of, with the name and version of its mapper, in the transaction that placed
it (row A13). Mappers are pure, so the past can be mapped at any time and compared with what is stored. Nothing of an
order is changed here: what differs can be put before a person, who has the verbs for it. What no order was made of is
the affair of ``flows.readmit``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet

from trivet.catalog.queries import variants_called
from trivet.catalog.rules import line_key
from trivet.flows.intake import Request, prepare
from trivet.flows.story import story
from trivet.journal.actions.exceptions import raise_exception
from trivet.journal.models import Receipt
from trivet.journal.rules import SYSTEM, Actor, raw_source
from trivet.lib.errors import Invalid
from trivet.orders.models import Order, OrderLine
from trivet.orders.rules.value import NewOrder

Mapper = Callable[[Any], NewOrder | None]
"""From a kept payload to the order it means today; None or :class:`Invalid` when it means none."""

Outcome = Literal["same", "differs", "unreadable"]
BATCH = 500
_LINE = (
    "quantity", "unit_price_minor", "discount_minor", "order_discount_minor", "tax_minor", "tax_included", "paid_minor",
)  # fmt: skip
_ORDER = (
    "placed_at", "currency", "email", "country", "postal_code", "ship_to", "bill_to", "shipping_method", "items_minor",
    "discount_minor", "added_tax_minor", "included_tax_minor", "shipping_minor", "shipping_discount_minor",
    "shipping_tax_minor", "total_minor", "ship_together", "never_split_lines", "fulfill_at",
    "gift", "gift_message",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remapped:
    """What mapping one order again came to; ``changes`` are (field, stored, mapped now), ``mapper`` of its receipt."""

    order: UUID
    number: int
    channel: str
    external_id: str
    mapper: str
    outcome: Outcome
    changes: tuple[tuple[str, Any, Any], ...] = ()
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "order": str(self.order), "number": self.number, "channel": self.channel, "external_id": self.external_id,
            "mapper": self.mapper, "outcome": self.outcome, "reason": self.reason,
            "changes": [{"field": name, "stored": old, "mapped": new} for name, old, new in self.changes],
        }  # fmt: skip

    def as_text(self) -> str:
        """For people, on one line."""
        what = self.reason or ", ".join(f"{name}: {old} -> {new}" for name, old, new in self.changes)
        return f"#{self.number} {self.channel} {self.external_id} ({self.mapper}) {self.outcome}: {what}"


@dataclass(slots=True)
class Scope:
    """Which orders: of one channel (slug) or all, received in a span of time (``until`` not included)."""

    channel: str = ""
    since: datetime | None = None
    until: datetime | None = None
    numbers: Sequence[int] = field(default_factory=tuple)


def remap(mappers: Mapping[str, Mapper], scope: Scope) -> Iterator[Remapped]:
    """Map the kept payloads of ``scope`` again, oldest first, and compare; nothing is changed.

    ``mappers`` by name, as receipts name them before the slash.
    """
    found = receipts_of(scope).filter(state="applied")
    if scope.numbers:
        found = found.filter(
            subject_id__in=Order.objects.filter(number__in=scope.numbers).values_list("id", flat=True)
        )
    last: UUID | None = None
    while True:
        page = found.order_by("id") if last is None else found.order_by("id").filter(id__gt=last)
        batch = list(page[:BATCH])
        if not batch:
            return
        last = batch[-1].id
        yield from _compared(mappers, batch)


def receipts_of(scope: Scope) -> QuerySet[Receipt]:
    """The kept payloads of orders of a channel and a span of time, placed or not."""
    found = Receipt.objects.filter(source__startswith=raw_source(scope.channel))
    if scope.channel:
        found = found.filter(source=raw_source(scope.channel))
    if scope.since:
        found = found.filter(received_at__gte=scope.since)
    if scope.until:
        found = found.filter(received_at__lt=scope.until)
    return found


@story
def put_before_a_person(one: Remapped, *, now: datetime, by: Actor = SYSTEM) -> bool:
    """Open an item on the exception desk for an order that would be made otherwise today; whether it is new."""
    return raise_exception(
        "remapped", ("order", one.order), "Today this order would be read otherwise than when it came in", by=by,
        at=now, number=one.number, mapper=one.mapper, fields=[name for name, _, _ in one.changes],
    )  # fmt: skip


def _compared(mappers: Mapping[str, Mapper], receipts: Sequence[Receipt]) -> Iterator[Remapped]:
    ids = [r.subject_id for r in receipts if r.subject_id]
    orders = {o.id: o for o in Order.objects.filter(id__in=ids).select_related("channel")}
    lines: dict[UUID, list[OrderLine]] = {}
    for line in OrderLine.objects.filter(order__in=ids).order_by("position"):
        lines.setdefault(line.order_id, []).append(line)
    for receipt in receipts:
        order = orders.get(receipt.subject_id) if receipt.subject_id else None
        if order is not None:
            yield _one(mappers, receipt, order, lines.get(order.id, []))


def _one(mappers: Mapping[str, Mapper], receipt: Receipt, order: Order, lines: list[OrderLine]) -> Remapped:
    def told(outcome: Outcome, changes: Sequence[tuple[str, Any, Any]] = (), reason: str = "") -> Remapped:
        return Remapped(
            order.id, order.number, order.channel.slug, order.external_id, receipt.kind, outcome, tuple(changes), reason
        )  # fmt: skip

    mapper = mappers.get(receipt.kind.partition("/")[0])
    if mapper is None:
        return told("unreadable", reason=f"there is no mapper {receipt.kind!r}")
    try:
        value = mapper(receipt.payload)
        request = None if value is None else prepare(value, actor=SYSTEM)
    except Invalid as error:
        return told("unreadable", reason=f"{error.field}: {error.message}")
    if request is None:
        return told("unreadable", reason="no order is made of it any more")
    if request.digest == order.digest:
        return told("same")
    changes = [*_head_changes(request, order), *_line_changes(request, order, lines)]
    return told("differs", changes or [("content", order.digest, request.digest)])


def _head_changes(request: Request, order: Order) -> Iterator[tuple[str, Any, Any]]:
    new, frozen = request.order, request.frozen
    to, shipping = new.ship_to, new.shipping
    mapped = {
        "placed_at": new.placed_at, "currency": new.currency, "email": request.email,
        "country": to.country if to else "", "postal_code": to.postal_code if to else "",
        "ship_to": to.as_dict() if to else {}, "bill_to": new.bill_to.as_dict() if new.bill_to else None,
        "shipping_method": shipping.method, "items_minor": frozen.items, "discount_minor": frozen.discount,
        "added_tax_minor": frozen.added_tax, "included_tax_minor": frozen.included_tax,
        "shipping_minor": shipping.price, "shipping_discount_minor": shipping.discount,
        "shipping_tax_minor": shipping.tax, "total_minor": frozen.total, "ship_together": new.ship_together,
        "never_split_lines": new.never_split_lines, "fulfill_at": new.fulfill_at, "gift": new.gift,
        "gift_message": new.gift_message,
    }  # fmt: skip
    for name in _ORDER:
        if getattr(order, name) != mapped[name]:
            yield name, getattr(order, name), mapped[name]


def _line_changes(request: Request, order: Order, lines: list[OrderLine]) -> Iterator[tuple[str, Any, Any]]:
    stored = {line.external_id: line for line in lines}
    meant = variants_called(order.channel_id, set(request.keys))
    for new, frozen, key in zip(request.order.lines, request.frozen.lines, request.keys, strict=True):
        line, at = stored.pop(new.external_id, None), f"lines[{new.external_id}]"
        if line is None:
            yield at, None, {"sku": new.sku, "quantity": new.quantity}
            continue
        variant = meant.get(key)
        if (line.variant_id != variant.id) if variant else line_key(line.sku, line.title) != key:
            yield f"{at}.sku", line.sku, new.sku
        mapped = {
            "quantity": new.quantity, "unit_price_minor": new.unit_price, "discount_minor": frozen.discount,
            "order_discount_minor": frozen.order_discount, "tax_minor": frozen.tax,
            "tax_included": frozen.tax_included, "paid_minor": frozen.paid,
        }  # fmt: skip
        for name in _LINE:
            if getattr(line, name) != mapped[name]:
                yield f"{at}.{name}", getattr(line, name), mapped[name]
    for key, line in stored.items():
        yield f"lines[{key}]", {"sku": line.sku, "quantity": line.quantity}, None
