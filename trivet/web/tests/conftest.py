"""The named world behind the pages: staff, places, stock and some orders in different states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from tests.world import ALICE, World, build, order
from trivet.flows.intake import place_group, prepare
from trivet.lib import clock
from trivet.orders.rules.value import NewPayment
from trivet.staff.models import User

PEOPLE = {"alice": "owner", "bob": "warehouse", "carol": "support", "dan": "operations", "ana": "analyst"}

As = Callable[[str], Client]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The language of a page read in a test must not reach the next one."""
    yield
    translation.deactivate()


@pytest.fixture
def world(transactional_db: None) -> World:
    """The shop, with stock."""
    found = build()
    found.sku("SHIRT", {"london": 500, "leeds": 500})
    found.sku("SCARF", {"leeds": 500})
    found.bundle("GIFT", {"SHIRT": 1, "SCARF": 2})
    return found


@pytest.fixture
def as_(transactional_db: None) -> As:
    """A client of someone of the staff, by name; ``eve`` is nobody."""

    def client(name: str) -> Client:
        found = Client()
        if name != "eve":
            user, _ = User.objects.get_or_create(
                username=name,
                defaults={"role": PEOPLE[name], "first_name": name.title(), "date_joined": clock.now()},
            )
            found.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return found

    return client


def placed(number: int, start: int = 1, **more: Any) -> list[int]:
    """Place ``number`` orders; their order numbers."""
    lines = more.pop("lines", {"SHIRT": 1, "SCARF": 1, "GIFT": 1})
    paid = more.pop("paid", True)
    orders = [
        order(
            f"w-{n}", lines,
            payments=(NewPayment("capture", "card", "manual", f"pay-{n}", 1800),) if paid else (), **more,
        )
        for n in range(start, start + number)
    ]  # fmt: skip
    answers = place_group([prepare(new, actor=ALICE) for new in orders])
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return [answer.placed.number for answer in answers if not isinstance(answer, Exception) and answer.placed]
