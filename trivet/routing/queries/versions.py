"""Policies as the desk shows them: drafts, versions, and what each of them says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from trivet.lib import clock
from trivet.lib.errors import NotFound
from trivet.routing.models import RoutingPolicy
from trivet.routing.rules.versions import live_at, standing


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A draft or version. ``standing``: draft, scheduled, live, past or withdrawn; ``live`` marks the one in force."""

    id: UUID
    version: int | None
    rules: dict[str, Any]
    active_from: datetime | None
    note: str
    made_by: str
    made_at: datetime
    standing: str
    edition: int
    base: int
    repeats: int | None
    changed_by: str
    changed_at: datetime | None
    stored_by: str
    stored_at: datetime | None
    simulation: UUID | None
    unsimulated: str
    withdrawn_by: str
    withdrawn_at: datetime | None

    @property
    def live(self) -> bool:
        """Whether it is in force."""
        return self.standing == "live"


def newest_version() -> int:
    """The highest number of a version, withdrawn or not; 0 when there is none. One query."""
    return RoutingPolicy.objects.aggregate(last=Max("version"))["last"] or 0


def policy_rules(version: int) -> dict[str, Any]:
    """The stored form of a version; the built-in policy (nothing) for 0 and for what never was."""
    found = RoutingPolicy.objects.filter(version=version).values_list("rules", flat=True).first()
    return found or {}


def everything(now: datetime) -> list[PolicyView]:
    """Drafts, the latest begun first, then versions, newest first; without drafts that were thrown away. One query."""
    found = list(
        RoutingPolicy.objects.exclude(state="withdrawn", version__isnull=True).order_by(
            "-version", "-made_at"
        )
    )
    live = live_of(found, now)
    drafts = [p for p in found if p.version is None]
    return [_view(p, live, now) for p in [*drafts, *(p for p in found if p.version is not None)]]


def live_of(found: Collection[RoutingPolicy], now: datetime) -> int:
    """The version in force among ``found``."""
    return live_at(
        [
            (p.active_from, p.version)
            for p in found
            if p.state == "stored" and p.version is not None and p.active_from is not None
        ],
        now,
    )


def policies(now: datetime) -> list[PolicyView]:
    """All versions, newest first; one query."""
    return [p for p in everything(now) if p.version is not None]


def drafts(now: datetime) -> list[PolicyView]:
    """All drafts, the latest begun first; one query."""
    return [p for p in everything(now) if p.standing == "draft"]


def draft(key: UUID) -> PolicyView:
    """The draft with this key, whatever became of it; :class:`NotFound`."""
    now = clock.now()
    found = list(RoutingPolicy.objects.filter(Q(id=key) | Q(state="stored")))
    mine = next((p for p in found if p.id == key), None)
    if mine is None:
        raise NotFound("there is no such routing policy")
    return _view(mine, live_of(found, now), now)


def version(number: int, now: datetime) -> PolicyView:
    """One version; :class:`NotFound`."""
    found = next((p for p in policies(now) if p.version == number), None)
    if found is None:
        raise NotFound("there is no such routing policy")
    return found


def _view(p: RoutingPolicy, live: int, now: datetime) -> PolicyView:
    return PolicyView(
        p.id, p.version, p.rules, p.active_from, p.note, p.made_by, p.made_at,
        standing(p.state, p.active_from, p.version, live=live, now=now), p.edition, p.base, p.repeats, p.changed_by,
        p.changed_at, p.stored_by, p.stored_at, p.simulation_id, p.unsimulated, p.withdrawn_by, p.withdrawn_at,
    )  # fmt: skip
