"""The WSGI application: pages with the full set of middleware, the API with the one it needs."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trivet.site.settings")

import django

from trivet.site import logs

logs.configure()
django.setup(set_prefix=False)

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler

from trivet.site.middleware import RequestLog


class ApiHandler(WSGIHandler):
    """Answers programs: they send a key with every request, so no session, cookie, language or page is involved."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Put only the request log around the views."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        inner: Any = self
        self._middleware_chain = RequestLog(convert_exception_to_response(inner._get_response))


_pages = WSGIHandler()
_api = ApiHandler()

# A group of orders makes a hundred thousand objects, all of them gone when it is answered and next to none in cycles.
# Looking for cycles at the default pace took a third of the time of an order; what is loaded by now stays for good.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Route by path: ``/api/`` to the lean handler, everything else to the pages."""
    handler = _api if environ.get("PATH_INFO", "").startswith("/api/") else _pages
    return handler(environ, start_response)
