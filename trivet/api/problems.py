"""Errors on the wire: RFC 9457 problem details, from one table."""

from __future__ import annotations

from typing import Any

import orjson
import structlog
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import HttpError
from ninja.errors import ValidationError as ParameterError
from psycopg_pool import PoolTimeout

from trivet.api.wire import BODY, Malformed, TooLarge, WrongMediaType
from trivet.lib.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    OutOfStock,
    WrongState,
)

log = structlog.get_logger("trivet.api")

CONTENT_TYPE = "application/problem+json"

INTERNAL = {
    "type": "urn:trivet:problem:internal", "title": "Internal error", "status": 500, "code": "internal",
    "detail": "Something went wrong on our side; the log knows it by the X-Request-ID of this answer.",
}  # fmt: skip
"""What nobody expected, as a problem."""


class Unauthorized(DomainError):
    """No key, or one that opens nothing (any more)."""

    code = "unauthorized"


class MethodNotAllowed(DomainError):
    """The address does not know the method."""

    code = "method_not_allowed"


class KeyReused(DomainError):
    """An ``Idempotency-Key`` came again with another request."""

    code = "idempotency_key_reused"


TABLE: tuple[tuple[type[DomainError], int, str], ...] = (
    (Malformed, 400, "Malformed request"),
    (Unauthorized, 401, "An API key is needed"),
    (Forbidden, 403, "The key may not do this"),
    (NotFound, 404, "Not found"),
    (MethodNotAllowed, 405, "Method not allowed"),
    (OutOfStock, 409, "Not enough stock"),
    (WrongState, 409, "Someone was first"),
    (Conflict, 409, "Conflict"),
    (TooLarge, 413, "Too large"),
    (WrongMediaType, 415, "Wrong media type"),
    (KeyReused, 422, "The idempotency key stands for another request"),
    (Invalid, 422, "Invalid input"),
    (Busy, 503, "Busy"),
    (DomainError, 422, "Refused"),
)
"""First match wins, so subclasses stand before their parents."""


def status_of(error: DomainError) -> tuple[int, str]:
    """HTTP status and title of ``error``."""
    return next((status, title) for kind, status, title in TABLE if isinstance(error, kind))


def problem(error: DomainError) -> dict[str, Any]:
    """``error`` as a problem object; ``code`` is stable, ``field`` a path into what was sent."""
    status, title = status_of(error)
    told: dict[str, Any] = {
        "type": f"urn:trivet:problem:{error.code}",
        "title": title,
        "status": status,
        "detail": error.message or title,
        "code": error.code,
    }
    field = getattr(error, "field", None) or error.facts.get("field")
    if field:
        told["field"] = field
    facts = {key: value for key, value in error.facts.items() if key not in {"field", "headers"}}
    if facts:
        told["facts"] = facts
    return told


def answer(error: DomainError) -> HttpResponse:
    """``error`` as a response."""
    told = problem(error)
    body = orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS)
    response = HttpResponse(body, status=told["status"], content_type=CONTENT_TYPE)
    for name, value in error.facts.get("headers", {}).items():
        response[name] = value
    if told["status"] == 503:
        response["Retry-After"] = "1"
    return response


def handle(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Any error of a view as a problem. What nobody expected is logged and tells nothing of its inside (500)."""
    if isinstance(error, HttpError) and isinstance(error.__cause__, DomainError):
        # The framework wraps what its body reader raises.
        return answer(error.__cause__)
    if isinstance(error, DomainError):
        return answer(error)
    if isinstance(error, ParameterError):
        return answer(_from_validation(error))
    if isinstance(error, Http404):
        return answer(NotFound("there is nothing at this address"))
    if isinstance(error, (HttpError, SuspiciousOperation)):
        return answer(Malformed(str(error), field=BODY))
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        log.warning("database unavailable", error=str(error))
        return answer(Busy("the database cannot be reached; try again"))
    log.exception("unexpected error", path=request.path)
    return HttpResponse(orjson.dumps(INTERNAL), status=500, content_type=CONTENT_TYPE)


def _from_validation(error: ParameterError) -> Invalid:
    found = [{"field": _path(e["loc"]), "message": str(e["msg"])} for e in error.errors]
    first = found[0] if found else {"field": "", "message": "is invalid"}
    more = {"errors": found} if len(found) > 1 else {}
    return Invalid(first["field"], first["message"], **more)


def _path(loc: tuple[Any, ...]) -> str:
    # ("body", "payload", "lines", 0, "sku") becomes lines[0].sku, ("query", "limit") limit; a group of query
    # parameters has its name in between.
    parts = list(loc[2:] if len(loc) > 2 else loc[1:])
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or str(loc[0] if loc else "")
