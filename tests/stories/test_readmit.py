"""What an older mapper turned down is taken in by a mended one: looked at first, placed once (row A13)."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests import world
from tests.stories.proofs import nothing_is_wrong
from tests.world import World
from trivet.flows import readmit as story
from trivet.flows.imports import import_orders
from trivet.flows.readmit import Mapper, Readmitted, readmit
from trivet.flows.remap import Scope, remap
from trivet.journal.models import Event, Receipt
from trivet.journal.queries import received_order
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.partners.files import orders_csv, uci
from trivet.partners.files.verdicts import Mapped

pytestmark = pytest.mark.django_db(transaction=True)

of_then = orders_csv.again
MAPPERS: dict[str, Mapper] = {"csv": orders_csv.again, "uci": uci.again}
HEAD = "order_id,placed_at,sku,quantity,unit_price\n"


@pytest.fixture
def shop() -> World:
    built = world.build()
    built.sku("TEE", {"leeds": 30})
    return built


def dozens(raw: dict[str, Any]) -> Mapped:
    """A mended mapper: it knows what a dozen is."""
    at = raw["columns"].index("quantity")
    rows = [[*row[:at], "12" if row[at] == "dozen" else row[at], *row[at + 1 :]] for row in raw["rows"]]
    return of_then(raw | {"rows": rows})


MENDED: dict[str, Mapper] = MAPPERS | {"csv": dozens}


def brought(tmp_path: Path, text: str, **how: Any) -> Counter[str]:
    path = tmp_path / "orders.csv"
    path.write_text(HEAD + text)
    return import_orders(path, channel="web", **how).orders


ROWS = (
    "A,2026-11-23T08:15:00Z,TEE,dozen,5.00\n"
    "A,2026-11-23T08:15:00Z,MUG,1,2.50\n"
    "B,2026-11-23T08:15:00Z,TEE,2,5.00\n"
    "C,2026-11-23T08:15:00Z,TEE,some,5.00\n"
)


def told(
    place: bool = False, mappers: dict[str, Mapper] | None = None, **scope: Any
) -> dict[str, Readmitted]:
    found = list(readmit(mappers or MENDED, Scope(**scope), place=place))
    assert len({one.external_id for one in found}) == len(found)
    return {one.external_id: one for one in found}


def test_it_is_looked_at_first_and_then_placed_once(shop: World, tmp_path: Path) -> None:
    assert brought(tmp_path, ROWS, stock="update") == {"created": 1, "refused": 2}
    before = Event.objects.count()
    look = told()
    assert {key: one.outcome for key, one in look.items()} == {"A": "placeable", "C": "refused"}
    assert [(v.row, v.verdict) for v in look["A"].rows] == [(2, "order_line"), (3, "order_line")]
    assert look["C"].reason == "row 5, quantity: 'some' is not a whole number" == look["C"].rows[0].message
    assert (Order.objects.count(), Event.objects.count()) == (1, before)
    # The mapper of then takes nothing of it.
    assert {one.outcome for one in told(mappers=MAPPERS).values()} == {"refused"}

    done = told(place=True)
    assert {key: one.outcome for key, one in done.items()} == {"A": "placed", "C": "refused"}
    row = Order.objects.get(external_id="A")
    assert (row.id, row.units, row.units_allocated, row.holds_open) == (done["A"].order, 13, 12, 1)
    kept = received_order("web", "A")
    assert kept is not None and (kept.subject_id, kept.kind) == (row.id, orders_csv.MAPPER)
    assert told(place=True).keys() == {"C"} and Order.objects.count() == 2
    same = {one.external_id: one.outcome for one in remap({"csv": lambda raw: dozens(raw).order}, Scope())}
    assert same == {"A": "same", "B": "same"}
    nothing_is_wrong()


def test_the_same_rows_are_kept_once_and_a_dry_run_keeps_none(shop: World, tmp_path: Path) -> None:
    brought(tmp_path, ROWS, dry_run=True)
    assert not Receipt.objects.filter(state="dead").exists()
    for _ in range(2):
        brought(tmp_path, ROWS)
    assert Receipt.objects.filter(state="dead").count() == 2
    assert received_order("web", "A") is None


def test_a_stored_order_is_told_and_never_changed(shop: World, tmp_path: Path) -> None:
    brought(tmp_path, ROWS)
    assert brought(tmp_path, "A,2026-11-23T08:15:00Z,TEE,7,5.00\n") == {"created": 1, "refused": 0}
    done = told(place=True)["A"]
    row = Order.objects.get(external_id="A")
    assert (done.outcome, done.order, row.units) == ("stored", row.id, 7)
    assert done.reason == "another order with this external id is there"


def test_of_two_versions_the_later_one_is_placed(shop: World, tmp_path: Path) -> None:
    brought(tmp_path, "A,2026-11-23T08:15:00Z,TEE,dozen,5.00\n")
    brought(tmp_path, "A,2026-11-23T08:15:00Z,TEE,dozen,6.00\n")
    assert told(place=True)["A"].outcome == "placed"
    assert Order.objects.get().total_minor == 12 * 600


def test_cut_off_between_placing_and_noting_it_is_noted_the_next_time(
    shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought(tmp_path, ROWS)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(story, "_note", dies)
        with pytest.raises(KeyboardInterrupt):
            told(place=True)
    assert Order.objects.filter(external_id="A").count() == 1
    assert told()["A"].outcome == "stored" and told(place=True)["A"].reason == "the same order is there"
    assert told(place=True).keys() == {"C"}


def test_what_the_import_was_to_do_with_stock_still_counts(shop: World, tmp_path: Path) -> None:
    brought(tmp_path, "A,2026-11-23T08:15:00Z,TEE,dozen,5.00\n", stock="skip")
    told(place=True)
    assert Order.objects.get().fulfillment_status == "external"
    assert shop.level("TEE", "leeds").allocated == 0


def test_an_invoice_of_rows_that_were_skipped_is_kept_too(shop: World, tmp_path: Path) -> None:
    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    path = tmp_path / "uci.csv"
    path.write_text(
        head
        + "1,TEE,TEE,six,2011-01-04 10:00,2.55,,France\n2,TEST001,TRIAL,1,2011-01-04 10:00,2.55,7,France\n"
        "C3,TEE,TEE,x,2011-01-04 10:00,2.55,,France\n"
    )
    import_orders(path, channel="web", form="uci")
    assert set(told()) == {"1", "2"}

    def six(raw: dict[str, Any]) -> Mapped:
        return uci.again(raw | {"rows": [["6" if c == "six" else c for c in row] for row in raw["rows"]]})

    done = told(place=True, mappers={"uci": six})
    assert (done["1"].outcome, done["2"].outcome) == ("placed", "refused")


def test_the_scope_is_kept_and_a_mapper_that_is_gone_is_told(shop: World, tmp_path: Path) -> None:
    brought(tmp_path, ROWS)
    assert not told(channel="other") and not told(since=clock.now()) and told(channel="web")
    gone = told(mappers={"uci": uci.again})["A"]
    assert (gone.outcome, "csv/" in gone.reason) == ("refused", True)


def test_the_command_looks_and_then_places(
    shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trivet.site.commands import imports as commands

    # The command opens the database that it is told of; here that is the one of the test.
    monkeypatch.setattr(commands, "database", lambda migrate: nullcontext())
    replay = commands.replay
    brought(tmp_path, ROWS)
    monkeypatch.setattr(orders_csv, "again", dozens)
    look = CliRunner().invoke(replay, ["--json"])
    assert (
        look.exit_code == 1 and '"placeable": 1' in look.output and not Order.objects.filter(external_id="A")
    )
    done = CliRunner().invoke(replay, ["--json", "--place"])
    assert '"placed": 1' in done.output and Order.objects.filter(external_id="A").exists()
    assert '"placed": 0' in CliRunner().invoke(replay, ["--json", "--place"]).output
