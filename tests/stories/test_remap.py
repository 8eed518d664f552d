"""A mapper was wrong and is mended: which orders of the past would it have made otherwise? (row A13)"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import world
from trivet.api.order_in import read_order
from trivet.api.tests.calls import Caller, key, new_order
from trivet.flows.imports import import_orders
from trivet.flows.remap import Mapper, Remapped, Scope, put_before_a_person, remap
from trivet.journal.models import ExceptionItem, Receipt
from trivet.lib import clock
from trivet.orders.models import Order, OrderLine
from trivet.orders.rules.value import NewOrder
from trivet.partners.files import orders_csv, uci

pytestmark = pytest.mark.django_db(transaction=True)
MAPPERS: dict[str, Mapper] = {"api": read_order, "uci": uci.remap, "csv": orders_csv.remap}


@pytest.fixture
def shop() -> Caller:
    built = world.build()
    built.sku("TEE", {"leeds": 30})
    return Caller(key())


def told(scope: Scope | None = None, **other: Mapper) -> dict[str, Remapped]:
    return {one.external_id: one for one in remap(MAPPERS | other, scope or Scope())}


def mended(payload: Any) -> NewOrder:
    """What a mended mapper would do: in March prices came in major units by mistake."""
    order = read_order(payload)
    if "march" not in order.tags:
        return order
    return replace(
        order, lines=tuple(replace(line, unit_price=line.unit_price * 100) for line in order.lines)
    )


def test_the_payload_is_kept_word_for_word_with_the_order(shop: Caller) -> None:
    body = json.dumps(new_order("1", note='Grüße,  "two blanks"'), indent=3, ensure_ascii=False)
    answer = shop.send("POST", "/orders", raw=body.encode())
    assert answer.status_code == 201
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT payload::text, kind, subject_id FROM journal_receipt")
        [(kept, mapper, subject)] = cursor.fetchall()
    assert kept == body and mapper == "api/1" and str(subject) == answer.json()["id"]
    status, received = shop.get(f"/orders/{subject}/received")
    assert status == 200 and received["payload"]["external_id"] == "1" and received["mapper"] == "api/1"


def test_what_is_refused_or_known_leaves_no_payload(shop: Caller) -> None:
    shop.post("/orders", new_order("1"))
    shop.post("/orders", new_order("1"))
    shop.post("/orders", new_order("1", currency="EUR"))
    shop.post(
        "/orders",
        new_order("2", lines=[{"sku": "TEE", "quantity": 99, "unit_price": 1}], on_shortage="refuse"),
    )
    assert list(Receipt.objects.values_list("external_id", flat=True)) == ["1"]


def test_a_mended_mapper_names_the_orders_and_fields_it_would_change(shop: Caller) -> None:
    shop.post("/orders", new_order("plain"))
    _, hit = shop.post("/orders", new_order("hit", tags=["march"]))
    rows = [json.dumps(new_order(f"bulk-{n}", tags=["march"] if n == 2 else [])) for n in range(4)]
    assert (
        shop.send(
            "POST", "/orders/bulk", raw="\n".join(rows).encode(), content_type="application/x-ndjson"
        ).status_code
        == 200
    )
    assert {one.outcome for one in told().values()} == {"same"}
    found = told(api=mended)
    assert {name for name, one in found.items() if one.outcome == "differs"} == {"hit", "bulk-2"}
    line = OrderLine.objects.get(order=hit["id"])
    changes = {name: (old, new) for name, old, new in found["hit"].changes}
    assert changes[f"lines[{line.external_id}].unit_price_minor"] == (
        line.unit_price_minor,
        line.unit_price_minor * 100,
    )
    assert "total_minor" in changes and "email" not in changes
    assert Order.objects.get(id=hit["id"]).total_minor == changes["total_minor"][0]


def test_what_differs_goes_before_a_person_once(shop: Caller) -> None:
    shop.post("/orders", new_order("hit", tags=["march"]))
    one = told(api=mended)["hit"]
    assert put_before_a_person(one, now=clock.now()) and not put_before_a_person(one, now=clock.now())
    item = ExceptionItem.objects.get()
    assert (item.kind, item.subject_id) == ("remapped", one.order)
    assert "total_minor" in item.facts["fields"]


def test_a_mapper_that_is_gone_or_fails_is_told(shop: Caller) -> None:
    from trivet.lib.errors import Invalid

    def broken(payload: Any) -> NewOrder:
        raise Invalid("lines", "cannot be read")

    shop.post("/orders", new_order("1"))
    assert told(api=broken)["1"].reason == "lines: cannot be read"
    [gone] = remap({}, Scope())
    assert gone.outcome == "unreadable" and "api/1" in gone.reason


def test_the_scope_is_kept(shop: Caller) -> None:
    shop.post("/orders", new_order("1"))
    assert told(Scope(channel="web")).keys() == {"1"}
    assert not told(Scope(channel="we"))
    assert not told(Scope(since=clock.now()))
    assert not told(Scope(until=Receipt.objects.get().received_at))


def test_files_leave_what_each_order_was_made_of(shop: Caller, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "order_id,placed_at,sku,quantity,unit_price,discount\nA,3/14/2026,TEE,2,5.00,1.00\nA,3/14/2026,MUG,1,2.50,\n"
    )
    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    shape = tmp_path / "uci.csv.gz"
    shape.write_bytes(gzip.compress(
        (head + "536365,85123A,HEART,6,1/12/2010 08:26,2.55,17850,United Kingdom\n"
        "536365,POST,POSTAGE,1,1/12/2010 08:26,18.00,17850,United Kingdom\n"
        "536366,22423,REGENCY,2,1/13/2010 08:26,0.333,,France\n").encode()
    ))  # fmt: skip
    assert import_orders(own, channel="web").orders["created"] == 1
    assert import_orders(shape, channel="web", form="uci").orders["created"] == 2
    assert {name: one.outcome for name, one in told().items()} == {
        "A": "same",
        "536365": "same",
        "536366": "same",
    }
    receipt = Receipt.objects.get(external_id="536365")
    assert receipt.kind == uci.MAPPER and receipt.payload["rows"][0][1] == "85123A"
    assert import_orders(own, channel="web").orders["unchanged"] == 1
    assert Receipt.objects.filter(source="order:web").count() == 3

    def other(raw: dict[str, Any]) -> NewOrder | None:
        return uci.remap(raw | {"month_first": not raw["month_first"]})

    assert told(uci=other)["536365"].changes[0][0] == "placed_at"
