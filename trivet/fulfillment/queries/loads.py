"""What places have taken on: today, and of an order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from trivet.fulfillment.models import FulfillmentOrder
from trivet.fulfillment.rules import FULFILLMENT_ORDER
from trivet.lib.sql import load

Loads = dict[UUID, dict[date, int]]
"""By place and day, how many fulfillment orders are to leave. Every place with a capacity is in it."""


def loads(places: Collection[UUID], now: datetime) -> Loads:
    """The loads of ``places`` from their today on; one query, none for no places."""
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(load("fulfillment", "loads"), [list(places), now])
        return loads_of(places, cursor.fetchall())


def loads_of(places: Collection[UUID], rows: Iterable[tuple[UUID, date, int]]) -> Loads:
    """The loads of ``places`` from the rows of ``loads.sql``."""
    found: Loads = {place: {} for place in places}
    for place, day, n in rows:
        found[place][day] = n
    return found


def places_at_work(orders: Iterable[UUID]) -> dict[UUID, dict[UUID, bool]]:
    """By order the places that have yet to ship some of it, and whether more can join there; one query."""
    begun = FULFILLMENT_ORDER.sources("close")
    untouched = FULFILLMENT_ORDER.sources("cancel")
    found = FulfillmentOrder.objects.filter(order__in=set(orders), state__in=[*begun, *untouched])
    at_work: dict[UUID, dict[UUID, bool]] = {}
    for order, place, state in found.order_by("sequence").values_list("order_id", "location_id", "state"):
        places = at_work.setdefault(order, {})
        places[place] = places.get(place, False) or state in untouched
    return at_work
