"""Quantities: a value ``{key: n}`` with arithmetic, so that allocation reads like sums."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Quantities(Generic[K]):
    """A bag of counts; a key that is absent counts zero, zero counts are dropped. Immutable."""

    __slots__ = ("_counts",)

    def __init__(self, counts: Mapping[K, int] | Iterable[tuple[K, int]] = ()) -> None:
        pairs = counts.items() if isinstance(counts, Mapping) else counts
        summed: dict[K, int] = {}
        for key, n in pairs:
            summed[key] = summed.get(key, 0) + n
        self._counts = {key: n for key, n in summed.items() if n}

    def __getitem__(self, key: K) -> int:
        return self._counts.get(key, 0)

    def __iter__(self) -> Iterator[K]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __bool__(self) -> bool:
        return bool(self._counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantities) and self._counts == other._counts

    def __hash__(self) -> int:
        return hash(frozenset(self._counts.items()))

    def __repr__(self) -> str:
        return f"Quantities({self._counts!r})"

    def items(self) -> Iterable[tuple[K, int]]:
        """The keys with a count other than zero, and their counts."""
        return self._counts.items()

    def __add__(self, other: Quantities[K]) -> Quantities[K]:
        return Quantities([*self.items(), *other.items()])

    def __sub__(self, other: Quantities[K]) -> Quantities[K]:
        return Quantities([*self.items(), *((k, -n) for k, n in other.items())])

    def __and__(self, other: Quantities[K]) -> Quantities[K]:
        """What both hold: the smaller count of each key."""
        return Quantities({k: min(n, other[k]) for k, n in self.items() if other[k] > 0})

    def __le__(self, other: Quantities[K]) -> bool:
        return all(n <= other[k] for k, n in self.items()) and all(n >= self[k] for k, n in other.items())

    def total(self) -> int:
        """The sum of all counts."""
        return sum(self._counts.values())
