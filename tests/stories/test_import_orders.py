"""Orders from a file: every row accounted for, the same file twice creates nothing, stock touched only when asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.world import World, build
from trivet.catalog.models import Variant
from trivet.customers.models import Customer, Identifier
from trivet.flows.imports import Report, import_orders, past_import, past_imports
from trivet.inventory.models import StockEntry, StockLevel
from trivet.journal.models import Event, ExceptionItem, Receipt
from trivet.lib.errors import Invalid
from trivet.orders.models import Hold, Order, OrderLine
from trivet.partners.files.verdicts import Verdict

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = Path(__file__).parents[2] / "trivet/partners/files/tests/data/uci_sample.csv"
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
COUNTED = (Order, OrderLine, Customer, Identifier, Receipt, StockEntry, Variant, Hold, ExceptionItem, Event)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    return build()


def uci(path: Path = SAMPLE, **more: Any) -> Report:
    return import_orders(path, channel="web", form="uci", **more)


def written(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in COUNTED}


def test_history_comes_in_whole_and_touches_no_stock(world: World) -> None:
    report = uci()
    assert report.as_dict()["orders"] == {"created": 15, "unchanged": 0, "conflict": 0, "refused": 0}
    assert sum(report.verdicts.values()) == report.rows == 387
    assert not report.unbalanced
    assert report.money["GBP"].difference == 0
    assert sum(Order.objects.values_list("total_minor", flat=True)) == report.money["GBP"].orders
    assert not report.failed
    order = Order.objects.get(external_id="536365")
    assert (order.fulfillment_status, order.lifecycle, order.payment_status) == (
        "external",
        "closed",
        "pending",
    )
    assert (order.country, order.email, order.name) == ("GB", "", "")
    assert OrderLine.objects.filter(order=order).count() == 7
    assert OrderLine.objects.filter(order=order, sku="85123A", variant=None).exists()
    assert not StockEntry.objects.exists()
    assert not Hold.objects.exists()


def test_the_same_file_twice_creates_nothing(world: World) -> None:
    uci(create_products=True)
    before = counts()
    report = uci(create_products=True)
    assert report.as_dict()["orders"] == {"created": 0, "unchanged": 15, "conflict": 0, "refused": 0}
    assert report.kept == {"unchanged": 14}
    assert report.products["created"] == 0
    # Only the report of the second import and its fact are new.
    assert counts() == {**before, "Receipt": before["Receipt"] + 1, "Event": before["Event"] + 1}


def test_a_dry_run_tells_the_same_and_writes_nothing(world: World) -> None:
    before = counts()
    dry = uci(dry_run=True, create_products=True)
    assert counts() == before
    real = uci(create_products=True)
    for part in ("verdicts", "reasons", "orders", "kept", "products", "money"):
        assert dry.as_dict()[part] == real.as_dict()[part], part
    assert uci(dry_run=True).as_dict()["orders"]["unchanged"] == 15


def test_products_are_made_from_the_file_when_asked(world: World) -> None:
    world.sku("85123A", {"leeds": 3})
    report = uci(create_products=True)
    assert report.products == {"unchanged": 1, "created": 330}
    made = Variant.objects.get(sku="71053")
    assert (made.title, made.price_minor, made.currency) == ("WHITE METAL LANTERN", 339, "GBP")
    assert Variant.objects.get(sku="85123A").title == "85123A"
    assert not Variant.objects.filter(sku__in=["POST", "M", "D", "C2", "AMAZONFEE"]).exists()
    assert not OrderLine.objects.filter(variant=None).exists()


def test_cancellations_wait_raw_for_the_returns(world: World) -> None:
    uci()
    kept = Receipt.objects.get(kind="uci.cancellation", external_id__startswith="C536391")
    assert kept.state == "kept"
    assert kept.payload["columns"] == HEAD.split(",")
    assert {row[0] for row in kept.payload["rows"]} == {"C536391"}
    assert kept.payload["channel"] == "web"
    assert Counter(Receipt.objects.exclude(source="import").values_list("kind", flat=True)) == {
        "uci.charge": 5, "uci.stock_adjustment": 4, "uci.cancellation": 3, "uci.bad_debt": 2, "uci/2": 15,
    }  # fmt: skip


def test_other_content_under_a_known_invoice_is_a_conflict_and_changes_nothing(
    world: World, tmp_path: Path
) -> None:
    line = "1,22423,CAKESTAND,{},2011-01-04 10:00,12.75,7,France"
    uci(written(tmp_path, line.format(1), "C2,22423,CAKESTAND,-1,2011-01-04 10:00,12.75,7,France"))
    report = uci(written(tmp_path, line.format(2), "C2,22423,CAKESTAND,-2,2011-01-04 10:00,12.75,7,France"))
    assert report.orders == {"conflict": 1, "refused": 0}
    assert report.kept == {"conflict": 1}
    assert report.verdicts == {"skipped": 1, "cancellation": 1}
    assert report.failed
    assert OrderLine.objects.get().quantity == 1
    assert Receipt.objects.filter(kind="uci.cancellation").count() == 1


def test_one_customer_over_many_invoices_and_none_for_guests(world: World, tmp_path: Path) -> None:
    line = "{},22423,CAKESTAND,1,2011-01-04 10:00,12.75,{},France"
    uci(written(tmp_path, line.format(1, "17850.0"), line.format(2, "17850"), line.format(3, "")))
    assert Customer.objects.count() == 1
    assert list(Identifier.objects.values_list("kind", "scope", "value")) == [("external", "web", "17850")]
    assert Order.objects.filter(customer=None).count() == 1


def test_update_promises_stock_and_refuses_what_is_not_there(world: World, tmp_path: Path) -> None:
    world.sku("22423", {"leeds": 5})
    line = "{},22423,CAKESTAND,{},2011-01-04 10:00,12.75,7,United Kingdom"
    report = uci(written(tmp_path, line.format(1, 4), line.format(2, 4)), stock="update")
    assert report.orders == {"created": 1, "refused": 1}
    assert report.reasons == {"skipped:out_of_stock": 1}
    assert world.level("22423", "leeds").allocated == 4
    assert report.money["GBP"].difference == 0


def test_force_records_sales_beyond_stock(world: World, tmp_path: Path) -> None:
    world.sku("22423", {"leeds": 5})
    report = uci(
        written(tmp_path, "1,22423,CAKESTAND,8,2011-01-04 10:00,12.75,7,United Kingdom"), stock="force"
    )
    assert report.orders["created"] == 1
    level = world.level("22423", "leeds")
    assert sum(StockLevel.objects.filter(variant=level.variant_id).values_list("allocated", flat=True)) == 8


def test_write_offs_move_stock_once_and_only_when_asked(world: World, tmp_path: Path) -> None:
    world.sku("21777", {"london": 50})
    path = written(
        tmp_path, "536589,21777,damages,-10,2010-12-01 16:50,0.0,,United Kingdom",
        "536590,21777,found,3,2010-12-01 16:51,0.0,,United Kingdom",
        "536591,99999,damages,-1,2010-12-01 16:52,0.0,,United Kingdom",
    )  # fmt: skip
    report = uci(path, stock="update")
    assert report.adjustments == {"applied": 2, "unknown_sku": 1}
    assert world.level("21777", "london").on_hand == 43
    assert Counter(StockEntry.objects.values_list("kind", "reason", "on_hand")) == {
        ("open", "", 50): 1, ("adjust", "write_off", -10): 1, ("adjust", "found", 3): 1,
    }  # fmt: skip
    again = uci(path, stock="update")
    assert (again.adjustments, again.kept) == ({}, {"unchanged": 3})
    assert world.level("21777", "london").on_hand == 43


def test_what_was_history_stays_history(world: World, tmp_path: Path) -> None:
    world.sku("21777", {"london": 50})
    path = written(tmp_path, "536589,21777,damages,-10,2010-12-01 16:50,0.0,,United Kingdom")
    uci(path)
    uci(path, stock="force")
    assert world.level("21777", "london").on_hand == 50


def test_a_write_off_that_orders_need_opens_a_case(world: World, tmp_path: Path) -> None:
    world.sku("21777", {"london": 5})
    uci(
        written(
            tmp_path, "1,21777,X,4,2010-12-01 16:40,1.0,7,United Kingdom",
            "2,21777,damages,-3,2010-12-01 16:50,0.0,,United Kingdom",
        ),
        stock="update",
    )  # fmt: skip
    level = world.level("21777", "london")
    assert (level.on_hand, level.allocated, level.shortfall) == (2, 4, 2)
    assert ExceptionItem.objects.get(kind="shortfall").state == "open"


def test_a_broken_row_holds_back_its_invoice_alone(world: World, tmp_path: Path) -> None:
    good = "1,22423,CAKESTAND,1,2011-01-04 10:00,12.75,7,France"
    broken = [good.replace("1,", "2,", 1), "2,22424,X,many,2011-01-04 10:00,1,7,France"]
    report = uci(written(tmp_path, good, *broken))
    assert report.orders == {"created": 1, "refused": 1}
    assert report.failed
    assert "row 4, Quantity: 'many' is not a whole number" in report.as_text()
    mended = uci(written(tmp_path, good, broken[0], broken[1].replace("many", "2")))
    assert mended.orders == {"created": 1, "unchanged": 1, "refused": 0}


def test_an_interrupted_import_is_finished_by_doing_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trivet.flows.imports.run.GROUP_ORDERS", 3)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trivet.flows.imports.orders.EVERY", 20)
    with pytest.raises(KeyboardInterrupt):
        uci(progress=stop)
    assert 0 < Order.objects.count() < 15
    report = uci()
    assert report.orders["created"] + report.orders["unchanged"] == Order.objects.count() == 15
    assert Receipt.objects.exclude(source="import").count() == 14 + 15


def test_large_groups_and_small_ones_are_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trivet.flows.imports.run.GROUP_ORDERS", 1)
    assert uci().orders["created"] == 15


def test_progress_and_rows_are_told(world: World) -> None:
    seen: list[tuple[int, int]] = []
    rows: list[Verdict] = []
    uci(progress=lambda done, total: seen.append((done, total)), listener=rows.append)
    assert seen[-1] == (387, 387)
    assert sorted(v.row for v in rows) == list(range(2, 389))


def test_past_imports_can_be_looked_at(world: World) -> None:
    report = uci(name="history.csv")
    (found,) = past_imports()
    assert (found.id, found.by, found.report["file"]) == (report.id, "Import", "history.csv")
    again, rows = past_import(report.id)
    assert again == found
    assert len(rows) == 387
    assert rows[0][:4] == [2, "order_line", "", "536365"]
    assert Event.objects.get(kind="import.finished").subject_id == report.id


def test_the_report_is_json_in_the_agreed_shape(world: World) -> None:
    told = json.loads(json.dumps(uci().as_dict()))
    assert told["rows"] == 387
    assert sum(told["verdicts"].values()) == 387
    assert {"created", "unchanged", "conflict"} <= told["orders"].keys()
    assert told["seconds"] >= 0


def test_edit_may_invent_what_the_file_lacks_and_says_so(world: World) -> None:
    def named(order: Any) -> Any:
        return replace(order, note="moved") if order.external_id == "536365" else order

    uci(edit=named, invented=True)
    assert Order.objects.get(external_id="536365").note == "moved"
    assert Order.objects.filter(invented=True).count() == 15


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"channel": "none"}, "channel"), ({"stock": "maybe"}, "stock"), ({"form": "xml"}, "format"),
        ({"location": "moon"}, "location"), ({"form": "csv"}, "file"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_says_why_before_anything_is_stored(
    world: World, more: dict[str, str], field: str
) -> None:
    before = counts()
    with pytest.raises(Invalid) as caught:
        import_orders(SAMPLE, **{"channel": "web", "form": "uci", **more})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert counts() == before


def test_own_columns(world: World, tmp_path: Path) -> None:
    world.sku("TEE", {"leeds": 5})
    head = (
        "order_id,placed_at,email,name,line1,city,postal_code,country,sku,quantity,unit_price,shipping,paid"
    )
    address = "lan@example.com,Lan Pham,1 Mill St,Leeds,LS2 7EW,GB"
    path = written(
        tmp_path, f"1001,2026-11-01 10:00,{address},TEE,2,9.99,3.00,22.98", f"1002,2026-11-01 10:05,{address},TEE,x,9.99,,",
        head=head,
    )  # fmt: skip
    report = import_orders(path, channel="web", form="csv", stock="update")
    assert report.orders == {"created": 1, "refused": 1}
    order = Order.objects.get()
    assert (order.total_minor, order.payment_status, order.country, order.email) == (
        2_298,
        "paid",
        "GB",
        "lan@example.com",
    )
    assert world.level("TEE", "leeds").allocated == 2
    assert report.money["GBP"].difference == 0
    assert import_orders(path, channel="web", form="csv", stock="update").orders["unchanged"] == 1
