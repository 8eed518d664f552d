"""The language and theme a person chose, on every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation


class Preferences:
    """Signed in: what the person chose; else what ``LocaleMiddleware`` found in cookie or browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the person's language."""
        # Only pages ask who is there: the API and static files must not pay for a session.
        if not request.path.startswith(("/api/", "/static/", "/healthz", "/readyz", "/metrics")):
            user: Any = request.user
            if user.is_authenticated and translation.check_for_language(user.language):
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language
        return self.get_response(request)
