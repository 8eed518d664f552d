"""The page on which a person says what a channel means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.world import ALICE, World, order
from trivet.flows.intake import place_group, prepare
from trivet.orders.models import Order
from trivet.orders.rules.value import NewLine
from trivet.web.tests.conftest import As

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_line_without_a_sku_is_mapped_by_its_title(world: World, as_: As) -> None:
    new = replace(order("1", {}), lines=(NewLine("1", "", "Warm <scarf>", 1, 500),))
    place_group([prepare(new, actor=ALICE)])
    client = as_("alice")
    page = client.get("/exceptions/mapping").content.decode()
    assert "Warm &lt;scarf&gt;" in page and "by its title: the channel sends no SKU" in page
    typed = {"channel": "web", "external_sku": "", "title": "Warm <scarf>"}
    wrong = client.post("/exceptions/mapping/add", {**typed, "sku": "NONE"})
    assert wrong.status_code == 400 and 'value="NONE"' in wrong.content.decode()
    done = client.post("/exceptions/mapping/add", {**typed, "sku": "scarf"}, follow=True).content.decode()
    assert "Warm &lt;scarf&gt; is scarf. 1 order waited for it." in done
    row = Order.objects.get()
    assert (row.units_allocated, row.holds_open) == (1, 0)
    assert "Warm &lt;scarf&gt; is SCARF" in client.get(f"/orders/{row.number}").content.decode()
