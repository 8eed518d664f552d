"""Orders in bulk: one JSON object a line in, one verdict a line out, any number of them in constant memory."""

from __future__ import annotations

import io
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

import orjson
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from trivet.api.auth import BearerKey, Caller, caller_of
from trivet.api.order_in import MAPPER, read_order
from trivet.api.problems import INTERNAL, problem
from trivet.api.wire import BODY, LARGEST_BODY, TooLarge, WrongMediaType, chunked, load_order
from trivet.flows.intake import Request, Result, place_group, prepare
from trivet.lib.errors import DomainError

router = Router(tags=["orders"])

MEDIA_TYPES = {"", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq"}
IN_MEMORY = 1_000_000
"""Bytes of verdicts kept in memory before they move to a temporary file."""
LANES = 3
"""Transactions of one body side by side: while one decides or commits, the other is written."""
AT_ONCE = 2
"""Windows of one body in memory: one is read while the other is placed."""

WINDOW = 4_000_000
"""Bytes of rows that end a window: a read order takes several times its length."""

_VERDICT = {
    "type": "object",
    "required": ["row", "status", "outcome"],
    "properties": {
        "row": {"type": "integer", "description": "line of the body, from 1"},
        "status": {"type": "integer", "description": "what POST /orders would have answered"},
        "outcome": {"enum": ["created", "unchanged", "refused"]},
        "external_id": {"type": "string"},
        "id": {"type": "string", "format": "uuid"},
        "number": {"type": "integer"},
        "holds": {"type": "array", "items": {"type": "string"}},
        "problem": {"$ref": "#/components/schemas/Problem"},
    },
}
_NDJSON = {"schema": {"type": "string", "description": "one NewOrder a line"}}


@router.post(
    "/bulk",
    auth=BearerKey("order.place"),
    summary="Place many orders",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/x-ndjson": _NDJSON}},
        "responses": {
            200: {
                "description": "One verdict a line, in the order of the rows",
                "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
                "x-verdict": _VERDICT,
            }
        },
    },
)
def place_orders(request: HttpRequest) -> StreamingHttpResponse:
    """Each row is placed or refused by itself; the same body again creates nothing.

    Verdicts come when the last row is read, so a client may send everything before it reads anything.
    """
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES:
        raise WrongMediaType(f"send application/x-ndjson, not {kind}", field="Content-Type")
    # Closed with the response, which reads it.
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    try:
        for verdict in verdicts(_lines(request), caller_of(request)):
            spool.write(
                orjson.dumps(verdict, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE)
            )
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    response = StreamingHttpResponse(
        iter(lambda: spool.read(65_536), b""), content_type="application/x-ndjson"
    )
    response._resource_closers.append(spool.close)  # type: ignore[attr-defined]
    return response


def verdicts(lines: Iterator[tuple[int, bytes | DomainError]], caller: Caller) -> Iterator[dict[str, Any]]:
    """Place the orders of ``lines``; one verdict a line, in order.

    Windows of rows are divided into lanes that the database works on side by side, while the next window is read and
    checked. Orders of one customer stay in one lane: two transactions that bring the same person would wait for each
    other. Rows with the same external id do too, so the first of them is the one that is created.
    """
    running: deque[_Window] = deque()
    with ExitStack() as stack:
        lanes = [stack.enter_context(ThreadPoolExecutor(max_workers=1)) for _ in range(LANES)]
        for rows in _windows(lines, caller):
            names = {row.external_id for row in rows}
            while running and (len(running) == AT_ONCE or any(names & w.names for w in running)):
                yield from _told(running.popleft())
            parts = _divide(rows)
            placing = [lane.submit(_place, part) for lane, part in zip(lanes, parts, strict=True)]
            running.append(_Window(rows, names, parts, placing))
        while running:
            yield from _told(running.popleft())


def _windows(lines: Iterator[tuple[int, bytes | DomainError]], caller: Caller) -> Iterator[list[_Row]]:
    rows, size = [], 0
    for number, line in lines:
        rows.append(_read(number, line, caller))
        size += len(line) if isinstance(line, bytes) else 0
        if len(rows) == settings.GROUP_SIZE * LANES or size >= WINDOW:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _divide(rows: list[_Row]) -> list[list[_Row]]:
    """The rows that can be placed, by lane."""
    parts: list[list[_Row]] = [[] for _ in range(LANES)]
    taken: dict[str, int] = {}
    for row in rows:
        if row.request is not None:
            people = row.request.identifiers
            own = hash(people[0]) if people else row.number
            parts[taken.setdefault(row.external_id, own % LANES)].append(row)
    return parts


class _Row:
    __slots__ = ("error", "external_id", "number", "request")

    def __init__(self, number: int) -> None:
        self.number = number
        self.external_id = ""
        self.request: Request | None = None
        self.error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class _Window:
    rows: list[_Row]
    names: set[str]
    parts: list[list[_Row]]
    placing: list[Future[list[Result | Exception]]]


def _read(number: int, line: bytes | DomainError, caller: Caller) -> _Row:
    row = _Row(number)
    try:
        if isinstance(line, DomainError):
            raise line
        data = load_order(line)
        if isinstance(data, dict) and isinstance(data.get("external_id"), str):
            row.external_id = data["external_id"][:500]
        row.request = prepare(
            read_order(data), actor=caller.actor, key_id=caller.key.id, raw=line, mapper=MAPPER
        )
    except DomainError as error:
        row.error = error
    return row


def _place(rows: list[_Row]) -> list[Result | Exception]:
    group = [row.request for row in rows if row.request is not None]
    if not group:
        return []
    try:
        return place_group(group)
    except DomainError as error:
        return [error for _ in group]
    finally:
        connection.close()


def _told(window: _Window) -> Iterator[dict[str, Any]]:
    answers: dict[int, Result | Exception] = {}
    for part, placing in zip(window.parts, window.placing, strict=True):
        answers.update(zip((row.number for row in part), placing.result(), strict=True))
    for row in window.rows:
        answer = row.error if row.error is not None else answers[row.number]
        told: dict[str, Any] = {"row": row.number, "external_id": row.external_id}
        if isinstance(answer, Exception):
            # An order that we cannot place for a reason of our own must not cost its neighbours their verdicts.
            details = problem(answer) if isinstance(answer, DomainError) else INTERNAL
            yield {**told, "status": details["status"], "outcome": "refused", "problem": details}
        else:
            told |= {"status": 201 if answer.placed else 200, "outcome": answer.outcome, "id": answer.id}
            if answer.placed is not None:
                told |= {"number": answer.placed.number, "holds": answer.placed.holds}
            yield told


class _Body(io.RawIOBase):
    """The request's input as a raw stream: its ``readline`` loses lines, its ``read(n)`` does not."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` from the source."""
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _lines(request: HttpRequest) -> Iterator[tuple[int, bytes | DomainError]]:
    source = request.META["wsgi.input"] if chunked(request) else request
    body = io.BufferedReader(_Body(source), 262_144)
    number = 0
    while line := body.readline(LARGEST_BODY + 1):
        number += 1
        if len(line) > LARGEST_BODY:
            while line and not line.endswith(b"\n"):
                line = body.readline(LARGEST_BODY)
            yield (
                number,
                TooLarge(f"a row may have {LARGEST_BODY} bytes at most", limit=LARGEST_BODY, field=BODY),
            )
        elif line.strip():
            yield number, line
