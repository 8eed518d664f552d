"""Keeping raw payloads: stored first, interpreted later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trivet.journal.models import Receipt
from trivet.lib.digest import digest


@dataclass(frozen=True, slots=True)
class Arrival:
    """A payload as it arrived: where from, the sender's id of it, what kind, its content (JSON)."""

    source: str
    external_id: str
    kind: str
    payload: Any


def keep(arrivals: Iterable[Arrival], *, at: datetime, state: str = "received") -> int:
    """Store the arrivals that are not there yet (same source, id and content count as one); how many were new."""
    rows = [
        Receipt(
            source=a.source, external_id=a.external_id, kind=a.kind, payload=a.payload, digest=digest(a.payload),
            received_at=at, state=state,
        )
        for a in arrivals
    ]  # fmt: skip
    before = Receipt.objects.filter(source__in={r.source for r in rows}).count() if rows else 0
    Receipt.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
    after = Receipt.objects.filter(source__in={r.source for r in rows}).count() if rows else 0
    return after - before
