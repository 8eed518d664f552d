"""Keys: UUIDv7 made here, time-ordered, so that inserts stay at the right edge of an index."""

from __future__ import annotations

from uuid import UUID

from uuid_utils import uuid7


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562), monotonic within the process."""
    # Every order makes a dozen; by way of the number takes two thirds of the time of the library's own conversion.
    return UUID(int=uuid7().int)
