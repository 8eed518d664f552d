"""From set-up and picture to the values that routing plans with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from trivet.company.queries import PlaceRow, Serving, Setup
from trivet.fulfillment.queries.loads import Loads
from trivet.lib.geo import locate
from trivet.orders.models import Order
from trivet.orders.rules.value import Address
from trivet.routing.queries import live_policy
from trivet.routing.rules import Board, Demand, Destination, Place, Plan, Policy, plan

if TYPE_CHECKING:
    from trivet.flows.intake.decide import Decided
    from trivet.flows.intake.picture import Picture


@dataclass(slots=True)
class Router:
    """Plans orders under one policy; places are prepared once a channel and minute."""

    setup: Setup
    policy: Policy
    version: int
    now: datetime
    ready: dict[UUID, int] = field(default_factory=dict)
    boards: dict[tuple[UUID, bool], Board] = field(default_factory=dict)

    def plan(self, picture: Picture, decided: Decided, demands: Sequence[Demand], on_shortage: str) -> Plan:
        """The plan for one order against the picture's present stock."""
        order = decided.request.order
        return plan(
            self.policy, self.board(decided.channel.id, decided.scheduled, picture.loads),
            destination(order.ship_to), demands, picture.stock, policy_version=self.version,
            ship_together=order.ship_together, never_split_lines=order.never_split_lines, on_shortage=on_shortage,
            method=order.shipping.method, channel=decided.channel.slug,
            pinned_place=decided.pickup.id if decided.pickup else None,
        )  # fmt: skip

    def took(self, loads: Loads, places: Collection[UUID], begin: datetime) -> dict[UUID, datetime]:
        """An order that may be begun at ``begin`` ships from ``places``: when it leaves those with a capacity.

        That is the first dispatch with room; there is less of it left for the next order.
        """
        found = {}
        for key in places & loads.keys():
            place, taken = self.setup.places[key], loads[key]
            leaves = found[key] = place.dispatch_by(begin, place.room_days(begin, taken))
            taken[leaves.date()] = taken.get(leaves.date(), 0) + 1
        if found:
            self.boards.clear()
        return found

    def plan_rest(
        self, order: Order, demands: Sequence[Demand], stock: Mapping[tuple[UUID, UUID], int], loads: Loads,
        only: Collection[UUID] | None, begun: Collection[UUID],
    ) -> Plan:  # fmt: skip
        """The plan for units of a stored order that still wait, from the places ``only`` (None: from all).

        ``begun`` ship some of it already, and count as parcels of the order.
        """
        channel = next(c for c in self.setup.channels.values() if c.id == order.channel_id)
        board = self.board(channel.id, order.scheduled, loads)
        if only is not None:
            board = Board(self.policy, [p for p in board.places if p.key in only])
        return plan(
            self.policy, board, point(order.country, order.postal_code, order.ship_to.get("city", "")), demands, stock,
            policy_version=self.version, ship_together=order.ship_together,
            never_split_lines=order.never_split_lines, on_shortage="backorder", method=order.shipping_method,
            channel=channel.slug, pinned_place=order.pickup_location_id, begun=begun,
        )  # fmt: skip

    def board(self, channel: UUID, scheduled: bool, loads: Loads) -> Board:
        """The places that serve a channel; orders that wait for their own day (``scheduled``) see no full days."""
        found = self.boards.get((channel, scheduled))
        if found is None:
            serving = self.setup.serving.get(channel, ())
            places = [
                self._place(self.setup.places[s.location], s, None if scheduled else loads)
                for s in serving
                if self.setup.places[s.location].active
            ]
            found = self.boards[channel, scheduled] = Board(self.policy, places)
        return found

    def _place(self, place: PlaceRow, serving: Serving, loads: Loads | None) -> Place:
        ready = self.ready.get(place.id)
        if ready is None:
            ready = self.ready[place.id] = place.ready_days(self.now)
        left = room = None
        # What waits for its own day takes nothing of the next dispatch.
        if place.capacity_per_day is not None and (loads is not None or place.capacity_per_day == 0):
            taken = (loads or {}).get(place.id, {})
            left = max(0, place.capacity_per_day - taken.get(place.dispatch_by(self.now, ready).date(), 0))
            room = None if left else place.room_days(self.now, taken)
        return Place(
            key=place.id, code=place.code, name=place.name, kind=place.kind, country=place.country,
            lat=place.latitude, lon=place.longitude, priority=place.priority, ready_days=ready, capacity_left=left,
            methods=serving.methods or None, countries=serving.countries or None, min_stock=place.min_stock,
            handling_minor=place.handling_minor, room_days=room,
        )  # fmt: skip


def destination(to: Address | None) -> Destination:
    """Where an address lies, as exactly as its postal code, city or country tells."""
    if to is None:
        return Destination(country="", lat=None, lon=None, precision="unknown")
    return point(to.country, to.postal_code, to.city)


def point(country: str, postal_code: str, city: str) -> Destination:
    """Where a country, postal code and city lie, as exactly as they tell."""
    if not country:
        return Destination(country="", lat=None, lon=None, precision="unknown")
    found = locate(country, postal_code, city)
    return Destination(country=country, lat=found.lat, lon=found.lon, precision=found.precision)


_kept: tuple[object, Router] | None = None


def router(setup: Setup, now: datetime) -> Router:
    """A router for ``now``. It is kept for the minute, unless places have capacities, which each order uses up."""
    global _kept
    version, policy = live_policy(setup.revision, now)
    key = (setup.revision, version, now.replace(second=0, microsecond=0))
    kept = _kept
    if kept is not None and kept[0] == key:
        return kept[1]
    made = Router(setup, policy, version, now)
    if all(place.capacity_per_day is None for place in setup.places.values()):
        _kept = (key, made)
    return made
