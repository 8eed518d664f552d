"""People and API keys as settings pages show them; no secret ever leaves this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trivet.lib.errors import NotFound
from trivet.staff.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class PersonView:
    """Someone who works here; without ``places`` at all of them."""

    id: UUID
    username: str
    name: str
    email: str
    role: str
    active: bool
    last_login: datetime | None
    places: tuple[str, ...]
    place_keys: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key without its secret; ``hint`` is its beginning. Without ``places`` it is for all of them."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    places: tuple[str, ...]
    place_keys: tuple[UUID, ...]

    def live(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def anybody() -> bool:
    """Whether there is any person yet; one query."""
    return User.objects.exists()


def people() -> list[PersonView]:
    """Everyone, active first; two queries."""
    found = User.objects.prefetch_related("locations").order_by("-is_active", "username")
    return [_person(user) for user in found]


def person(key: UUID) -> PersonView:
    """One person, in two queries; :class:`NotFound`."""
    found = User.objects.prefetch_related("locations").filter(id=key).first()
    if found is None:
        raise NotFound("there is no such person")
    return _person(found)


def _person(u: User) -> PersonView:
    places = sorted(u.locations.all(), key=lambda place: place.name)
    return PersonView(
        u.id, u.username, u.get_full_name(), u.email, u.role, u.is_active, u.last_login,
        tuple(place.name for place in places), tuple(place.id for place in places),
    )  # fmt: skip


def api_keys() -> list[KeyView]:
    """All keys, newest first; two queries."""
    return [_key(k) for k in ApiKey.objects.prefetch_related("locations").order_by("-created_at")]


def api_key(key: UUID) -> KeyView:
    """One key, in two queries; :class:`NotFound`."""
    found = ApiKey.objects.prefetch_related("locations").filter(id=key).first()
    if found is None:
        raise NotFound("there is no such key")
    return _key(found)


def _key(k: ApiKey) -> KeyView:
    places = sorted(k.locations.all(), key=lambda place: place.name)
    return KeyView(
        k.id, k.name, k.hint, tuple(k.scopes), k.created_at, k.created_by, k.expires_at, k.revoked_at, k.last_used_at,
        tuple(place.name for place in places), tuple(place.id for place in places),
    )  # fmt: skip
