"""A real browser against a live server that serves the pages as production does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests import world as worlds
from tests.browser.chromium import executable
from trivet.flows.intake import place_group, prepare
from trivet.lib import clock
from trivet.orders.rules.value import NewPayment
from trivet.staff.models import User

PASSWORD = "a trivet has three legs"


class _Threads(WSGIServer):
    """One thread a request, each closing its database connection; browsers ask for several things at once."""

    daemon_threads = True

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(target=self._work, args=(request, client_address), daemon=True).start()

    def _work(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)
            connections.close_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """The request log of Trivet is enough."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    # Playwright runs an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as p:
        found = p.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield found
        found.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Desk:
    """A page of someone at the desk, and everything that must not happen on it."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a path of the console."""
        self.page.goto(self.base + path)
        return self.page


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> list[int]:
    """Stock, people and orders: late, held, unpaid, one with an unknown SKU; the order numbers."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    world = worlds.build()
    world.sku("SHIRT", {"london": 40, "leeds": 60}, price_minor=1999, currency="GBP")
    world.sku("SCARF", {"leeds": 30})
    world.bundle("GIFT", {"SHIRT": 1, "SCARF": 2})
    for name, role in (("alice", "owner"), ("bob", "warehouse"), ("dan", "operations")):
        User.objects.create_user(name, password=PASSWORD, role=role, first_name=name.title())
    now = clock.now()
    orders = [
        worlds.order(
            f"web-{n}", {"SHIRT": 2, "GIFT": 1} if n != 4 else {"MYSTERY": 1}, placed_at=now - timedelta(hours=n),
            payments=(NewPayment("capture", "card", "manual", f"p-{n}", 1800),) if n not in {3, 4} else (),
        )
        for n in range(1, 7)
    ]  # fmt: skip
    placed = [
        a.placed
        for a in place_group([prepare(o, actor=worlds.ALICE) for o in orders])
        if not isinstance(a, Exception)
    ]
    return [p.number for p in placed if p is not None]


@pytest.fixture
def base(shop: list[int]) -> Iterator[str]:
    """The address of the live server."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=_Threads, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(browser: Browser, base: str) -> Iterator[Desk]:
    """Alice, signed in; afterwards nothing went wrong unseen."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(10_000)
    found = Desk(page, base)
    watch(found)
    log_in(found, "alice")
    yield found
    page.wait_for_timeout(50)
    context.close()
    assert found.problems == []


def watch(desk: Desk) -> None:
    """Note console errors, script errors and requests that are not to us."""

    def noted(text: str) -> None:
        # The browser logs every 4xx answer; a form refused with its reasons (400, 409) is no problem.
        if "status of 400" not in text and "status of 409" not in text:
            desk.problems.append(f"{desk.page.url}: {text}")

    desk.page.on("console", lambda m: noted(m.text) if m.type == "error" else None)
    desk.page.on("pageerror", lambda e: desk.problems.append(f"{desk.page.url}: {e}"))
    desk.page.on(
        "request",
        lambda r: None if r.url.startswith((desk.base, "data:")) else desk.problems.append(f"asked {r.url}"),
    )


def log_in(desk: Desk, name: str) -> None:
    """Through the form, as people do."""
    desk.open("/login")
    desk.page.fill("#id_username", name)
    desk.page.fill("#id_password", PASSWORD)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/today")
