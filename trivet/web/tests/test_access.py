"""Each page asks for its permission: strangers log in, the wrong role is told so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from tests.world import World
from trivet.lib.ids import new_id
from trivet.staff.rules import may
from trivet.web.tests.conftest import PEOPLE, As, placed
from trivet.web.urls import urlpatterns

pytestmark = pytest.mark.django_db(transaction=True)

OPEN_TO_ALL = {"home", "login", "logout", "preferences", "profile", "settings"}


def _patterns() -> Iterator[URLPattern]:
    yield from (p for p in urlpatterns if isinstance(p, URLPattern))


def _address(pattern: URLPattern, number: int) -> str:
    known: dict[str, Any] = {
        "number": number, "sku": "SHIRT", "place": "london", "code": "london", "slug": "web", "key": new_id(), "what": "orders", "verb": "capture", "row": 1,
    }  # fmt: skip
    wanted = pattern.pattern.converters
    return reverse(str(pattern.name), kwargs={name: known[name] for name in wanted})


def test_every_page_says_what_it_needs() -> None:
    bare = {p.name for p in _patterns() if not hasattr(p.callback, "needs")}
    assert bare == OPEN_TO_ALL


def test_strangers_are_asked_to_log_in_everywhere(world: World) -> None:
    [number] = placed(1)
    for pattern in _patterns():
        if pattern.name in OPEN_TO_ALL - {"profile"}:
            continue
        for method in ("get", "post"):
            answer = getattr(Client(), method)(_address(pattern, number))
            assert (answer.status_code, answer.url.split("?")[0]) == (302, "/login"), pattern.name


@pytest.mark.parametrize("name", list(PEOPLE))
def test_each_role_sees_what_it_may_and_nothing_else(world: World, as_: As, name: str) -> None:
    [number] = placed(1)
    client = as_(name)
    for pattern in _patterns():
        if pattern.name in OPEN_TO_ALL:
            continue
        answer = client.get(_address(pattern, number))
        allowed = may(PEOPLE[name], pattern.callback.needs)
        assert (answer.status_code != 403) == allowed, (pattern.name, answer.status_code)
        assert answer.status_code in {200, 302, 403, 404, 405, 409}, (pattern.name, answer.status_code)


def test_navigation_shows_only_what_opens(world: World, as_: As) -> None:
    page = as_("bob").get("/today").content.decode()
    assert "/orders" in page
    assert "/stock" in page
    assert 'href="/settings"' not in page
    assert 'href="/customers"' not in page


def test_the_forbidden_page_explains_itself(world: World, as_: As) -> None:
    answer = as_("bob").get("/settings/places")
    assert answer.status_code == 403
    assert "Your role does not include this" in answer.content.decode()


def test_a_name_that_nothing_can_have_is_not_found(world: World, as_: As) -> None:
    client = as_("alice")
    for path in ("/stock/sku/a%00b", "/stock/why/leeds/%00", "/stock/sku/%FF", "/stock/why/leeds/%ED%A0%80"):
        assert client.get(path).status_code == 404, path
    for path in (
        "/orders?q=%00",
        "/orders?cursor=%00",
        "/stock?place=%00&cursor=x",
        "/customers?q=%FF",
        "/exceptions?kind=%00",
    ):
        assert client.get(path).status_code in {200, 400}, path
    for at in ("0001-01-01T00:00", "9999-12-31T23:59", "x", "%00", "2026-02-30T00:00"):
        assert client.get(f"/stock/why/leeds/SHIRT?at={at}").status_code in {200, 400}, at
