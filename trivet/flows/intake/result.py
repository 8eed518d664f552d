"""What placing an order answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from trivet.orders.rules.status import Status


@dataclass(slots=True)
class PlacedLine:
    """A line as stored; ``allocated + backordered + short = quantity`` where stock is tracked."""

    id: UUID
    external_id: str
    sku: str
    title: str
    quantity: int
    allocated: int
    backordered: int
    paid: int
    mapped: bool


@dataclass(slots=True)
class OpenedFulfillmentOrder:
    """A fulfillment order opened for the order: the place and the units of each line (component SKU, quantity)."""

    id: UUID
    location: str
    location_name: str
    state: str
    dispatch_by: datetime | None
    lines: list[tuple[UUID, str, int]] = field(default_factory=list)


@dataclass(slots=True)
class Placed:
    """An order that is now stored."""

    id: UUID
    number: int
    channel: str
    external_id: str
    currency: str
    total: int
    received_at: datetime
    status: Status
    customer: UUID | None
    lines: list[PlacedLine]
    fulfillment_orders: list[OpenedFulfillmentOrder]
    holds: list[str]
    explanation: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Result:
    """``created`` with the order, or ``unchanged`` with the id of the same order placed earlier."""

    outcome: Literal["created", "unchanged"]
    id: UUID
    placed: Placed | None = None
