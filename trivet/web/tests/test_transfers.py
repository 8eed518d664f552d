"""Transfers at the desk and at the ramp: forms keep what was typed, buttons are for who may press them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.proofs import nothing_is_wrong
from tests.world import World
from trivet.inventory.models import Transfer
from trivet.journal.models import ExceptionItem
from trivet.lib.ids import new_id
from trivet.staff.models import User
from trivet.web.tests.conftest import As

pytestmark = pytest.mark.django_db(transaction=True)


def planned(client: Any, lines: str = "SHIRT 10\n\nscarf\t2", **more: str) -> Any:
    sent = {"key": str(new_id()), "source": "leeds", "destination": "london", "lines": lines, **more}
    return client.post("/stock/transfers/new", sent)


def test_goods_go_from_ramp_to_ramp(world: World, as_: As) -> None:
    bob = as_("bob")
    answer = planned(bob)
    assert answer.status_code == 302
    at = answer.url
    assert "Planned" in bob.get(at).content.decode()
    assert bob.post(f"{at}/readiness").status_code == 302
    page = bob.get(at).content.decode()
    assert "What leaves?" in page and "promised_too" not in page
    # Rows are in order of SKU: the scarf first.
    assert bob.post(f"{at}/shipment", {"sent_0": "2", "sent_1": "9"}).status_code == 302
    page = bob.get(at).content.decode()
    assert "What arrived?" in page
    incoming = "/stock/transfers?sku=SHIRT&amp;place=london"
    assert f'href="{incoming}"' in bob.get("/stock/sku/SHIRT").content.decode()
    assert f'href="{at}"' in bob.get(incoming.replace("&amp;", "&")).content.decode()
    assert f'href="{at}"' not in bob.get("/stock/transfers?sku=GIFT").content.decode()
    reference = f"T{Transfer.objects.get().number}/1"
    assert f'value="{reference}"' in page
    sent = {"good_0": "2", "bad_0": "0", "good_1": "4", "bad_1": "1", "more": "", "reference": reference}
    for _ in range(2):
        assert bob.post(f"{at}/receipts", sent).status_code == 302
    assert world.level("SHIRT", "london").on_hand == 505
    answer = bob.post(f"{at}/receipts", {**sent, "good_1": "5"})
    assert answer.status_code == 409 and "another arrival is recorded" in answer.content.decode()
    assert bob.post(f"{at}/completion").status_code == 302
    page = bob.get("/exceptions").content.decode()
    assert "A transfer did not arrive as sent" in page and f'href="{at}"' in page
    case = ExceptionItem.objects.get()
    bob.post(f"/exceptions/{case.id}/resolution", {"resolution": "found in Leeds"})
    settled = bob.get("/exceptions/settled").content.decode()
    assert "found in Leeds" in settled and f"T{Transfer.objects.get().number} · London" in settled
    nothing_is_wrong()


@pytest.mark.parametrize(
    ("lines", "said"),
    [("SHIRT", "Line 1"), ("SHIRT 1\nx y", "Line 2"), ("NOPE 3", "no SKU NOPE"), ("", "required"), ("GIFT 1", "bundle")],
)  # fmt: skip
def test_a_form_says_which_line_is_wrong_and_keeps_it(world: World, as_: As, lines: str, said: str) -> None:
    answer = planned(as_("bob"), lines)
    assert answer.status_code in {400, 404}
    page = answer.content.decode()
    assert said in page and lines.split("\n", maxsplit=1)[0] in page
    assert not Transfer.objects.exists()


def test_sent_twice_it_is_planned_once(world: World, as_: As) -> None:
    key = str(new_id())
    assert planned(as_("bob"), key=key).url == planned(as_("bob"), key=key).url
    assert Transfer.objects.count() == 1


def test_who_works_elsewhere_sees_no_button_and_carol_none_at_all(world: World, as_: As) -> None:
    at = planned(as_("alice")).url
    bob = as_("bob")
    User.objects.get(username="bob").locations.set([world.places["london"]])
    page = bob.get(at).content.decode()
    assert "It is packed and ready" not in page
    assert bob.post(f"{at}/readiness").status_code == 403
    assert planned(bob).status_code == 400  # Leeds is none of the places to choose from
    carol = as_("carol")
    assert "It is packed and ready" not in carol.get(at).content.decode()
    assert carol.post(f"{at}/readiness").status_code == 403
    assert carol.get("/stock/transfers/new").status_code == 403


def test_what_is_not_free_is_said_above_the_form(world: World, as_: As) -> None:
    dan = as_("dan")
    at = planned(dan, "SHIRT 600").url
    dan.post(f"{at}/readiness")
    answer = dan.post(f"{at}/shipment", {"sent_0": "600"})
    assert answer.status_code == 409 and "only 500 of SHIRT are free" in answer.content.decode()
    assert dan.post(f"{at}/shipment", {"sent_0": "600", "promised_too": "on"}).status_code == 302
    assert world.level("SHIRT", "leeds").on_hand == -100
