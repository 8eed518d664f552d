"""Changing an order at the desk: look, confirm, take back; who was second hears of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.world import World
from trivet.orders.models import Order, OrderChange
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def typed(page: str, **more: str) -> dict[str, str]:
    """What the form holds as it is shown, and what is typed over it."""
    found = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', page))
    found |= {"to_country": "GB"}
    return {k: v for k, v in found.items() if k != "csrfmiddlewaretoken"} | more


def test_look_change_and_take_back(world: World, as_: As) -> None:
    [number] = placed(1, lines={"SHIRT": 2}, paid=False)
    client, address = as_("carol"), f"/orders/{number}/edit"
    assert "data-edit" in client.get(f"/orders/{number}").content.decode()
    form = typed(client.get(address).content.decode())
    same = client.post(address, {**form, "look": "1"}).content.decode()
    assert "Change something" in same
    change: dict[str, Any] = {**form, "units-1": "1", "sku-0": "scarf", "count-0": "2", "price-0": "3.50"}
    seen = client.post(address, {**change, "look": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert "£13.00 →" in seen and "SCARF" in seen and "2 → 1" in seen and "<html" not in seen
    assert OrderChange.objects.count() == 0
    assert client.post(address, change).url == f"/orders/{number}"
    page = client.get(f"/orders/{number}").content.decode()
    assert "Changed: SHIRT 2 → 1, SCARF 0 → 2" in page and f"/orders/{number}/edit/undo" in page
    second = client.post(address, {**change, "units-1": "0"})
    assert second.status_code == 409 and "someone changed the order meanwhile" in second.content.decode()
    undo = client.get(f"{address}/undo").content.decode()
    assert "Take the last change back?" in undo
    client.post(f"{address}/undo", typed(undo))
    row = Order.objects.get()
    assert (row.total_minor - row.cancelled_minor, row.version) == (1300, 3)


def test_mistakes_stand_at_their_fields(world: World, as_: As) -> None:
    [number] = placed(1, lines={"SHIRT": 2}, paid=False)
    client, address = as_("dan"), f"/orders/{number}/edit"
    form = typed(client.get(address).content.decode())
    for more, said in (
        ({"sku-0": "NOPE"}, "There is no such SKU."), ({"sku-0": "SHIRT"}, "Say what one costs."),
        ({"price": "1.005"}, "Finer than the currency"), ({"units-1": "0"}, "cancel the order instead"),
        ({"discounts": "9000"}, "is more than the lines can take"),
    ):  # fmt: skip
        answer = client.post(address, {**form, **more})
        assert answer.status_code == 400 and said in answer.content.decode(), more
    doubt = client.post(address, {**form, "to_postal_code": "ZZ99 9ZZ", "look": "1"}).content.decode()
    assert "We do not know this postal code" in doubt and "Why from here?" in doubt


@pytest.mark.parametrize(("name", "status"), [("bob", 403), ("ana", 403), ("carol", 200), ("alice", 200)])
def test_who_may(world: World, as_: As, name: str, status: int) -> None:
    [number] = placed(1)
    assert as_(name).get(f"/orders/{number}/edit").status_code == status
