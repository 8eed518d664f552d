"""The language of order filters: ``status:open placed>7d total>=50 -tag:vip "lan pham"``.

A filter is a row of terms, all of which hold, and a text that is searched for. Reading what was printed gives the
same filter again. A word that nobody knows before a colon is text, unless it looks like a slip of a known one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from trivet.lib.errors import Invalid
from trivet.orders.rules.holds import HOLD_KINDS
from trivet.orders.rules.status import DELIVERY, FULFILLMENT, LIFECYCLE, PAYMENT

CHOICES: dict[str, tuple[str, ...]] = {
    "status": ("living", *LIFECYCLE),
    "payment": PAYMENT,
    "fulfillment": FULFILLMENT,
    "delivery": DELIVERY,
    "hold": ("any", *HOLD_KINDS),
    "is": ("late", "due", "ready", "backordered", "owed", "unmapped"),
}
"""Words with a closed list of values."""

NAMES = ("channel", "place", "tag", "country", "currency")
"""Words whose values the shop makes up, or the world."""

MEASURES = ("placed", "total", "units")
"""Words that can be compared."""

WORDS = (*CHOICES, *NAMES, *MEASURES)
MOST_TERMS = 30

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(rf"(?:{_QUOTED}|\S)+", re.DOTALL)
_WHOLE = re.compile(_QUOTED, re.DOTALL)
_TERM = re.compile(r"(-?)([A-Za-z_]+)(>=|<=|:|>|<)(.*)", re.DOTALL)
_VALUES = re.compile(rf'(?:{_QUOTED}|[^,"\s]+)(?:,(?:{_QUOTED}|[^,"\s]+))*', re.DOTALL)
_VALUE = re.compile(rf'{_QUOTED}|[^,"\s]+', re.DOTALL)
_AGE = re.compile(r"[0-9]{1,4}[hdw]", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?", re.ASCII)
_UNITS = re.compile(r"[0-9]{1,9}", re.ASCII)
_UNESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """``word`` stands so to any of ``values``; ``without`` turns it round. Amounts are in major units."""

    word: str
    compare: str
    values: tuple[str, ...]
    without: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A filter: every term holds, and ``text`` is found."""

    terms: tuple[Term, ...] = ()
    text: str = ""

    def less(self, term: Term) -> Phrase:
        """The filter without a term."""
        return replace(self, terms=tuple(t for t in self.terms if t != term))

    def narrowed(self, word: str, value: str) -> Phrase:
        """The filter with one value for a word, in place of what it said of it."""
        kept = tuple(t for t in self.terms if t.word != word or t.without)
        return replace(self, terms=(*kept, Term(word, ":", (value,))))

    def value(self, word: str) -> str:
        """The one value that the filter asks of a word; empty when it asks for none, several, or not plainly."""
        found = [t for t in self.terms if t.word == word and not t.without and t.compare == ":"]
        return found[0].values[0] if len(found) == 1 and len(found[0].values) == 1 else ""


def parse(typed: str) -> Phrase:
    """What was typed as a filter; :class:`Invalid` at ``q`` names the word that cannot be meant, and the nearest."""
    terms: list[Term] = []
    texts: list[str] = []
    for token in _TOKEN.findall(typed):
        found = None if _WHOLE.fullmatch(token) else _term(token)
        if found is None:
            texts.append(_plain(token))
        elif found not in terms:
            terms.append(found)
    if len(terms) > MOST_TERMS:
        raise Invalid("q", f"a filter has at most {MOST_TERMS} conditions", word=str(len(terms)))
    return Phrase(tuple(terms), " ".join(" ".join(texts).split()))


def printed(phrase: Phrase) -> str:
    """The filter as one types it."""
    words = [print_term(term) for term in phrase.terms]
    if phrase.text:
        words.append(phrase.text if _safe(phrase.text) else _quote(phrase.text))
    return " ".join(words)


def print_term(term: Term) -> str:
    """One term as one types it."""
    values = ",".join(v if _VALUE.fullmatch(v) and '"' not in v else _quote(v) for v in term.values)
    return f"{'-' if term.without else ''}{term.word}{term.compare}{values}"


def _safe(text: str) -> bool:
    return '"' not in text and not any(_TERM.fullmatch(token) for token in text.split())


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _plain(token: str) -> str:
    return _UNESCAPE.sub(r"\1", token[1:-1]) if _WHOLE.fullmatch(token) else token


def _term(token: str) -> Term | None:
    read = _TERM.fullmatch(token)
    if read is None:
        return None
    minus, word, compare, rest = read[1], read[2].lower(), read[3], read[4]
    if word not in WORDS:
        near = get_close_matches(word, WORDS, 1, 0.75)
        if near:
            raise Invalid(
                "q", f"no filter is called {word}; did you mean {near[0]}?", word=word, near=near[0]
            )
        return None
    if not _VALUES.fullmatch(rest):
        example = f"{word}:{_example(word)}"
        raise Invalid("q", f"{word} needs a value, such as {example}", word=word, near=example)
    values = tuple(dict.fromkeys(_value(word, compare, _plain(v)) for v in _VALUE.findall(rest)))
    if compare != ":" and (word not in MEASURES or len(values) > 1):
        raise Invalid("q", f"{word} cannot be compared like this", word=word, near=f"{word}:{values[0]}")
    return Term(word, compare, values, bool(minus))


def _example(word: str) -> str:
    known = {"channel": "web", "place": "london", "tag": "vip", "country": "DE", "currency": "EUR",
             "placed": "7d", "total": "50", "units": "2"}  # fmt: skip
    return CHOICES[word][0] if word in CHOICES else known[word]


def _value(word: str, compare: str, value: str) -> str:
    if word in CHOICES:
        return _choice(word, value.lower())
    if word in _READ:
        return _READ[word](word, value)
    if not value.strip() or "\x00" in value:
        raise _unread(word, value)
    return value.strip()


def _choice(word: str, value: str) -> str:
    known = CHOICES[word]
    if value in known:
        return value
    if near := get_close_matches(value, known, 1, 0.5):
        raise Invalid("q", f"{word} is never {value}; did you mean {near[0]}?", word=value, near=near[0])
    listed = ", ".join(known)
    raise Invalid("q", f"{word} is never {value}; it is one of {listed}", word=value, near=known[0])


def _unread(word: str, value: str) -> Invalid:
    example = f"{word}:{_example(word)}"
    return Invalid(
        "q", f"{value} cannot be read as {word}; write it like {example}", word=value, near=example
    )


def _land(word: str, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}" if word == "country" else r"[A-Za-z]{3}", value):
        raise _unread(word, value)
    return value.upper()


def _measure(pattern: re.Pattern[str]) -> Callable[[str, str], str]:
    def read(word: str, value: str) -> str:
        if not pattern.fullmatch(value):
            raise _unread(word, value)
        return str(Decimal(value))

    return read


def _moment(word: str, value: str) -> str:
    value = value.lower()
    if value in {"today", "yesterday"} or _AGE.fullmatch(value):
        return value
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _unread(word, value) from None
    if not 1990 <= day.year <= 2200:
        raise _unread(word, value)
    return day.isoformat()


_READ: dict[str, Callable[[str, str], str]] = {
    "country": _land,
    "currency": _land,
    "placed": _moment,
    "total": _measure(_AMOUNT),
    "units": _measure(_UNITS),
}
