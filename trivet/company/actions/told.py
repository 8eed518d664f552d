"""Telling who sells on that the set-up has changed what a channel may sell, of which SKU nobody can say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from trivet.company.models import Channel
from trivet.journal.actions import record_many
from trivet.journal.rules import Actor, Fact

OF_A_PLACE = frozenset({"active", "min_stock", "kind", "code"})
OF_A_CHANNEL = frozenset({"active", "buffer", "floor", "cap"})
"""What of a place and of a channel decides how many units the channel is told of."""


def ask_again(channels: Iterable[Channel], *, by: Actor, now: datetime, **facts: Any) -> None:
    """Record one ``availability.changed`` a channel, in the caller's transaction: ask again for all SKUs."""
    record_many(
        Fact("availability.changed", "channel", channel.id, by, now, {"channel": channel.slug, **facts})
        for channel in sorted(channels, key=lambda c: c.slug)
    )
