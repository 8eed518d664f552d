"""Keys: UUIDv7 made here, time-ordered, so that inserts stay at the right edge of an index."""

from __future__ import annotations

from uuid import UUID, SafeUUID

from uuid_utils import uuid7

_set = object.__setattr__
_UNKNOWN = SafeUUID.unknown
"""Looked up once: an enum walks its descriptors at each access."""


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562), monotonic within the process."""
    # Every order makes a dozen; the constructor would check again what the library made well.
    made = object.__new__(UUID)
    _set(made, "int", uuid7().int)
    _set(made, "is_safe", _UNKNOWN)
    return made
