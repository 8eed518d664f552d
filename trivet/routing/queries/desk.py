"""Policies and decisions as the desk shows them."""

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


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A version of the routing policy; ``live`` marks the one in force."""

    version: int
    rules: dict[str, Any]
    active_from: datetime
    note: str
    made_by: str
    made_at: datetime
    live: bool


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
    return {0: Policy()} | {version: Policy.from_dict(rules) for version, rules in found}


def policies(now: datetime) -> list[PolicyView]:
    """All versions, newest first; one query."""
    found = list(RoutingPolicy.objects.order_by("-version"))
    live = max((p.version for p in found if p.active_from <= now), default=None)
    return [
        PolicyView(p.version, p.rules, p.active_from, p.note, p.made_by, p.made_at, p.version == live)
        for p in found
    ]
