"""What stands around every view: a bounded body, an ``Idempotency-Key`` honoured, every error a problem."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern

from trivet.api.auth import identify
from trivet.api.problems import KeyReused, MethodNotAllowed, answer, handle
from trivet.api.wire import check_media_type, receive
from trivet.journal.actions import answers
from trivet.lib import clock
from trivet.lib.errors import Conflict, DomainError, Invalid

View = Callable[..., HttpResponseBase]

LONGEST_KEY = 255


def guard(pattern: URLPattern, *, streams: bool) -> None:
    """Stand before the view of ``pattern``. Views that stream read their body themselves and take no key."""
    inner: View = pattern.callback

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            if not streams and request.method in {"POST", "PUT", "PATCH", "DELETE"}:
                if receive(request):
                    check_media_type(request)
                key = request.META.get("HTTP_IDEMPOTENCY_KEY")
                if key is not None and request.method == "POST":
                    return _once(request, key, lambda: inner(request, *args, **kwargs))
            response = inner(request, *args, **kwargs)
        except DomainError as error:
            return answer(error)
        except Exception as error:
            return handle(request, error)
        if response.status_code == 405:
            allowed = response.get("Allow", "")
            return answer(MethodNotAllowed(f"use {allowed}", headers={"Allow": allowed}))
        return response

    view.csrf_exempt = True  # type: ignore[attr-defined]  # a bearer key is not sent by browsers on their own
    pattern.callback = view


def _once(request: HttpRequest, key: str, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise Invalid("Idempotency-Key", f"must be 1 to {LONGEST_KEY} printable ASCII characters")
    owner = str(identify(request).key.id)
    digest = _digest(request)
    known = answers.claim(owner, key, digest, now=clock.now())
    if known is not None:
        return _again(known, digest)
    try:
        response = run()
    except BaseException:
        answers.let_go(owner, key)
        raise
    if response.status_code >= 500 or not isinstance(response, HttpResponse):
        answers.let_go(owner, key)
        return response
    answers.keep(
        owner, key, status=response.status_code, body=response.content, content_type=response["Content-Type"]
    )
    return response


def _again(known: answers.Kept, digest: str) -> HttpResponse:
    if known.digest != digest:
        raise KeyReused(
            "this key was sent with another request before; use a new one", field="Idempotency-Key"
        )
    if known.status == answers.PENDING:
        raise Conflict(
            "a request with this key is not answered yet; if it was cut off, look whether it was done before you "
            "try again with a new key",
            since=known.since,
        )
    response = HttpResponse(known.body, status=known.status, content_type=known.content_type)
    response["Idempotent-Replayed"] = "true"
    return response


def _digest(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()
