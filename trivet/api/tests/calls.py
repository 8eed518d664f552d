"""Calling the API as a program does."""

from __future__ import annotations

import json
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.test.client import ClientHandler

from trivet.journal.rules import SYSTEM
from trivet.lib import clock
from trivet.staff.actions import create_api_key


def key(*scopes: str, **more: Any) -> str:
    """A fresh key with ``scopes`` (default: all)."""
    return create_api_key("Test", scopes or ("*",), **more, by=SYSTEM, now=clock.now())[1]


class _Lean(ClientHandler):
    """Like the server's handler of the API: no session, cookie, language or page around the views."""

    def load_middleware(self, is_async: bool = False) -> None:
        """None."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]


class Caller:
    """A client with a key; answers are (status, parsed body)."""

    def __init__(self, secret: str) -> None:
        self.client = Client()
        self.client.handler = _Lean()
        self.headers = {"authorization": f"Bearer {secret}"} if secret else {}

    def send(self, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        """The whole response; ``raw`` bytes and a ``content_type`` may be given among the headers."""
        raw: bytes | None = headers.pop("raw", None)
        kind = headers.pop("content_type", "application/json")
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method, f"/api/v1{path}", data=data, content_type=kind, headers={**self.headers, **headers}
        )

    def get(self, path: str) -> tuple[int, Any]:
        """GET."""
        response = self.send("GET", path)
        return response.status_code, response.json()

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """POST."""
        response = self.send("POST", path, body, **headers)
        return response.status_code, response.json()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Any method."""
        response = self.send(method, path, body)
        return response.status_code, response.json() if response.content else None


def new_order(external_id: str, **more: Any) -> dict[str, Any]:
    """A small order on the wire."""
    return {
        "channel": "web", "external_id": external_id, "placed_at": "2026-11-23T08:15:00Z", "currency": "GBP",
        "lines": [{"sku": "TEE", "quantity": 1, "unit_price": 500}],
        "ship_to": {"name": "Lan", "postal_code": "LS2 7EW", "city": "Leeds", "country": "GB"}, **more,
    }  # fmt: skip


class _Server(WSGIHandler):
    """The API as a WSGI application."""

    load_middleware = _Lean.load_middleware


def server() -> WSGIHandler:
    """A WSGI application that answers like the API's own."""
    return _Server()
