"""API keys: made once, shown once, stored as a digest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from trivet.company.models import Location
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid, NotFound
from trivet.staff.models import ApiKey
from trivet.staff.rules import KEY_PREFIX, VERBS, new_secret, secret_digest

USE_RESOLUTION = timedelta(minutes=1)
"""``last_used_at`` is kept to the minute, so that a busy key does not write on every request."""


@transaction.atomic
def create_api_key(
    name: str, scopes: Collection[str], expires_at: datetime | None = None, locations: Collection[UUID] = (),
    *, by: Actor, now: datetime,
) -> tuple[ApiKey, str]:  # fmt: skip
    """Make a key and answer it with its secret, which is shown this once and stored nowhere.

    ``scopes`` are verbs of the permission table or ``*`` (all but managing staff, which has to be named).
    """
    name = name.strip()
    if not 0 < len(name) <= 200:
        raise Invalid("name", "must have 1 to 200 characters")
    if not scopes:
        raise Invalid("scopes", "must name at least one verb, or *")
    for n, scope in enumerate(scopes):
        if scope != "*" and scope not in VERBS:
            raise Invalid(f"scopes[{n}]", f"{scope!r} is not a verb that a key may have")
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_at", "has passed already")
    places = list(Location.objects.filter(id__in=locations))
    if len(places) != len(set(locations)):
        raise Invalid("locations", "names a place that does not exist")
    secret = new_secret()
    key = ApiKey.objects.create(
        name=name, digest=secret_digest(secret), hint=secret[: len(KEY_PREFIX) + 4],
        scopes=sorted(set(scopes)), created_at=now, created_by=by.label, expires_at=expires_at,
        person=by.person if by.id else "",
    )  # fmt: skip
    key.locations.set(places)
    record(
        "api_key.created", ("api_key", key.id), by=by, at=now, name=name, scopes=key.scopes, expires_at=expires_at,
        locations=[str(place.id) for place in places],
    )  # fmt: skip
    return key, secret


@transaction.atomic
def revoke_api_key(key: UUID, *, by: Actor, now: datetime) -> None:
    """End a key at once, for every process. Revoking twice is revoking once."""
    changed = ApiKey.objects.filter(id=key, revoked_at=None).update(revoked_at=now)
    found = ApiKey.objects.filter(id=key).first()
    if found is None:
        raise NotFound("there is no such key")
    if changed:
        record("api_key.revoked", ("api_key", key), by=by, at=now, name=found.name)


def note_use(key: UUID, *, now: datetime) -> None:
    """Keep when a key was last used, to the minute. No fact of the business: not recorded."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_RESOLUTION)
    ApiKey.objects.filter(stale, id=key).update(last_used_at=now)
