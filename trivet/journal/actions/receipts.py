"""Keeping raw payloads: stored first, interpreted later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from trivet.journal.models import Receipt
from trivet.journal.rules import RECEIPT
from trivet.lib.bulk import BulkInsert, Cursor
from trivet.lib.digest import digest
from trivet.lib.ids import new_id

Outcome = Literal["created", "unchanged", "conflict"]

_RECEIPTS = BulkInsert(
    "journal_receipt",
    {
        "id": "uuid", "source": "text", "external_id": "text", "kind": "text", "digest": "text", "payload": "json",
        "state": "text", "received_at": "timestamptz",
    },
    {"error": "''"},
    "ON CONFLICT DO NOTHING RETURNING source, external_id, digest",
)  # fmt: skip


_RAW = BulkInsert(
    "journal_receipt",
    {
        "id": "uuid", "source": "text", "external_id": "text", "kind": "text", "digest": "text", "payload": "json",
        "received_at": "timestamptz", "subject_id": "uuid",
    },
    {"error": "''", "state": "'applied'"},
    "ON CONFLICT DO NOTHING",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrival:
    """A payload as it arrived: where from, the sender's id of it, what kind, its content (JSON).

    Where the same thing can be written in several ways, ``content`` is what they have in common, and what counts as
    the same; otherwise the payload is.
    """

    source: str
    external_id: str
    kind: str
    payload: Any
    content: Any = None

    @property
    def digest(self) -> str:
        """The hash of what counts as the same."""
        return digest(self.payload if self.content is None else self.content)


def keep_applied(cursor: Cursor, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store payloads beside what was made of them, in the caller's transaction; ``kind`` names the mapper."""
    _RAW.run(cursor, rows)


def keep(arrivals: Iterable[Arrival], *, at: datetime, state: str = "received") -> int:
    """Store the arrivals that are not there yet (same source, id and content count as one); how many were new."""
    return len(_insert([(a, a.digest) for a in arrivals], at, state))


def keep_new(arrivals: Sequence[Arrival], *, at: datetime, state: str) -> list[Outcome]:
    """Store what is new; one outcome an arrival, in order.

    Other content under a known source and id is a ``conflict`` and not stored. Of two that store the same at once
    exactly one is told ``created``, so what follows from an arrival can be done in the same transaction.
    """
    hashed = [(a, a.digest) for a in arrivals]
    outcomes = _compare(hashed, {})
    fresh = [pair for pair, outcome in zip(hashed, outcomes, strict=True) if outcome == "created"]
    stored = _insert(fresh, at, state)
    return [
        "unchanged" if outcome == "created" and (a.source, a.external_id, content) not in stored else outcome
        for (a, content), outcome in zip(hashed, outcomes, strict=True)
    ]


Known = dict[tuple[str, str], set[str]]
"""The contents known under a source and id."""


def look_up(arrivals: Sequence[Arrival], told: Known) -> list[Outcome]:
    """What :func:`keep_new` would answer now, without storing anything; ``told`` gathers what was looked up before."""
    return _compare([(a, a.digest) for a in arrivals], told)


def _compare(hashed: Sequence[tuple[Arrival, str]], known: Known) -> list[Outcome]:
    found = Receipt.objects.filter(
        source__in={a.source for a, _ in hashed}, external_id__in={a.external_id for a, _ in hashed}
    )
    for source, external_id, content in found.values_list("source", "external_id", "digest"):
        known.setdefault((source, external_id), set()).add(content)
    outcomes: list[Outcome] = []
    for arrival, content in hashed:
        before = known.setdefault((arrival.source, arrival.external_id), set())
        outcomes.append("unchanged" if content in before else "conflict" if before else "created")
        before.add(content)
    return outcomes


def _insert(hashed: Sequence[tuple[Arrival, str]], at: datetime, state: str) -> set[tuple[str, str, str]]:
    rows = [
        {
            "id": new_id(), "source": a.source, "external_id": a.external_id, "kind": a.kind, "digest": content,
            "payload": a.payload, "state": state, "received_at": at,
        }
        for a, content in hashed
    ]  # fmt: skip
    if not rows:
        return set()
    with connection.cursor() as cursor:
        _RECEIPTS.run(cursor, rows)
        return {(source, external_id, content) for source, external_id, content in cursor.fetchall()}


def mark_applied(receipt: UUID, subject: UUID) -> bool:
    """Note what was made of a payload after all; whether nobody was first."""
    waiting = Receipt.objects.filter(id=receipt, state__in=RECEIPT.sources("apply"))
    return bool(waiting.update(state=RECEIPT.target("apply"), subject_id=subject))
