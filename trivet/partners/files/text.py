"""Records of CSV text in constant memory, gzipped or not, in whatever encoding.

The encoding is found by reading the whole file once: what is not UTF-8 somewhere is Windows-1252, or Latin-1 where it
holds bytes that Windows-1252 leaves out.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from trivet.lib.errors import Invalid

Row = tuple[int, list[str]]
"""The number of a row as a spreadsheet shows it (the header is 1), and its cells as text."""

LONGEST_LINE = 1_000_000
DELIMITERS = ",;\t|"
GZIP = b"\x1f\x8b"

_CHUNK = 1 << 18
_CP1252_HOLES = frozenset(b"\x81\x8d\x8f\x90\x9d")


def first_lines(path: Path, encoding: str, most: int) -> list[str]:
    """The first lines that are not blank."""
    with _text(path, encoding) as lines:
        return list(islice((line for line in _lines(lines) if line.strip()), most))


def records(path: Path, encoding: str, delimiter: str, start: int = 0, width: int = 0) -> Iterator[Row]:
    """Every record with its number, counted on from ``start``; those without any content are left out.

    ``width``: how many columns there are, to notice rows that a stray quotation mark takes in.
    """
    number, line = start, 0
    with _text(path, encoding) as lines:
        reader = csv.reader(_lines(lines), delimiter=delimiter)
        try:
            for number, cells in enumerate(reader, start + 1):
                if reader.line_num > line + 1 and width > 3 and _takes_in(cells, delimiter, width - 1):
                    raise Invalid(
                        "file", f"row {number} has a quotation mark that takes in the rows below it"
                    )
                line = reader.line_num
                if cells and any(cells):
                    yield number, cells
        except csv.Error as error:
            raise Invalid("file", f"row {number + 1} is not CSV: {error}") from error


def _takes_in(cells: list[str], delimiter: str, marks: int) -> bool:
    # From one quotation mark to the next of another row lies, for each line break, one row's worth of delimiters;
    # where no other comes, the rest of the file.
    for cell in cells:
        lines = cell.splitlines()
        if len(lines) < 2:
            continue
        if cell.count(delimiter) == marks * (len(lines) - 1):
            return True
        if len(cells) <= marks and any(line.count(delimiter) == marks for line in lines[1:]):
            return True
    return False


def _lines(text: IO[str]) -> Iterator[str]:
    # A line without end (a bomb, or no text at all) must not fill the memory.
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise Invalid("file", f"has a line of more than {LONGEST_LINE} characters")
        if "\0" in line:
            raise Invalid("file", "holds NUL characters: is it a text file?")
        yield line


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    try:
        with (
            _bytes(path) as raw,
            io.TextIOWrapper(raw, encoding=encoding, newline="") as text,
        ):
            yield text
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise Invalid("file", f"breaks off: {error}") from error


def packed(path: Path) -> bool:
    """Whether the file is gzipped."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


def _bytes(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if packed(path) else path.open("rb")  # type: ignore[return-value]


def encoding_of(path: Path) -> str:
    """What the file is written in; :class:`Invalid` when it cannot be unpacked."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = True
    holes = False
    first = b""
    try:
        with _bytes(path) as file:
            while chunk := file.read(_CHUNK):
                first = first or chunk[:3]
                holes = holes or not _CP1252_HOLES.isdisjoint(chunk)
                if utf8:
                    utf8 = _decodes(decoder, chunk)
                elif holes:
                    break
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid("file", f"cannot be unpacked: {error}") from error
    if first[:2] == GZIP:
        raise Invalid("file", "is packed twice: unpack it once")
    if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if utf8 and _decodes(decoder, b"", final=True):
        return "utf-8-sig" if first == codecs.BOM_UTF8 else "utf-8"
    return "latin-1" if holes else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
