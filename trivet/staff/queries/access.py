"""Who stands at the door, and which places they may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from trivet.staff.models import ApiKey, User
from trivet.staff.rules import Places, secret_digest


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A live API key. ``locations`` is None for all places; ``person`` is for whom it acts, empty for nobody known."""

    id: UUID
    name: str
    scopes: frozenset[str]
    locations: Places
    expires_at: datetime | None
    last_used_at: datetime | None
    person: str

    def live(self, now: datetime) -> bool:
        """Whether it has not expired; a revoked key never becomes a row."""
        return self.expires_at is None or self.expires_at > now


def key_for(secret: str, now: datetime) -> KeyRow | None:
    """The live key with this secret; None for an unknown, revoked or expired one. One query."""
    found = (
        ApiKey.objects.filter(_live(now), digest=secret_digest(secret))
        .annotate(places=ArrayAgg("locations", filter=Q(locations__isnull=False), default=[]))
        .first()
    )
    if found is None:
        return None
    places: list[UUID] = found.places
    return KeyRow(
        found.id, found.name, frozenset(found.scopes), frozenset(places) or None, found.expires_at,
        found.last_used_at, found.person,
    )  # fmt: skip


def live_keys(keys: Collection[UUID], now: datetime) -> set[UUID]:
    """Which of ``keys`` are neither revoked nor expired; one query."""
    return set(ApiKey.objects.filter(_live(now), id__in=keys).values_list("id", flat=True))


def places_of(user: UUID) -> Places:
    """The places a person is tied to; None for all. The owner is tied to none. One query."""
    found = User.objects.filter(id=user).exclude(role="owner").values_list("locations", flat=True)
    return frozenset(key for key in found if key is not None) or None


def _live(now: datetime) -> Q:
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
