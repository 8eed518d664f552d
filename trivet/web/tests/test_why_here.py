"""Why from here? The table of places adds up, and says what would have won in a sentence that can be read."""

from __future__ import annotations

import html
import re
from decimal import Decimal

import pytest

from tests.world import World
from trivet.routing.models import RoutingDecision
from trivet.staff.models import User
from trivet.web.shell.formats import listed
from trivet.web.tests.conftest import As, placed

pytestmark = pytest.mark.django_db(transaction=True)


def _rows(page: str) -> dict[str, list[str]]:
    """The texts of the cells by place."""
    table = page.split('class="why"', 1)[1].split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    rows = [
        [html.unescape(re.sub(r"<[^>]+>", " ", cell)).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.S)
    ]  # fmt: skip
    return {
        row[0].split("  ")[0].strip(): [f"{row[0]} {words[0]}", *row[1:]]
        for row, words in zip(rows[::2], rows[1::2], strict=True)
    }


def _amount(cell: str) -> Decimal:
    return Decimal(cell.split(maxsplit=1)[0].replace("£", ""))


def test_the_costs_of_a_place_add_up_to_all_from_here(world: World, as_: As) -> None:
    [number] = placed(1, lines={"SHIRT": 3})
    rows = _rows(as_("alice").get(f"/orders/{number}").content.decode())
    able = [row for row in rows.values() if row[6] != "–"]
    assert len(able) == 2
    for row in able:
        assert sum(map(_amount, row[1:6])) == _amount(row[6])
        assert "0.75 kg × £" in row[4] and "3 × £0.10" in row[5]
    assert "the policy that Trivet comes with" in as_("alice").get(f"/orders/{number}").content.decode()


def test_a_place_that_cannot_ship_everything_has_no_price_for_it(world: World, as_: As) -> None:
    skus = {f"S{n}": n for n in range(1, 5)}
    for sku in skus:
        world.sku(sku, {"leeds": 50, "london": 0})
    [number] = placed(1, lines={"SHIRT": 1, **skus})
    client = as_("alice")
    page = client.get(f"/orders/{number}").content.decode()
    london = _rows(page)["London"]
    assert london[4:] == ["–", "–", "–"]
    assert (
        "Would win with 1 more of S1, 2 more of S2 and 2 other SKUs if it were also £1.02 cheaper."
        in london[0]
    )
    assert "4 more of S4" in london[0]
    User.objects.update(language="vi")
    page = html.unescape(client.get(f"/orders/{number}").content.decode())
    assert "Sẽ được chọn nếu có thêm 1 S1, thêm 2 S2 và 2 SKU khác và còn rẻ hơn 1,02" in re.sub(
        r"\s+", " ", page
    )
    assert RoutingDecision.objects.get().explanation["would_win"]


def test_things_in_a_sentence_are_joined_as_the_language_does() -> None:
    assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
