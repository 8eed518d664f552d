"""A page asks the database a fixed number of questions, whatever it shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import World
from trivet.customers.models import Customer
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = {
    "/today": 13,
    "/orders": 8,
    "/orders?view=late": 8,
    "/orders?q=w-1": 11,
    "/orders?q=trần": 11,
    "/orders?q=SHIRT": 11,
    "/orders?q=LS2": 11,
    "/orders/{number}": 22,
    "/search/results?q=w-1": 13,
    "/stock": 8,
    "/stock/sku/SHIRT": 10,
    "/stock/why/london/SHIRT": 10,
    "/stock/transfers": 5,
    "/customers": 3,
    "/customers/{customer}": 11,
    "/exceptions": 5,
    "/first-run": 11,
    "/settings/places": 3,
    "/settings/channels": 4,
    "/settings/routing": 5,
    "/settings/routing/edit": 7,
    "/settings/imports": 4,
    "/settings/imports/new/orders": 4,
}
"""Address and the most it may ask, session and person (2) included."""


def _asked(client: Any, address: str) -> int:
    client.get(address)  # caches of the set-up fill once a process
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len([q for q in captured.captured_queries if not q["sql"].startswith(("BEGIN", "COMMIT"))])


def test_query_counts_do_not_grow_with_rows(world: World, as_: As) -> None:
    [number] = placed(1)
    client = as_("alice")
    customer = Customer.objects.values_list("id", flat=True)[0]
    addresses = {page: page.format(number=number, customer=customer) for page in PAGES}
    few = {page: _asked(client, address) for page, address in addresses.items()}
    placed(30, start=2)
    many = {page: _asked(client, address) for page, address in addresses.items()}
    assert few == many
    too_many = {page: (n, PAGES[page]) for page, n in many.items() if n > PAGES[page]}
    assert not too_many
