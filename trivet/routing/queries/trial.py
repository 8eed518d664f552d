"""What another policy would have decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.routing.models import RoutingDecision
from trivet.routing.rules import Policy, replay

TRIED = 100
"""Decisions that are made again."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units that a place (by its code) ships."""

    place: str
    name: str
    units: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which places ship what, units without stock, and the estimate in minor units."""

    parcels: tuple[Parcel, ...]
    short: int
    cost: int


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A decision that another policy would have made otherwise."""

    order: UUID
    number: int
    at: datetime
    before: Outcome
    after: Outcome
    currency: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The latest decisions made again under a policy that is not in force."""

    looked_at: int
    otherwise: tuple[Otherwise, ...]


def tried(rules: Mapping[str, Any]) -> Trial:
    """The latest decisions again, from what was known when they were made; places and stock as they were then.

    One query; :class:`Invalid` for rules that are no policy.
    """
    policy = Policy.proposed(rules)
    looked, found = 0, []
    # Ids follow time, and the primary key is the only index over all decisions.
    made = RoutingDecision.objects.order_by("-id").values_list(
        "order_id", "order__number", "at", "explanation"
    )
    for order, number, at, then in made[:TRIED]:
        if "candidates" not in then:
            continue
        looked += 1
        now = replay(then, policy).explanation
        names = {c["place"]: c["name"] for c in then["candidates"]}
        before, after = _outcome(then, names), _outcome(now, names)
        if (before.parcels, before.short) != (after.parcels, after.short):
            found.append(Otherwise(order, number, at, before, after, now["currency"]))
    return Trial(looked, tuple(found))


def _outcome(told: Mapping[str, Any], names: Mapping[str, str]) -> Outcome:
    parcels = tuple(
        Parcel(p["place"], names.get(p["place"], p["place"]), p["units"]) for p in told["parcels"]
    )
    return Outcome(parcels, sum(n for _line, n in told["short"]), told["cost"])
