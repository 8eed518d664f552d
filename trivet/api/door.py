"""What stands around every view: a bounded body, an ``Idempotency-Key`` honoured, every error a problem."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern

from trivet.api.auth import identify
from trivet.api.problems import KeyReused, MethodNotAllowed, answer, handle
from trivet.api.wire import check_coding, check_length, check_media_type, drain, receive
from trivet.journal.actions import answers
from trivet.lib import clock
from trivet.lib.errors import Conflict, DomainError, Invalid, NotFound

View = Callable[..., HttpResponseBase]

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that change something: these take an ``Idempotency-Key``."""

LONGEST_KEY = 255
NO_ANSWER = frozenset({405, *range(500, 600)})
"""Statuses after which nothing was done: the key is free again."""
_PRINTABLE = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")


def guard(pattern: URLPattern, *, streams: bool, parameters: Callable[[str, str], frozenset[str]]) -> None:
    """Stand before the view of ``pattern``.

    Views that stream read their body themselves, and need no idempotency key: each of their rows has one of its
    own. ``parameters`` tells the query parameters that a route and method know.
    """
    inner: View = pattern.callback

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = checked(request, *args, **kwargs)
        except DomainError as error:
            response = answer(error)
        except Exception as error:  # noqa: BLE001  # the door: what nobody expected is logged and becomes a 500
            response = handle(request, error)
        if response.status_code >= 400 and request.method in WRITES:
            drain(request)
        return response

    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            check_length(request)
        if request.META.get("QUERY_STRING"):
            _check_parameters(request, parameters)
        if any("\x00" in str(part) for part in kwargs.values()):
            raise NotFound("there is nothing at this address")
        key = _key(request)
        if request.META.get("HTTP_CONTENT_ENCODING"):
            check_coding(request)
        if not streams and request.method in WRITES:
            if receive(request):
                check_media_type(request)
        else:
            key = None
        if key is not None:
            response = _once(request, key, lambda: inner(request, *args, **kwargs))
        else:
            response = inner(request, *args, **kwargs)
        if response.status_code == 405:
            allowed = response.get("Allow", "")
            return answer(MethodNotAllowed(f"use {allowed}", headers={"Allow": allowed}))
        return response

    view.csrf_exempt = True  # type: ignore[attr-defined]  # a bearer key is not sent by browsers on their own
    pattern.callback = view


def _check_parameters(request: HttpRequest, parameters: Callable[[str, str], frozenset[str]]) -> None:
    # A misspelt filter must not answer with everything.
    route = request.resolver_match.route if request.resolver_match else ""
    stray = set(request.GET) - parameters(route, request.method or "")
    if stray:
        raise Invalid(min(stray), "is not a parameter of this address")


def _key(request: HttpRequest) -> str | None:
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and request.method in WRITES and not _PRINTABLE.fullmatch(key):
        raise Invalid(
            "Idempotency-Key", f"must be 1 to {LONGEST_KEY} printable ASCII characters without blanks"
        )
    return key


def _once(request: HttpRequest, key: str, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    owner = str(identify(request).key.id)
    digest = _digest(request)
    claim = answers.claim(owner, key, digest, now=clock.now())
    if isinstance(claim, answers.Kept):
        return _again(claim, digest)
    try:
        with answers.working(claim):
            response = run()
    except BaseException:
        answers.let_go(claim)
        raise
    if response.status_code in NO_ANSWER or not isinstance(response, HttpResponse):
        answers.let_go(claim)
        return response
    if response.get("Cache-Control") == "no-store":
        return response  # a secret is told once: a repeat hears that the work is done
    answers.keep(
        claim,
        status=response.status_code,
        body=response.content,
        content_type=response.get("Content-Type", ""),
    )
    return response


def _again(known: answers.Kept, digest: str) -> HttpResponse:
    if known.digest != digest:
        raise KeyReused(
            "this key was sent with another request before; use a new one", field="Idempotency-Key"
        )
    if known.status == answers.PENDING:
        seconds = int(answers.LEASE.total_seconds())
        raise Conflict(
            f"a request with this key is at work; if it was cut off, the key is free again after {seconds} seconds",
            since=known.since,
        )
    if known.status == answers.WORKED:
        raise Conflict(
            "what was asked for with this key was done, but its answer is not there: look at what it changed",
            since=known.since,
        )
    response = HttpResponse(known.body, status=known.status, content_type=known.content_type)
    response["Idempotent-Replayed"] = "true"
    return response


def _digest(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()
