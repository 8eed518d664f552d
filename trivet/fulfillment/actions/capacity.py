"""What places can take on in a day is shared by all who plan: they take turns."""

from __future__ import annotations

from trivet.lib.bulk import Cursor

_TURN = 7_201_944_120_553_117_013
"""A number of our own among advisory locks."""


def lock_capacity(cursor: Cursor) -> None:
    """Wait for one's turn to plan against capacities; it lasts until the transaction ends. Comes before stock."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
