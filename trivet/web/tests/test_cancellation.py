"""The form that cancels an order or units of it."""

from __future__ import annotations

import html

import pytest

from tests.world import World
from trivet.orders.models import Order
from trivet.staff.models import User
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.mark.parametrize(
    ("language", "most", "none", "costs"),
    [
        ("en", "At most 1.", "Choose at least one unit.", "The order then costs"),
        ("vi", "Nhiều nhất 1.", "Hãy chọn ít nhất một sản phẩm.", "Đơn hàng khi đó trị giá"),
    ],
)
def test_a_number_that_cannot_be_is_told_at_its_field(
    world: World, as_: As, language: str, most: str, none: str, costs: str
) -> None:
    [number] = placed(1)
    client, address = as_("alice"), f"/orders/{number}/cancellation"
    User.objects.update(language=language)
    typed = {"units-1": "99", "units-2": "1", "version": "1", "reason": "fraud"}
    look = html.unescape(client.get(address, typed, headers=HTMX).content.decode())
    assert f'id="id_units-1_error" role="status">{most}<' in look
    assert "disabled" in look and costs not in look
    refused = client.post(address, typed)
    assert refused.status_code == 400 and most in refused.content.decode()
    nothing = {**typed, "units-1": "0", "units-2": "0", "units-3": ""}
    look = html.unescape(client.get(address, nothing, headers=HTMX).content.decode())
    assert none in look and "disabled" in look
    refused = client.post(address, nothing)
    assert refused.status_code == 400 and none in html.unescape(refused.content.decode())
    assert Order.objects.get().units_cancelled == 0
    good = client.get(address, {**nothing, "units-1": "1"}, headers=HTMX).content.decode()
    assert costs in good and "disabled" not in good


def test_the_way_to_cancel_the_whole_order_is_named(world: World, as_: As) -> None:
    [number] = placed(1)
    client = as_("alice")
    assert "Cancel the order or units" in client.get(f"/orders/{number}").content.decode()
    assert "Cancel the whole order" in client.get(f"/orders/{number}/cancellation").content.decode()
