"""Chance that is the same on every machine and every day: numbers drawn from names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")


def draw(key: str, below: int) -> int:
    """A whole number from 0 to ``below`` − 1 that only ``key`` decides."""
    mixed = crc32(key.encode()) * 2_654_435_761 & 0xFFFF_FFFF
    return (mixed >> 7) % below


def pick(key: str, choices: Sequence[T]) -> T:
    """One of ``choices``."""
    return choices[draw(key, len(choices))]


def share(key: str) -> float:
    """A number from 0 to 1."""
    return draw(key, 1_000_000) / 1_000_000
