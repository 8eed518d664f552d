"""Changing how orders are routed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.company.actions.revision import bump
from trivet.company.actions.told import ask_again
from trivet.company.models import Channel
from trivet.flows.story import story
from trivet.journal.rules import Actor
from trivet.routing.actions import policy as verbs
from trivet.routing.queries.versions import newest_version, version

IN_ONE_STEP = "stored in one step"


@story
def put_in_force(
    key: UUID, active_from: datetime | None = None, *, edition: int, seen: int, without: str = "", by: Actor,
    now: datetime,
) -> int:  # fmt: skip
    """Make a draft the next version (see :func:`store_version`); its number. Every process takes it up at once.

    From ``active_from`` on other places may ship, so that every channel may have other stock to sell.
    """
    bump()
    made = verbs.store_version(key, active_from, edition=edition, seen=seen, without=without, by=by, now=now)
    return _told(made.version, made.active_from, by=by, now=now)


@story
def change_policy(
    rules: Mapping[str, Any], active_from: datetime | None = None, note: str = "", without: str = IN_ONE_STEP, *,
    by: Actor, now: datetime,
) -> int:  # fmt: skip
    """Draft a policy and make it the next version in one step, without a simulation; its number."""
    bump()
    key = verbs.begin_draft(rules, note, by=by, now=now)
    made = verbs.store_version(
        key, active_from, edition=1, seen=newest_version(), without=without, by=by, now=now
    )
    return _told(made.version, made.active_from, by=by, now=now)


@story
def draft_again(number: int, *, by: Actor, now: datetime) -> UUID:
    """A draft with the content of version ``number``; its key. :class:`NotFound`."""
    old = version(number, now)
    return verbs.begin_draft(old.rules, old.note, repeats=number, by=by, now=now)


@story
def take_back(key: UUID, *, by: Actor, now: datetime) -> None:
    """Withdraw a draft, or a version that has not yet taken effect."""
    bump()
    gone = verbs.withdraw(key, by=by, now=now)
    if gone.version is not None:
        _told(gone.version, gone.active_from, by=by, now=now)


def _told(number: int | None, active_from: datetime | None, *, by: Actor, now: datetime) -> int:
    ask_again(Channel.objects.all(), by=by, now=now, active_from=active_from)
    return number or 0
