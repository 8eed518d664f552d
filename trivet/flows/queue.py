"""Who waits is served in the transaction of the fact that frees units, so that nobody younger gets in between.

Order rows are locked before stock: a story claims the front of the queue, lets the fact happen, then serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from trivet.flows import backorders, jobs, shortfall
from trivet.flows.backorders import Claimed
from trivet.inventory.actions.levels import Key
from trivet.inventory.rules import Level
from trivet.journal.rules import Actor


def front(variants: Iterable[UUID], *, orders: Iterable[UUID] = ()) -> Claimed:
    """Lock the orders at the front of the queue for ``variants`` and ``orders`` besides, then the stock they may get.

    At most :data:`~trivet.flows.backorders.BATCH` lines: the job goes on with the rest.
    """
    return backorders.claim(sorted(set(variants)), orders=orders)


def serve(claimed: Claimed, levels: Mapping[Key, Level], *, by: Actor, now: datetime) -> dict[Key, Level]:
    """Serve whom :func:`front` locked after a fact left ``levels`` behind; these and all others that changed, as they
    are now. Cases of short levels are brought up to date; where units are left and somebody waits, the job goes on.
    """
    after = {**levels, **backorders.fill(claimed, by=by, now=now)}
    shortfall.refresh(after, by=by, now=now)
    jobs.defer_backorders(variant for (variant, _), level in after.items() if level.available > 0)
    return after
