"""Answers kept under an ``Idempotency-Key``, to be given again word for word.

A claim is committed before the work begins, the answer after it. A claim whose answer never came (the process died
in between) stays: nobody can tell whether the work was done, so it is not done again under the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trivet.journal.models import IdempotencyKey

PENDING = 0
"""Status of a claim that has no answer yet."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known under a key. ``status`` is :data:`PENDING` until the first request is answered."""

    digest: str
    status: int
    body: bytes
    content_type: str
    since: datetime


def claim(owner: str, key: str, digest: str, *, now: datetime) -> Kept | None:
    """Take ``key`` of ``owner`` for a request; None when it was free, else what is known under it."""
    fresh = IdempotencyKey(
        owner=owner, key=key, request_digest=digest, status=PENDING, body=b"", content_type="", created_at=now
    )
    IdempotencyKey.objects.bulk_create([fresh], ignore_conflicts=True)
    found = IdempotencyKey.objects.filter(owner=owner, key=key).first()
    if found is None or found.id == fresh.id:
        return None
    return Kept(found.request_digest, found.status, bytes(found.body), found.content_type, found.created_at)


def keep(owner: str, key: str, *, status: int, body: bytes, content_type: str) -> None:
    """Store the answer of a claimed request."""
    IdempotencyKey.objects.filter(owner=owner, key=key, status=PENDING).update(
        status=status, body=body, content_type=content_type
    )


def let_go(owner: str, key: str) -> None:
    """Free a key whose request came to nothing, so that it can be sent again."""
    IdempotencyKey.objects.filter(owner=owner, key=key, status=PENDING).delete()
