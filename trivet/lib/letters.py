"""Letters: text that looks the same is the same, and capitals as a database makes them."""

from __future__ import annotations

from unicodedata import normalize


def composed(text: str) -> str:
    """``text`` with accents composed (Unicode NFC): however it was typed, it is stored in one way."""
    return text if text.isascii() else normalize("NFC", text)


def capitals(text: str) -> str:
    """``text`` in capitals, letter by letter: one that has no single capital (ß, ŉ, ﬁ) stays as it is.

    ``str.upper`` makes SS of ß, PostgreSQL does not.
    """
    if text.isascii():
        return text.upper()
    return "".join([high if len(high := letter.upper()) == 1 else letter for letter in text])
