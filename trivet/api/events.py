"""The change feed: every committed fact once, in order, for ever."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Limit, Text
from trivet.journal.queries import feed, feed_head

router = Router(tags=["events"])

LONGEST_WAIT = 25
_LOOK = 0.25


class FeedEventOut(Schema):
    """A fact at its place in the feed."""

    position: int
    kind: str
    subject_kind: str
    subject_id: UUID
    actor_kind: str
    actor_label: str
    at: datetime
    facts: dict[str, Any]


class FeedOut(Schema):
    """Events after the position asked for. Send ``next`` as ``after`` to go on; ``head`` is the end of the feed."""

    events: list[FeedEventOut]
    next: int
    head: int


After = Annotated[int, Field(ge=0, le=2**63 - 1), Query(0, description="the last position you have")]
Wait = Annotated[
    int, Field(ge=0, le=LONGEST_WAIT), Query(0, description="seconds to wait when there is nothing new")
]


@router.get("", auth=BearerKey("event.read"), response=FeedOut, summary="Change feed")
def get_events(
    request: HttpRequest, after: After = 0, limit: Limit = 100, kinds: Text = "", wait: Wait = 0
) -> dict[str, Any]:
    """Gapless and in commit order: who has position *n* has all there will ever be up to *n*.

    To sell against: `stock.changed` names a SKU whose availability, and that of bundles with it among their
    ``components``, is to be asked for again; `availability.changed` names a channel for which all is.

    A key is told the facts that its scopes let it see: payments with `payment.view`, and so on. ``kinds`` are event
    kinds joined by commas. ``next`` runs ahead over what is not told.
    """
    about = caller_of(request).facts
    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    until = time.monotonic() + wait
    while True:
        # The head first: events that are placed between the two reads must not be skipped.
        head = feed_head()
        events = feed(after, limit, about, wanted)
        if events or time.monotonic() >= until:
            break
        connection.close()
        time.sleep(_LOOK)
    last = (events[-1].position or 0) if events else 0
    # A full page ends at its last event; a short one has seen everything up to the head.
    onward = last if len(events) == limit else max(after, head, last)
    return {"events": events, "next": onward, "head": max(head, last)}
