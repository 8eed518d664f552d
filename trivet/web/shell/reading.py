"""Reading a request: query parameters as clean text, whether htmx asks for a part only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

MAX_TEXT = 200


def asked(request: HttpRequest, name: str, known: Collection[str] | None = None) -> str:
    """A query parameter without blanks around it; empty when absent, or not one of ``known``.

    NUL is dropped because PostgreSQL text cannot hold it.
    """
    text = request.GET.get(name, "").replace("\x00", "").strip()[:MAX_TEXT]
    return text if known is None or text in known else ""


def asked_instant(request: HttpRequest, name: str) -> datetime | None:
    """A query parameter as an instant, in UTC unless it says otherwise; None when absent or beyond our calendars."""
    try:
        found = parse_datetime(asked(request, name))
    except ValueError:
        return None
    if found is None or not 1990 <= found.year <= 2200:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def by_htmx(request: HttpRequest) -> bool:
    """Whether htmx wants a part of the page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def draw(
    request: HttpRequest, page: str, told: dict[str, object], *, part: str = "", status: int = 200
) -> HttpResponse:
    """The page, or only its ``part`` when htmx asks: the fragment swapped is the fragment included."""
    name = f"{page}#{part}" if part and by_htmx(request) else page
    answer = render(request, name, told, status=status)
    answer["Vary"] = "HX-Request, Cookie, Accept-Language"
    return answer
