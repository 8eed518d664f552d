"""Writing facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from trivet.journal.models import Event
from trivet.journal.rules import Actor, Fact

EVENT_COLUMNS = ("kind", "subject_kind", "subject_id", "actor_kind", "actor_id", "actor_label", "at", "facts")
"""The columns of :func:`event_row`, for bulk inserts that write events beside other rows."""


def event_row(fact: Fact) -> tuple[Any, ...]:
    """The values of ``fact`` for :data:`EVENT_COLUMNS`; ``facts`` as JSON text."""
    by = fact.by
    return (
        fact.kind, fact.subject_kind, fact.subject_id, by.kind, by.id, by.label, fact.at,
        orjson.dumps(fact.facts, option=orjson.OPT_NON_STR_KEYS).decode(),
    )  # fmt: skip


def record(kind: str, subject: tuple[str, UUID], *, by: Actor, at: datetime, **facts: Any) -> None:
    """Record one fact about ``subject`` (kind, id), in the caller's transaction."""
    record_many([Fact(kind, subject[0], subject[1], by, at, facts)])


def record_many(facts: Iterable[Fact]) -> None:
    """Record facts in order, in the caller's transaction (one is required: a fact alone proves nothing)."""
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction that makes it true")
    Event.objects.bulk_create(
        Event(
            kind=f.kind, subject_kind=f.subject_kind, subject_id=f.subject_id, actor_kind=f.by.kind,
            actor_id=f.by.id, actor_label=f.by.label, at=f.at,
            facts=orjson.loads(orjson.dumps(f.facts, option=orjson.OPT_NON_STR_KEYS)),
        )
        for f in facts
    )  # fmt: skip
