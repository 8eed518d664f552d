"""The ledger of a time, as what it did to the units that may be promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from trivet.lib.sql import load


class StockMove(NamedTuple):
    """One entry: ``available`` is what it added to the units that may be promised, ``allocated`` to those promised."""

    at: datetime
    variant: UUID
    location: UUID
    kind: str
    available: int
    allocated: int
    cause: UUID


def moves_between(after: datetime, until: datetime) -> Iterator[StockMove]:
    """Entries from ``after`` (included) to ``until`` that move what may be promised, in order of time; one query."""
    with connection.cursor() as cursor:
        cursor.execute(load("inventory", "moves"), [after, until])
        while rows := cursor.fetchmany(5_000):
            for row in rows:
                yield StockMove(*row)


def available_before(at: datetime) -> Iterator[tuple[UUID, UUID, int]]:
    """(variant, location, units that could be promised) of all levels just before ``at``; one query."""
    with connection.cursor() as cursor:
        cursor.execute(load("inventory", "available_before"), [at])
        while rows := cursor.fetchmany(5_000):
            yield from rows
