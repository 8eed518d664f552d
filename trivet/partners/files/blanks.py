"""How files write that there is nothing: R's ``NA``, pandas' ``nan``, a database's ``NULL``, Excel's ``#N/A``."""

from __future__ import annotations

from collections.abc import Iterable

_WORDS = ("NA", "N/A", "NaN", "-NaN", "NaT", "NULL", "None")
_BLANKS = frozenset(
    {"-", "--", *(way(w) for w in _WORDS for way in (str, str.lower, str.upper, str.capitalize))}
)
_NEVER = frozenset(
    {"#N/A", "#N/A N/A", "#NA", "#n/a", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "<NA>", "(null)",
     "<null>", "(NULL)", "<NULL>", "\\N", "1.#QNAN", "-1.#IND"}
)  # fmt: skip


class Blanks:
    """The words that a file writes for what is missing.

    Where no such word can be a value (numbers, times, ids of customers, e-mails) all of them mean nothing. Where one
    may be a value (``NA`` is Namibia's code and may be a SKU, Null a surname) it means nothing only when the file uses
    it, spelt the same, in a column of the first kind.
    """

    def __init__(self, used: Iterable[str] = ()) -> None:
        self.used = set(used)

    def see(self, text: str) -> None:
        """Learn from a cell of a column where no such word can be a value."""
        if text in _BLANKS:
            self.used.add(text)

    def value(self, text: str) -> str:
        """A stripped cell of a column where no such word can be a value; empty when it is missing."""
        return "" if text in _BLANKS or text in _NEVER else text

    def word(self, text: str) -> str:
        """A stripped cell of a column where such a word may be a value; empty when it is missing."""
        return "" if text in self.used or text in _NEVER else text
