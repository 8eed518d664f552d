"""A request id on every answer and one structured log line a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from trivet.lib.ids import new_id
from trivet.site import logs
from trivet.site.metrics import REQUESTS, SECONDS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that are counted by name. A sender may make up any other, and each label is kept for ever."""


class RequestLog:
    """Outermost middleware: takes or makes ``X-Request-ID``, binds it to the log, measures the request."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and log it."""
        given = request.headers.get("X-Request-ID", "")
        request_id = (
            given if 0 < len(given) <= 64 and given.isascii() and given.isprintable() else new_id().hex
        )
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        try:
            response: HttpResponse = self.get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")
        took = time.perf_counter() - started
        route = request.resolver_match.route if request.resolver_match else "unmatched"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, str(response.status_code)).inc()
        SECONDS.labels(route).observe(took)
        told = logs.WARNING if response.status_code >= 500 else logs.INFO
        logs.line(
            told, "trivet.request", "request", method=request.method, path=request.path,
            status=response.status_code, ms=round(took * 1000, 1), request_id=request_id,
        )  # fmt: skip
        response["X-Request-ID"] = request_id
        return response
