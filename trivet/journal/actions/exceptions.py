"""Items that wait for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from trivet.journal.actions.record import record
from trivet.journal.models import ExceptionItem
from trivet.journal.rules import EXCEPTION, Actor
from trivet.lib.errors import Forbidden, Invalid, NotFound, WrongState


@transaction.atomic
def raise_exception(
    kind: str, subject: tuple[str, UUID], title: str, *, by: Actor, at: datetime, **facts: Any
) -> bool:
    """Open an item of ``kind`` for ``subject``, or refresh the facts of the one that is open; whether it is new."""
    _, new = ExceptionItem.objects.update_or_create(
        kind=kind, subject_id=subject[1], state="open",
        defaults={"title": title, "facts": facts},
        create_defaults={"title": title, "facts": facts, "subject_kind": subject[0], "opened_at": at},
    )  # fmt: skip
    if new:
        record("exception.opened", subject, by=by, at=at, exception=kind, title=title)
    return new


@transaction.atomic
def resolve_exception(item: UUID, *, by: Actor, at: datetime, resolution: str) -> None:
    """Close an open item with a word on how. :class:`WrongState` when someone was first.

    An item that says whose doing it is (``done_by``, see :attr:`Actor.person`) is for somebody else: to these
    :class:`Forbidden`.
    """
    found = ExceptionItem.objects.filter(id=item).first()
    if found is None:
        raise NotFound("no such item")
    if by.person in found.facts.get("done_by", ()):
        raise Forbidden("a second person must answer this")
    if not resolution.strip():
        raise Invalid("resolution", "say how it was settled")
    if not _close(found, by, at, resolution):
        raise WrongState("someone resolved this already", state="resolved")


@transaction.atomic
def reopen_exception(item: UUID, *, by: Actor, at: datetime) -> None:
    """Put a settled item back on the desk. :class:`WrongState` when it is there, or another of its kind is."""
    found = ExceptionItem.objects.filter(id=item).first()
    if found is None:
        raise NotFound("no such item")
    back = ExceptionItem.objects.filter(id=item, state__in=EXCEPTION.sources("reopen"))
    try:
        with transaction.atomic():
            moved = back.update(
                state=EXCEPTION.target("reopen"), resolved_at=None, resolved_by="", resolution=""
            )
    except IntegrityError:
        moved = 0  # another item of the kind has been opened for the subject since
    if not moved:
        raise WrongState("it is on the desk already", state="open")
    record(
        "exception.reopened", (found.subject_kind, found.subject_id), by=by, at=at, exception=found.kind,
        title=found.title,
    )  # fmt: skip


@transaction.atomic
def settle(kind: str, subject_id: UUID, *, by: Actor, at: datetime, resolution: str) -> bool:
    """Close the open item of ``kind`` for a subject because its cause is gone; whether it was done here and now."""
    item = ExceptionItem.objects.filter(kind=kind, subject_id=subject_id, state="open").first()
    return item is not None and _close(item, by, at, resolution)


def _close(item: ExceptionItem, by: Actor, at: datetime, resolution: str) -> bool:
    closed = ExceptionItem.objects.filter(id=item.id, state="open").update(
        state="resolved", resolved_at=at, resolved_by=by.label, resolution=resolution
    )
    if closed:
        record(
            "exception.resolved", (item.subject_kind, item.subject_id), by=by, at=at,
            exception=item.kind, resolution=resolution,
        )  # fmt: skip
    return bool(closed)
