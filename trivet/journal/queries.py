"""Reads of the journal: timelines, the change feed, open exceptions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from trivet.journal.models import Event, ExceptionItem, FeedHead, Receipt
from trivet.journal.rules import raw_source
from trivet.lib.cursor import Page, cut, decode_instant, decode_number


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


def timeline(
    subjects: Iterable[UUID], about: Collection[str], cursor: str = "", limit: int = 50
) -> Page[EventRow]:
    """The facts about ``subjects``, newest first, by keyset; one query.

    ``about`` bounds what is told: the beginnings of kinds, up to the dot, that the reader may know of.
    """
    found = Event.objects.filter(_told(about), subject_id__in=list(subjects))
    if cursor:
        found = found.filter(id__lt=decode_number(cursor))
    events = list(found.order_by("-id")[: limit + 1])
    page = cut(events, limit, lambda event: (event.id,))
    return Page([_row(e) for e in page.rows], page.next_cursor)


def _told(about: Collection[str]) -> Q:
    return Q(kind__regex=rf"^({'|'.join(sorted(about))})[.]") if about else Q(pk=None)


def feed(after: int, limit: int, about: Collection[str], kinds: Iterable[str] = ()) -> list[EventRow]:
    """Events with a position above ``after``, in feed order; ``about`` as for a timeline."""
    found = Event.objects.filter(_told(about), position__gt=after)
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


def open_exceptions(
    kind: str = "", cursor: str = "", limit: int = 50, *, also: tuple[Q, ...] = ()
) -> Page[ExceptionRow]:
    """Open items, longest waiting first, by keyset; ``also`` are conditions of rooms downstream (who may see them)."""
    found = ExceptionItem.objects.filter(*also, state="open")
    if kind:
        found = found.filter(kind=kind)
    if cursor:
        at, key = decode_instant(cursor)
        found = found.filter(Q(opened_at__gt=at) | Q(opened_at=at, id__gt=key))
    rows = [_item(i) for i in found.order_by("opened_at", "id")[: limit + 1]]
    return cut(rows, limit, lambda row: (row.opened_at, row.id))


@dataclass(frozen=True, slots=True)
class SettledRow:
    """What is off the desk: by whom, when and how."""

    item: ExceptionRow
    resolved_at: datetime
    resolved_by: str
    resolution: str


def settled_exceptions(cursor: str = "", limit: int = 50, *, also: tuple[Q, ...] = ()) -> Page[SettledRow]:
    """Settled items, latest first, by keyset; one query."""
    found = ExceptionItem.objects.filter(*also, state="resolved", resolved_at__isnull=False)
    if cursor:
        at, key = decode_instant(cursor)
        found = found.filter(Q(resolved_at__lt=at) | Q(resolved_at=at, id__lt=key), resolved_at__lte=at)
    rows = [
        SettledRow(_item(i), i.resolved_at, i.resolved_by, i.resolution)
        for i in found.order_by("-resolved_at", "-id")[: limit + 1]
        if i.resolved_at is not None
    ]
    return cut(rows, limit, lambda row: (row.resolved_at, row.item.id))


def _item(i: ExceptionItem) -> ExceptionRow:
    return ExceptionRow(i.id, i.kind, i.subject_kind, i.subject_id, i.title, i.facts, i.opened_at)


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
