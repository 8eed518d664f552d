"""Cursors of keyset lists: opaque to the reader, the key of the last row to us."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from trivet.lib.errors import Invalid

T = TypeVar("T")

COUNT_CAP = 10_001
"""Counting stops here; people read "10,000+"."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list; ``next_cursor`` is empty on the last page."""

    rows: list[T]
    next_cursor: str


def cut(rows: Sequence[T], limit: int, key: Callable[[T], Sequence[object]]) -> Page[T]:
    """A page from up to ``limit + 1`` rows: the surplus row only tells that there is more."""
    more = len(rows) > limit
    kept = list(rows[:limit])
    return Page(kept, encode(*key(kept[-1])) if more else "")


def encode(*parts: object) -> str:
    """A cursor from the key values of the last row; instants keep their microseconds."""
    text = "\n".join(p.isoformat() if isinstance(p, datetime) else str(p) for p in parts)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, size: int) -> list[str]:
    """The ``size`` key values of a cursor, as text; :class:`Invalid` when it is not one of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise Invalid("cursor", "is not a cursor of this list") from error
    # Only the last value may be a text that somebody wrote, with whatever lines.
    parts = text.split("\n", size - 1)
    if len(parts) != size or "\x00" in text:
        raise Invalid("cursor", "is not a cursor of this list")
    return parts


def decode_as(cursor: str, *kinds: Callable[[str], Any]) -> list[Any]:
    """The key values of a cursor, each read by its kind: :func:`instant`, :func:`whole`, ``UUID`` or ``str``."""
    try:
        return [kind(part) for kind, part in zip(kinds, decode(cursor, len(kinds)), strict=True)]
    except ValueError as error:
        raise Invalid("cursor", "is not a cursor of this list") from error


def instant(text: str) -> datetime:
    """An instant with its zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("needs a time zone")
    return found


def whole(text: str) -> int:
    """A whole number that a table can hold."""
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError("is too large")
    return number


def decode_instant(cursor: str) -> tuple[datetime, UUID]:
    """A cursor made of an instant and a key."""
    at, key = decode_as(cursor, instant, UUID)
    return at, key


def decode_text(cursor: str) -> tuple[str, UUID]:
    """A cursor made of a text and a key."""
    text, key = decode_as(cursor, str, UUID)
    return text, key


def decode_number(cursor: str) -> int:
    """A cursor made of one whole number."""
    (number,) = decode_as(cursor, whole)
    return int(number)
