"""One way to hash a value: canonical JSON, SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import orjson


def storable(value: Any) -> bool:
    """Whether every text in ``value`` can surely be kept: none holds a NUL or half of a surrogate pair.

    Quick, not exact: ``False`` asks for a closer look.
    """
    try:
        return rb"\u0000" not in orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return False


def unsaid(*names: str) -> tuple[bytes, ...]:
    """How fields (never the first of their dataclass) look that say nothing; for :func:`digest`."""
    return tuple(f',"{name}":{nothing}'.encode() for name in names for nothing in ('""', "null"))


def digest(value: Any, other: Callable[[Any], str] | None = None, later: Iterable[bytes] = ()) -> str:
    """The SHA-256 of ``value`` as canonical JSON (sorted keys, no blanks), in hex.

    Dataclasses count with the names of their fields; ``other`` writes instants and what JSON does not know.
    ``later`` are :func:`unsaid` fields that came when hashes were stored already: while they say nothing they do not
    count, so that those hashes stay what they were.
    """
    packed = orjson.dumps(
        value,
        default=other,
        option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME,
    )
    for field in later:
        # Quotes within a text are escaped, so that this can only be the field itself.
        packed = packed.replace(field, b"")
    return hashlib.sha256(packed).hexdigest()
