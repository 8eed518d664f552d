"""Reads of the journal: timelines, the change feed, open exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from trivet.journal.models import Event, ExceptionItem, FeedHead, Receipt
from trivet.journal.rules import raw_source


@dataclass(frozen=True, slots=True)
class EventRow:
    """One fact as read back; ``position`` is None until the sequencer has seen it."""

    position: int | None
    kind: str
    subject_kind: str
    subject_id: UUID
    actor_kind: str
    actor_label: str
    at: datetime
    facts: dict[str, Any]


def _row(event: Event) -> EventRow:
    return EventRow(
        event.position, event.kind, event.subject_kind, event.subject_id, event.actor_kind, event.actor_label,
        event.at, event.facts,
    )  # fmt: skip


def timeline(subjects: Iterable[UUID], limit: int = 200) -> list[EventRow]:
    """The facts about ``subjects``, newest first."""
    return [_row(e) for e in Event.objects.filter(subject_id__in=list(subjects)).order_by("-id")[:limit]]


def feed(after: int, limit: int, kinds: Iterable[str] = ()) -> list[EventRow]:
    """Events with a position above ``after``, in feed order."""
    found = Event.objects.filter(position__gt=after)
    if wanted := list(kinds):
        found = found.filter(kind__in=wanted)
    return [_row(e) for e in found.order_by("position")[:limit]]


def feed_head() -> int:
    """The last position given."""
    return FeedHead.objects.values_list("position", flat=True).get(id=1)


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """Something that waits for a person."""

    id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    title: str
    facts: dict[str, Any]
    opened_at: datetime


def open_exceptions(kind: str = "", limit: int = 100, also: tuple[Q, ...] = ()) -> list[ExceptionRow]:
    """Open items, longest waiting first; ``also`` are conditions of rooms downstream (who may see them)."""
    found = ExceptionItem.objects.filter(*also, state="open")
    if kind:
        found = found.filter(kind=kind)
    return [
        ExceptionRow(i.id, i.kind, i.subject_kind, i.subject_id, i.title, i.facts, i.opened_at)
        for i in found.order_by("opened_at", "id")[:limit]
    ]


def open_exception_counts(also: tuple[Q, ...] = ()) -> dict[str, int]:
    """How many items wait, by kind; ``also`` as for the list."""
    rows = (
        ExceptionItem.objects.filter(*also, state="open")
        .values("kind")
        .annotate(n=Count("id"))
        .order_by("kind")
    )
    return {row["kind"]: row["n"] for row in rows}


def feed_lag(now: datetime) -> tuple[int, float]:
    """Events that have no position yet (counted to 10,001) and the age in seconds of the oldest; two queries."""
    waiting = Event.objects.filter(position=None).order_by("id")
    oldest = waiting.values_list("at", flat=True).first()
    return waiting[:10_001].count(), max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def stuck_receipts(before: datetime) -> int:
    """Payloads received before that instant and not interpreted."""
    return Receipt.objects.filter(state="received", received_at__lt=before).count()


def received_order(channel: str, external_id: str) -> Receipt | None:
    """The payload that an order of a channel (slug) was made of; one query."""
    found = Receipt.objects.filter(source=raw_source(channel), external_id=external_id, state="applied")
    return found.order_by("id").last()
