"""The counter that tells every process that its picture of the set-up is stale."""

from __future__ import annotations

from django.db.models import F

from trivet.company.models import Revision


def bump() -> None:
    """Raise the revision, in the caller's transaction. Serialises changes of the set-up: first, before reading."""
    Revision.objects.filter(id=1).update(number=F("number") + 1)
