"""Addresses that only take forms lead to the page of their object, whoever comes by reload, Enter or a link."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.world import World
from trivet.lib.ids import new_id
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_address_of_a_form_leads_to_its_page(world: World, as_: As) -> None:
    [number] = placed(1)
    client, key = as_("alice"), new_id()
    pages = {
        "/stock/adjust/SHIRT": "/stock/sku/SHIRT",
        "/stock/receive/SHIRT": "/stock/sku/SHIRT",
        f"/stock/adjustments/{key}": "/stock/adjustments",
        f"/orders/{number}/holds": f"/orders/{number}",
        f"/orders/{number}/holds/{key}/release": f"/orders/{number}",
        "/exceptions/mapping/add": "/exceptions/mapping",
        "/exceptions/mapping/end": "/exceptions/mapping/known",
        f"/exceptions/{key}/resolution": "/exceptions",
        f"/exceptions/{key}/retry": "/exceptions",
        "/settings/channels/web/places": "/settings/channels/web",
        "/settings/channels/web/places/leeds/end": "/settings/channels/web",
        f"/settings/imports/uploads/{key}/repeat": f"/settings/imports/uploads/{key}",
        f"/settings/people/{key}/password": f"/settings/people/{key}",
        f"/settings/people/{key}/activity": f"/settings/people/{key}",
        f"/settings/keys/{key}/end": "/settings/keys",
        "/preferences": "/",
        "/logout": "/",
    }
    for address, page in pages.items():
        answer = client.get(address)
        assert (answer.status_code, getattr(answer, "url", "")) == (302, page), address
        if not address.startswith(("/preferences", "/logout")):
            assert client.put(address).status_code == 405, address
    assert Client().get("/stock/adjust/SHIRT").url.startswith("/login?next=")


def test_after_an_error_the_address_can_be_entered_again(world: World, as_: As) -> None:
    client = as_("alice")
    refused = client.post("/stock/receive/SHIRT", {"place": "leeds", "quantity": "0"})
    assert refused.status_code == 400
    assert client.get("/stock/receive/SHIRT", follow=True).status_code == 200
