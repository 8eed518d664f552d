"""How a file writes its numbers: which mark stands before the decimals, learnt from all of them at once.

``12,75`` and ``1.234,50`` are one way, ``12.75`` and ``1,234.50`` the other, and ``1,234`` is either. What a cell
means is never decided by that cell alone, or a price would change by a thousand from one row to the next.
"""

from __future__ import annotations

import re

DECIMAL = {"point": ".", "comma": ","}
"""What may be told of a file's numbers."""

_GROUPS = " \u00a0\u2009\u202f'\u2019"
_GROUPED = {
    mark: re.compile(
        rf"(?P<head>[+-]?[1-9]\d{{0,2}}(?P<group>[{other}{_GROUPS}])\d{{3}}(?:(?P=group)\d{{3}})*)(?P<tail>\{mark}\d*)?",
        re.ASCII,
    )
    for mark, other in ((".", ","), (",", "."))
}
_SIMPLE = re.compile(r"[+-]?\d*([.,])\d*([eE][+-]?\d{1,2})?", re.ASCII)
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_MOST = 100_000


class Numbers:
    """Reads numbers as one file writes them. ``told`` (a mark) goes before what the file shows.

    ``mixed``: the table is a workbook, where cells that hold numbers come with a point whatever the texts have.
    """

    def __init__(self, told: str = "", *, mixed: bool = False) -> None:
        self._told = told
        self._mixed = mixed
        self._seen: set[str] = set()
        self._shown = {".": 0, ",": 0}
        self._two_ways = ""

    def see(self, text: str) -> None:
        """Learn from one number as written."""
        if text in self._seen or len(self._seen) > _MOST:
            return
        self._seen.add(text)
        text = text.strip()
        if _TWO_WAYS.fullmatch(text):
            self._two_ways = self._two_ways or text
        elif mark := _shows(text):
            self._shown[mark] += 1

    @property
    def mark(self) -> str:
        """The mark before the decimals: told, or the one that more of the file's numbers show; a point without any."""
        return self._told or ("," if self._shown[","] > self._shown["."] else ".")

    @property
    def sure(self) -> bool:
        """Whether the mark was told, or every number that shows one shows the same."""
        return bool(self._told) or (self._shown["."] > 0) != (self._shown[","] > 0)

    @property
    def doubtful(self) -> str:
        """A number of the file that can be read two ways while nothing settles which; empty where that is clear."""
        return "" if self.sure else self._two_ways

    def plain(self, text: str, decimals: int = 0) -> str:
        """The number as Python writes it; ``ValueError`` where that would be a guess.

        ``decimals`` is how many such a number has by its nature: where that is three, ``1.234`` needs no proof.
        What is no number is given back for its reader to refuse.
        """
        text = text.strip()
        if text.isdigit():
            return text
        mark = self.mark
        if _TWO_WAYS.fullmatch(text) and self._guessed(text, decimals):
            raise ValueError(
                f"{text!r} can be read two ways: say whether a point or a comma stands before the decimals"
            )
        if found := _GROUPED[mark].fullmatch(text):
            return found["head"].replace(found["group"], "") + (found["tail"] or "").replace(",", ".")
        if mark == ",":
            if "." in text:
                raise ValueError(f"{text[:40]!r} has a point, this file writes a comma before the decimals")
            if _SIMPLE.fullmatch(text):
                return text.replace(",", ".")
        return text

    def _guessed(self, text: str, decimals: int) -> bool:
        if "." in text and self.mark == ",":
            return self._mixed or not self.sure
        natural = decimals == 3 and "." in text and not self._shown[","]
        return not self.sure and not natural


def _shows(text: str) -> str:
    """The decimal mark that a number cannot be read without, empty when it shows none."""
    for mark, grouped in _GROUPED.items():
        if found := grouped.fullmatch(text):
            other = "," if mark == "." else "."
            return mark if found["tail"] or found["group"] == other else ""
    found = _SIMPLE.fullmatch(text)
    return found[1] if found and any(c.isdigit() for c in text) else ""
