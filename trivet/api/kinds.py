"""Types of parameters and bodies: strict, bounded, free of what the database cannot hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from ninja import Query, Schema
from pydantic import AfterValidator, ConfigDict, Field, Strict, StringConstraints

from trivet.lib.errors import Invalid
from trivet.orders.rules.value import LONGEST, LONGEST_NOTE, MAX_AMOUNT

T = TypeVar("T")

LARGEST_INT = 2**31 - 1


def storable(text: str) -> str:
    """Refuse NUL, which PostgreSQL cannot hold; half surrogates never come through UTF-8."""
    if "\x00" in text:
        raise ValueError("contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("contains half a surrogate pair") from error
    return text


def instant(at: datetime) -> datetime:
    """In UTC. Refuse what has no zone, and what no calendar of ours reaches: it could be stored and never read."""
    if at.tzinfo is None:
        raise ValueError("needs a time zone")
    if not 1990 <= at.year <= 2200:
        raise ValueError("must lie between 1990 and 2200")
    return at.astimezone(UTC)


# NUL is in the pattern so that the document says so too, not only the validator.
_CLEAN = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(max_length=LONGEST, pattern=_CLEAN), AfterValidator(storable)]
LongText = Annotated[
    str, StringConstraints(max_length=LONGEST_NOTE, pattern=_CLEAN), AfterValidator(storable)
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=_CLEAN), AfterValidator(storable)
]
Slug = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=_CLEAN), AfterValidator(storable)
]
Count = Annotated[int, Strict(), Field(ge=0, le=LARGEST_INT)]
Signed = Annotated[int, Strict(), Field(ge=-LARGEST_INT, le=LARGEST_INT)]
Units = Annotated[int, Strict(), Field(ge=1, le=1_000_000)]
Amount = Annotated[int, Strict(), Field(ge=0, le=MAX_AMOUNT, description="minor units")]
Flag = Annotated[bool, Strict()]
Instant = Annotated[datetime, AfterValidator(instant)]

Search = Annotated[
    str,
    StringConstraints(max_length=200, pattern=_CLEAN),
    AfterValidator(storable),
    Query("", description="part of a text"),
]
Filter = Annotated[
    str,
    StringConstraints(max_length=1_000, pattern=_CLEAN),
    AfterValidator(storable),
    Query("", description="conditions in the language of the order list: `status:open placed>7d -tag:vip`"),
]
Cursor = Annotated[
    str,
    StringConstraints(max_length=1_000, pattern=r"^[A-Za-z0-9_-]*$"),
    Query("", description="`next_cursor` of the page before"),
]
Limit = Annotated[int, Field(ge=1, le=200), Query(50, description="rows of a page")]


class Body(Schema):
    """What programs send: fields that nobody knows are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class PageOf(Schema, Generic[T]):
    """Some rows; send ``next_cursor`` as ``cursor`` for the next ones, empty on the last page."""

    rows: list[T]
    next_cursor: str


def given(body: Schema) -> dict[str, object]:
    """The fields that were sent, null or not: PATCH changes these and leaves the others."""
    return body.model_dump(exclude_unset=True)


def not_null(body: Schema, *nullable: str) -> dict[str, object]:
    """Like :func:`given`, and refuses null for fields that have no null."""
    found = given(body)
    for name, value in found.items():
        if value is None and name not in nullable:
            raise Invalid(name, "cannot be null")
    return found
