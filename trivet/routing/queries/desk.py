"""Decisions as the desk shows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.routing.models import RoutingDecision, RoutingPolicy
from trivet.routing.rules import Policy


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


def policies_of(versions: Collection[int]) -> dict[int, Policy]:
    """The policies by version, 0 being the one that is built in; one query, none for no versions."""
    if not versions:
        return {}
    found = RoutingPolicy.objects.filter(version__in=versions).values_list("version", "rules")
    return {0: Policy()} | {v: Policy.from_dict(rules) for v, rules in found if v is not None}
