"""The sequencer: gives committed events their gapless place in the feed."""

from __future__ import annotations

from django.db import connection, transaction

from trivet.lib.sql import load

LOCK = 0x7472_6976_6574_01
"""Key of the advisory lock that makes one sequencer work at a time, over all processes."""


@transaction.atomic
def sequence(limit: int = 5_000) -> int:
    """Give up to ``limit`` committed events their positions; the number given.

    Zero also when another sequencer is at work. An event of a transaction that commits later simply gets a
    later position, so a reader that has seen position *n* has seen all there will ever be up to *n*.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(load("journal", "sequence"), {"limit": limit})
        return int(cursor.fetchone()[0])
