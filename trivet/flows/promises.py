"""What a channel may promise: stock of the places that routing would ship its orders from, and of no others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from trivet.company.queries import Setup, setup
from trivet.flows import lapse, queue
from trivet.flows.story import story
from trivet.inventory.actions import reserve as reserving
from trivet.inventory.actions.reserve import Reserved
from trivet.inventory.queries.availability import AvailabilityRow
from trivet.inventory.queries.availability import availability as available_at
from trivet.inventory.queries.spots import reserved_variants
from trivet.journal.rules import Actor
from trivet.lib.cursor import Page
from trivet.lib.errors import NotFound
from trivet.routing.queries import live_policy
from trivet.routing.rules import Place, serving


def availability(
    channel: str, skus: Sequence[str] | None, now: datetime, cursor: str = "", limit: int = 500,
    *, country: str | None = None, method: str | None = None,
) -> Page[AvailabilityRow]:  # fmt: skip
    """What ``channel`` may sell of ``skus`` (its own names or ours; unknown ones are absent), or of all, by page.

    For orders to ``country`` by ``method``; None for either counts every place that could ship some order.
    """
    known = setup()
    if channel not in known.channels:
        raise NotFound(f"there is no channel {channel}")
    places = _places(known, channel, country, method, now)
    return available_at(known.channels[channel], skus, now, places, cursor, limit)


def reserve(
    channel: str, lines: Sequence[tuple[str, int]], ttl: timedelta, *, by: Actor, now: datetime, reference: str = "",
    country: str | None = None, method: str | None = None,
) -> Reserved:  # fmt: skip
    """Keep units for a buyer for a while; all lines or :class:`~trivet.lib.errors.OutOfStock`.

    They come from places that could ship them to ``country`` by ``method``; None for either: some order at least.
    What lapsed reservations keep is free, for those first who wait for it.
    """
    lapse.sweep_reservations(now)
    places = _places(setup(), channel, country, method, now)
    return _reserve(channel, lines, ttl, places, by=by, now=now, reference=reference)


_reserve = story(reserving.reserve)


@story
def release_reservation(key: UUID, *, by: Actor, now: datetime) -> None:
    """Give reserved units back before their time, to those who wait first."""
    waiting = queue.front(reserved_variants([key]))
    queue.serve(waiting, reserving.release_reservation(key, by=by, now=now), by=by, now=now)


def _places(known: Setup, channel: str, country: str | None, method: str | None, now: datetime) -> list[UUID]:
    row = known.channels.get(channel)
    places = {} if row is None else {s.location: s for s in known.serving.get(row.id, ())}
    board = [
        Place(
            key=place.id, code=place.code, name=place.name, kind=place.kind, country=place.country,
            lat=place.latitude, lon=place.longitude, priority=place.priority, ready_days=0,
            capacity_left=0 if place.capacity_per_day == 0 else None,
            methods=places[key].methods or None, countries=places[key].countries or None, min_stock=place.min_stock,
            handling_minor=place.handling_minor,
        )
        for key, place in known.places.items()
        if key in places and place.active
    ]  # fmt: skip
    _, policy = live_policy(known.revision, now)
    return [known.place_by_code[p.code].id for p in serving(policy, board, channel, country, method)]
