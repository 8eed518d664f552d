"""Cases of levels that hold fewer units than are promised from them: opened, kept true, settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from trivet.inventory.queries.shortfall import Short, short_levels
from trivet.inventory.rules import level_key
from trivet.journal.actions.exceptions import raise_exception, settle
from trivet.journal.models import ExceptionItem
from trivet.journal.rules import Actor

KIND = "shortfall"
COVERED = "stock covers the promises again"


def refresh(keys: Iterable[tuple[UUID, UUID]], *, by: Actor, now: datetime) -> None:
    """Bring the cases of levels (variant, location) that are locked in this transaction up to date."""
    wanted = set(keys)
    short = short_levels(wanted)
    for found in short:
        _raise(found, by, now)
    covered = {level_key(*level) for level in wanted - {(s.variant, s.location) for s in short}}
    opened = ExceptionItem.objects.filter(kind=KIND, state="open", subject_id__in=covered)
    for subject in opened.values_list("subject_id", flat=True):
        settle(KIND, subject, by=by, at=now, resolution=COVERED)


@transaction.atomic
def refresh_all(*, by: Actor, now: datetime) -> None:
    """Bring every case up to date: for the minute job, should a story have missed one."""
    short = {level_key(s.variant, s.location): s for s in short_levels()}
    known = dict(ExceptionItem.objects.filter(kind=KIND, state="open").values_list("subject_id", "facts"))
    for subject, found in short.items():
        if known.get(subject) != _facts(found):
            _raise(found, by, now)
    for subject in known.keys() - short.keys():
        settle(KIND, subject, by=by, at=now, resolution=COVERED)


def _raise(found: Short, by: Actor, now: datetime) -> None:
    raise_exception(
        KIND, ("stock_level", level_key(found.variant, found.location)),
        f"{found.sku} at {found.place}: {found.shortfall} units short", by=by, at=now, **_facts(found),
    )  # fmt: skip


def _facts(found: Short) -> dict[str, Any]:
    return {
        "sku": found.sku,
        "location": found.place,
        "shortfall": found.shortfall,
        "orders": [{"order": str(h.order), "number": h.number, "units": h.units} for h in found.hit],
    }
