"""Writing facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from trivet.journal.actions.answers import note_work
from trivet.journal.rules import Actor, Fact
from trivet.lib.bulk import BulkInsert

EVENTS = BulkInsert(
    "journal_event",
    {
        "kind": "text", "subject_kind": "text", "subject_id": "uuid", "actor_kind": "text", "actor_id": "text",
        "actor_label": "text", "at": "timestamptz", "facts": "jsonb",
    },
)  # fmt: skip
"""For flows that write facts beside other rows in one pipeline."""


def event_dict(fact: Fact) -> dict[str, Any]:
    """``fact`` as a row for :data:`EVENTS`."""
    by = fact.by
    return {
        "kind": fact.kind, "subject_kind": fact.subject_kind, "subject_id": fact.subject_id, "actor_kind": by.kind,
        "actor_id": by.id, "actor_label": by.label, "at": fact.at, "facts": fact.facts,
    }  # fmt: skip


def record(kind: str, subject: tuple[str, UUID], *, by: Actor, at: datetime, **facts: Any) -> None:
    """Record one fact about ``subject`` (kind, id), in the caller's transaction."""
    record_many([Fact(kind, subject[0], subject[1], by, at, facts)])


def record_many(facts: Iterable[Fact]) -> None:
    """Record facts in order, in the caller's transaction (one is required: a fact alone proves nothing)."""
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction that makes it true")
    note_work()
    with connection.cursor() as cursor:
        EVENTS.run(cursor, [event_dict(f) for f in facts])
