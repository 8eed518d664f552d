"""One order with all that belongs to it, for the desk and the API."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from trivet.lib.errors import NotFound
from trivet.orders.models import Adjustment, Hold, LineComponent, Order, OrderChange, OrderLine, TaxLine
from trivet.orders.queries.desk import owed


@dataclass(frozen=True, slots=True)
class ComponentView:
    """What one unit of a bundle line holds, pinned when it was sold."""

    variant: UUID
    sku: str
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class TaxView:
    """A tax as received; ``line`` is None for tax on shipping."""

    line: UUID | None
    title: str
    rate: Decimal
    amount_minor: int
    jurisdiction: str
    marketplace: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """One line with its counters and frozen money; ``paid_minor`` is what it cost the customer, with tax."""

    id: UUID
    position: int
    external_id: str
    sku: str
    variant: UUID | None
    title: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    order_discount_minor: int
    tax_minor: int
    tax_included: bool
    paid_minor: int
    cancelled: int
    allocated: int
    backordered: int
    in_progress: int
    shipped: int
    delivered: int
    returned: int
    backorder_from: date | None
    components: tuple[ComponentView, ...]

    @property
    def cancellable(self) -> int:
        """Units that nobody has begun to pick."""
        return self.quantity - self.cancelled - self.shipped - self.in_progress

    @property
    def begun(self) -> int:
        """Units that are being picked or shipped."""
        return self.shipped + self.in_progress

    @property
    def waiting(self) -> int:
        """Units that have neither stock nor a backorder: short, or of an unknown SKU."""
        return self.quantity - self.cancelled - self.shipped - self.allocated - self.backordered


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold, open while ``released_at`` is None."""

    id: UUID
    kind: str
    handle: str
    reason: str
    owner: str
    placed_at: datetime
    placed_by: str
    expires_at: datetime | None
    released_at: datetime | None
    released_by: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change after placing."""

    version: int
    kind: str
    reason: str
    value_minor: int
    content: dict[str, Any]
    at: datetime
    actor_label: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and its parts. ``row`` is the stored order: read it, never write it."""

    row: Order
    channel: str
    channel_slug: str
    lines: tuple[LineView, ...]
    taxes: tuple[TaxView, ...]
    discounts: tuple[tuple[str, int], ...]
    holds: tuple[HoldView, ...]
    changes: tuple[ChangeView, ...]

    @property
    def open_holds(self) -> tuple[HoldView, ...]:
        """Holds that still bind."""
        return tuple(h for h in self.holds if h.released_at is None)

    @property
    def due_minor(self) -> int:
        """What the customer owes in all: the total less what was cancelled."""
        return self.row.total_minor - self.row.cancelled_minor

    @property
    def open_minor(self) -> int:
        """What is neither captured nor given up."""
        return max(0, self.due_minor - self.row.captured_minor)

    @property
    def undoable(self) -> bool:
        """Whether the last change was an edit, and nobody has picked anything."""
        last = self.changes[0].kind if self.changes else ""
        return last == "edited" and not any(line.begun for line in self.lines)

    @property
    def owed_minor(self) -> int:
        """What is to be paid back to the customer."""
        return owed(self.row)


def order_id(number: int) -> UUID:
    """The key of the order with this number; :class:`NotFound`."""
    key = Order.objects.filter(number=number).values_list("id", flat=True).first()
    if key is None:
        raise NotFound(f"there is no order {number}")
    return key


def order_view(*, number: int | None = None, key: UUID | None = None) -> OrderView:
    """The order by number or key, in seven queries; :class:`NotFound`."""
    by = {"number": number} if key is None else {"id": key}
    order = Order.objects.select_related("channel", "pickup_location").filter(**by).first()
    if order is None:
        raise NotFound("there is no such order")
    discounts: dict[str, int] = {}
    for code, minor in Adjustment.objects.filter(order=order).values_list("code", "amount_minor"):
        discounts[code] = discounts.get(code, 0) + minor
    taxes = TaxLine.objects.filter(order=order).order_by("id")
    changes = OrderChange.objects.filter(order=order).order_by("-version")
    return OrderView(
        row=order, channel=order.channel.name, channel_slug=order.channel.slug, lines=_lines(order),
        taxes=tuple(
            TaxView(t.line_id, t.title, t.rate, t.amount_minor, t.jurisdiction, t.marketplace) for t in taxes
        ),
        discounts=tuple(discounts.items()),
        holds=tuple(_hold(h) for h in Hold.objects.filter(order=order).order_by("placed_at", "id")),
        changes=tuple(
            ChangeView(c.version, c.kind, c.reason, c.value_minor, c.content, c.at, c.actor_label) for c in changes
        ),
    )  # fmt: skip


def _lines(order: Order) -> tuple[LineView, ...]:
    parts: dict[UUID, list[ComponentView]] = {}
    for c in (
        LineComponent.objects.filter(line__order=order).select_related("variant").order_by("variant__sku")
    ):
        view = ComponentView(c.variant_id, c.variant.sku, c.variant.title, c.quantity)
        parts.setdefault(c.line_id, []).append(view)
    return tuple(
        LineView(
            **{name: getattr(line, name) for name in _LINE_COLUMNS},
            variant=line.variant_id,
            components=tuple(parts.get(line.id, ())),
        )
        for line in OrderLine.objects.filter(order=order).order_by("position")
    )


_LINE_COLUMNS = tuple(f.name for f in fields(LineView) if f.name not in {"variant", "components"})


def _hold(h: Hold) -> HoldView:
    return HoldView(
        h.id, h.kind, h.handle, h.reason, h.owner, h.placed_at, h.placed_by, h.expires_at, h.released_at,
        h.released_by,
    )  # fmt: skip
