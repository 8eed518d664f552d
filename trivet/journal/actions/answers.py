"""Answers kept under an ``Idempotency-Key``, to be given again word for word.

A claim is committed before the work begins, the answer after it. The work itself marks the claim, in the transaction
that does it (every verb records a fact, and that is where). So a claim of a process that died tells what became of it:

- not marked: nothing was done. It is free again :data:`LEASE` after it was made. Should its request be alive after
  all, it finds the claim gone when it records its fact, and is rolled back.
- marked, without an answer: it was done, and is not done again under this key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from trivet.journal.models import IdempotencyKey
from trivet.lib.errors import Conflict

LEASE = timedelta(seconds=60)
PENDING = 0
"""Status of a claim under which nothing was done yet."""
WORKED = 1
"""Status of a claim whose work is done and whose answer is not there yet."""

_working: ContextVar[UUID | None] = ContextVar("idempotency_claim", default=None)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known under a key. ``status`` is that of HTTP, or :data:`PENDING`, or :data:`WORKED`."""

    digest: str
    status: int
    body: bytes
    content_type: str
    since: datetime


def claim(owner: str, key: str, digest: str, *, now: datetime) -> UUID | Kept:
    """Take ``key`` of ``owner`` for a request: the claim when it was free, else what is known under it."""
    fresh = IdempotencyKey(
        owner=owner, key=key, request_digest=digest, status=PENDING, body=b"", content_type="", created_at=now
    )
    claims = IdempotencyKey.objects.filter(owner=owner, key=key)
    while True:
        IdempotencyKey.objects.bulk_create([fresh], ignore_conflicts=True)
        dead = claims.filter(request_digest=digest, status=PENDING, created_at__lte=now - LEASE)
        if dead.update(id=fresh.id, created_at=now):
            return fresh.id
        found = claims.first()
        if found is not None:
            break  # else it was let go meanwhile
    if found.id == fresh.id:
        return fresh.id
    return Kept(found.request_digest, found.status, bytes(found.body), found.content_type, found.created_at)


@contextmanager
def working(claim: UUID) -> Iterator[None]:
    """What this thread records inside is done under ``claim``."""
    token = _working.set(claim)
    try:
        yield
    finally:
        _working.reset(token)


def note_work() -> None:
    """Mark the claim that this thread works under, if any, in the transaction of the work; refuse when it is gone."""
    claim = _working.get()
    if claim is not None and not IdempotencyKey.objects.filter(id=claim).update(status=WORKED):
        raise Conflict("this took so long that another request with the same idempotency key was let in")


def keep(claim: UUID, *, status: int, body: bytes, content_type: str) -> None:
    """Store the answer of a claimed request."""
    IdempotencyKey.objects.filter(id=claim).update(status=status, body=body, content_type=content_type)


def let_go(claim: UUID) -> None:
    """Free a key whose request came to nothing, so that it can be sent again."""
    IdempotencyKey.objects.filter(id=claim, status=PENDING).delete()
