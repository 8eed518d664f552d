"""Changing how orders are routed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trivet.company.actions.revision import bump
from trivet.flows.story import story
from trivet.journal.rules import Actor
from trivet.routing.actions.policy import add_policy


@story
def change_policy(
    rules: Mapping[str, Any], active_from: datetime | None = None, note: str = "", *, by: Actor, now: datetime
) -> int:
    """Put the next version of the routing policy in force; its number. Every process takes it up at once."""
    bump()
    return add_policy(rules, active_from, note, by=by, now=now).version
