"""Reading what programs send: bounded, strict JSON, in one place.

Stricter than most readers because each laxity loses an order some day: a key that stands twice, a number that a
JavaScript client has rounded already, text that PostgreSQL cannot store.
"""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

from django.http import HttpRequest, UnreadablePostError

from trivet.lib.errors import DomainError, Invalid

LARGEST_BODY = 1_000_000
"""Bytes of one JSON document; bulk and imports stream and have no such limit."""
MOST_DRAINED = 32_000_000
"""Bytes of a body that are read to the end although it is too large."""
DEEPEST = 32
LARGEST_NUMBER = 2**53 - 1
"""Beyond this, numbers differ between JSON readers (RFC 8259 §6)."""

BODY = "body"
"""The field at fault when it is none of the body's own."""

_CHUNK = 65_536


class Malformed(DomainError):
    """Not JSON as RFC 8259 has it, or JSON that two readers would read differently (400)."""

    code = "malformed"


class TooLarge(DomainError):
    """More bytes than the address takes (413)."""

    code = "too_large"


class WrongMediaType(DomainError):
    """Not the media type that the address takes (415)."""

    code = "wrong_media_type"


def receive(request: HttpRequest, limit: int = LARGEST_BODY) -> bytes:
    """The body, read once and kept on the request; :class:`TooLarge` above ``limit`` bytes, none of which are kept.

    Django reads a chunked upload as empty, so that is read from the server's own stream, which ends with the body.
    """
    if hasattr(request, "_body"):
        return request.body
    length = request.META.get("CONTENT_LENGTH") or ""
    if chunked(request):
        data = _read(request.META["wsgi.input"], limit)
    elif length.isdigit() and int(length) > limit:
        _too_large(limit)
    else:
        data = _read(request, limit)
        check_whole(request, len(data))
    request._body = data  # where Django keeps what it has read
    return data


def check_length(request: HttpRequest) -> None:
    """Refuse a body whose end is told twice: who stands before us may have seen another end (RFC 9112 §6.3).

    Granian drops the length of such a request, reads its pieces and closes the connection, as the RFC allows too;
    other servers hand both on.
    """
    if request.META.get("HTTP_TRANSFER_ENCODING") and request.META.get("CONTENT_LENGTH"):
        raise Malformed("send Content-Length or Transfer-Encoding, not both", field="Content-Length")


def drain(request: HttpRequest) -> None:
    """Read what is left of a refused body and keep nothing, up to :data:`MOST_DRAINED` bytes.

    Who writes before it reads would find the connection closed and never see the answer.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if chunked(request) and request.META.get("CONTENT_LENGTH"):
        return  # nobody knows where it ends
    if "HTTP_EXPECT" in request.META or not length.isdigit() or int(length) > MOST_DRAINED:
        return  # it waits to be asked for the body, or there is too much of it
    stream = request.META["wsgi.input"] if chunked(request) else request
    left = MOST_DRAINED
    with suppress(UnreadablePostError):  # gone, and waits for no answer
        while left > 0 and (piece := stream.read(_CHUNK)):
            left -= len(piece)


def chunked(request: HttpRequest) -> bool:
    """Whether the body comes without a length."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def _read(stream: Any, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while piece := stream.read(_CHUNK):
        size += len(piece)
        if size > limit:
            _too_large(limit)
        parts.append(piece)
    return b"".join(parts)


def _too_large(limit: int) -> NoReturn:
    raise TooLarge(f"the body may have {limit} bytes at most", limit=limit, field=BODY)


def check_media_type(request: HttpRequest) -> None:
    """Only JSON is read; a missing ``Content-Type`` counts as JSON."""
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise WrongMediaType(f"send application/json, not {kind}", field="Content-Type")


def check_whole(request: HttpRequest, received: int) -> None:
    """:class:`Malformed` when fewer bytes came than were announced: servers hand on what broke off as if it ended."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and received < int(length):
        raise Malformed(f"the body broke off: {received} of {length} bytes came", field=BODY)


def check_coding(request: HttpRequest) -> None:
    """Bodies are read as they are: what came compressed would be taken for rubbish, or for a bomb."""
    if request.META["HTTP_CONTENT_ENCODING"].strip().lower() != "identity":
        raise WrongMediaType("send the body as it is, without a Content-Encoding", field="Content-Encoding")


def load(body: bytes) -> Any:
    """The value of a JSON document; :class:`Malformed` or :class:`Invalid` say what is wrong and where."""
    text = _decode(body)
    value = _parse(text)
    _check(value, text)
    return value


def load_order(body: bytes) -> Any:
    """Like :func:`load` for a reader that names every field itself: numbers and depth are then its affair."""
    text = _decode(body)
    value = _parse(text)
    if "\\u" in text:
        _check(value, text)
    return value


def _decode(body: bytes) -> str:
    if body.startswith(BOM_UTF8):
        raise Malformed("begins with a byte order mark; send plain UTF-8", field=BODY)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8 at byte {error.start}", field=BODY) from error


def _parse(text: str) -> Any:
    try:
        return _read_by(_DECODER, text)
    except ValueError:
        # Python refuses to make integers of thousands of digits: read again with a stand-in that is too large.
        return _read_by(_SLOW, text)


def _read_by(decoder: json.JSONDecoder, text: str) -> Any:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(
            f"not JSON: {error.msg} at character {error.pos}", at=error.pos, field=BODY
        ) from error
    except RecursionError as error:
        raise Malformed("nested too deep", field=BODY) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Malformed(f"the key {key!r} stands twice", key=key, field=key or BODY)
            seen.add(key)
    return found


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is no JSON number", field=BODY)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
_SLOW = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_int=lambda digits: int(digits) if len(digits) < 20 else 2**64,
)


def _check(value: Any, text: str) -> None:
    escaped = "\\u" in text
    for at, item, depth in _walk(value):
        if depth > DEEPEST:
            raise Malformed(f"nested deeper than {DEEPEST}", field=BODY)
        kind = type(item)
        if kind is int and not -LARGEST_NUMBER <= item <= LARGEST_NUMBER:
            raise Invalid(at, "is beyond 2^53: send large ids as text")
        if kind is float and not math.isfinite(item):
            raise Malformed(f"{at or 'it'} is no JSON number", field=at or BODY)
        if kind is str and escaped:
            check_text(at, item)


def check_text(at: str, text: str) -> None:
    """Refuse what UTF-8 or PostgreSQL cannot hold: lone surrogates and NUL."""
    if "\x00" in text:
        raise Invalid(at, "contains a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Invalid(at, "contains half a surrogate pair") from error


def _walk(root: Any) -> Iterator[tuple[str, Any, int]]:
    # A stack of our own: the depth is the sender's choice.
    stack: list[tuple[str, Any, int]] = [("", root, 1)]
    while stack:
        at, value, depth = stack.pop()
        yield at, value, depth
        if type(value) is dict:
            for key, item in value.items():
                yield f"{at}.{key}".lstrip("."), key, depth
                stack.append((f"{at}.{key}" if at else key, item, depth + 1))
        elif type(value) is list:
            stack.extend((f"{at}[{n}]", item, depth + 1) for n, item in enumerate(value))
