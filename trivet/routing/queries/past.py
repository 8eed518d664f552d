"""Past decisions as the orders that they decided, for planning them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from trivet.lib.sql import load
from trivet.routing.rules.worlds import Arrival, Reader

_BATCH = 500


def made_between(begin: datetime, until: datetime, most: int) -> list[tuple[UUID, UUID, datetime]]:
    """(decision, order, at) of the latest ``most`` decisions that brought an order in, in the order of time."""
    with connection.cursor() as cursor:
        cursor.execute(load("routing", "arrivals"), [begin, until, most])
        found: list[tuple[UUID, UUID, datetime]] = cursor.fetchall()
        return found


def made_since(position: UUID, until: datetime, most: int) -> list[tuple[UUID, UUID, datetime]]:
    """(decision, order, at) of decisions that brought an order in after the one named; ids follow time. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, order_id, at FROM routing_routingdecision WHERE id > %s AND at <= %s "
            "AND cause IN ('placed', 'mapped') ORDER BY id LIMIT %s",
            [position, until, most],
        )
        found: list[tuple[UUID, UUID, datetime]] = cursor.fetchall()
        return found


def arrivals(made: Sequence[tuple[UUID, UUID, datetime]]) -> Iterator[Arrival]:
    """The orders of these decisions; one query for some hundreds. Those without candidates are left out."""
    reader = Reader()
    for first in range(0, len(made), _BATCH):
        batch = made[first : first + _BATCH]
        with connection.cursor() as cursor:
            # As text: the compiled reader takes a third of the time of the driver's.
            cursor.execute(
                "SELECT id, explanation::text FROM routing_routingdecision WHERE id = ANY(%s::uuid[])",
                [[key for key, _, _ in batch]],
            )
            told = dict(cursor.fetchall())
        for key, order, at in batch:
            explanation = orjson.loads(told[key]) if key in told else {}
            if "candidates" in explanation:
                yield reader.read(key, order, at, explanation)
