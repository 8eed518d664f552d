"""Decisions as the desk shows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.routing.models import RoutingDecision


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Why an order ships from where it does."""

    policy_version: int
    at: datetime
    exact: bool
    cause: str
    explanation: dict[str, Any]


def decisions(order: UUID) -> list[DecisionView]:
    """The decisions of an order, newest first; one query."""
    found = RoutingDecision.objects.filter(order=order).order_by("-at", "-id")
    return [DecisionView(d.policy_version, d.at, d.exact, d.cause, d.explanation) for d in found]


def last_refusals(orders: Collection[UUID]) -> dict[UUID, list[str]]:
    """Why the latest decision of each order left units short (codes); one query, none for no orders."""
    if not orders:
        return {}
    found = RoutingDecision.objects.filter(order__in=orders).order_by("at", "id")
    return {order: told.get("refusal", []) for order, told in found.values_list("order_id", "explanation")}
