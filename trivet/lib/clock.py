"""The clock. Doors read it once and hand ``now`` down; nothing below a door asks for the time."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)
