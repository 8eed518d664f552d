"""Changing how orders are routed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trivet.company.actions.revision import bump
from trivet.company.actions.told import ask_again
from trivet.company.models import Channel
from trivet.flows.story import story
from trivet.journal.rules import Actor
from trivet.routing.actions.policy import add_policy


@story
def change_policy(
    rules: Mapping[str, Any], active_from: datetime | None = None, note: str = "", *, by: Actor, now: datetime
) -> int:
    """Put the next version of the routing policy in force; its number. Every process takes it up at once.

    From ``active_from`` on other places may ship, so that every channel may have other stock to sell.
    """
    bump()
    made = add_policy(rules, active_from, note, by=by, now=now)
    ask_again(Channel.objects.all(), by=by, now=now, active_from=made.active_from)
    return made.version
