"""Keys: UUIDv7 made here, time-ordered, so that inserts stay at the right edge of an index."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562), monotonic within the process."""
    return uuid7()
