"""Imports at the desk: a file is sent, a worker imports it, every row has its verdict; only some may."""

from __future__ import annotations

import gzip
import re
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from tests.world import World
from trivet.catalog.models import Variant
from trivet.flows.imports import uploads
from trivet.flows.imports.uploads import BEAT, carry_out, forget_uploads, upload
from trivet.inventory.models import StockLevel
from trivet.lib import clock
from trivet.orders.models import Order
from trivet.partners.models import Upload, UploadPiece
from trivet.web.tests.conftest import As

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = (
    "order_id,placed_at,sku,quantity,unit_price,email\n"
    "A-1,2026-11-01 10:00,SHIRT,2,5.00,a@example.com\n"
    "A-1,2026-11-01 10:00,SCARF,1,3.00,a@example.com\n"
    "A-2,2026-11-01 11:00,SHIRT,x,5.00,b@example.com\n"
)


def _sent(text: str, name: str = "autumn.csv") -> SimpleUploadedFile:
    data = text.encode()
    return SimpleUploadedFile(name, gzip.compress(data) if name.endswith(".gz") else data)


def _send(client: Any, what: str, text: str, name: str = "autumn.csv", **more: str) -> Any:
    given = {"channel": "web", "form": "csv", "stock": "skip"} if what == "orders" else {}
    return client.post(f"/settings/imports/new/{what}", {"file": _sent(text, name), **given, **more})


def _key(answer: Any) -> UUID:
    assert answer.status_code == 302, re.findall("field-error.*?<", answer.content.decode())
    return UUID(answer.url.rsplit("/", 1)[1])


@pytest.mark.parametrize("name", ["autumn.csv", "autumn.csv.gz"])
def test_orders_come_in_by_a_worker_and_every_row_has_a_verdict(world: World, as_: As, name: str) -> None:
    client: Any = as_("dan")
    answer = _send(client, "orders", ORDERS, name)
    key = _key(answer)
    waiting = client.get(answer.url).content.decode()
    assert "How far is" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    assert Order.objects.count() == 0
    carry_out(key)
    assert UploadPiece.objects.count() == 0
    done = client.get(answer.url)
    assert done.status_code == 302
    page = client.get(done.url).content.decode()
    assert name in page
    assert "A value cannot be used" in page
    assert Order.objects.get().external_id == "A-1"
    skipped = client.get(f"{done.url}?verdict=skipped").content.decode()
    assert "A-2" in skipped
    assert "A-1" not in skipped
    csv = b"".join(client.get(f"{done.url}/rows.csv?verdict=order_line").streaming_content).decode()
    assert csv.splitlines()[0] == "row,verdict,reason,key,value_minor,message"
    assert len(csv.splitlines()) == 3
    assert name in client.get("/settings/imports").content.decode()
    carry_out(key)
    assert Order.objects.count() == 1


def test_what_was_only_tried_stores_nothing_until_it_is_carried_out(world: World, as_: As) -> None:
    client = as_("alice")
    key = _key(_send(client, "stock", "sku,quantity,location\nSHIRT,7,leeds\n", dry_run="yes"))
    carry_out(key)
    address = f"/settings/imports/uploads/{key}"
    page = client.get(address).content.decode()
    assert "nothing is stored" in page
    assert "Counted, differed" in page
    assert StockLevel.objects.get(variant__sku="SHIRT", location__code="leeds").on_hand == 500
    client.post(f"{address}/repeat")
    assert client.post(f"{address}/repeat").status_code == 409
    carry_out(key)
    assert StockLevel.objects.get(variant__sku="SHIRT", location__code="leeds").on_hand == 7


def test_products_come_in(world: World, as_: As) -> None:
    carry_out(_key(_send(as_("dan"), "catalog", "sku,title,price\nHAT,A hat,12.00\n", currency="gbp")))
    assert Variant.objects.get(sku="HAT").title == "A hat"


def test_a_file_that_cannot_be_read_says_why(world: World, as_: As) -> None:
    client = as_("dan")
    answer = _send(client, "stock", "no,such,columns\n1,2,3\n")
    carry_out(_key(answer))
    page = client.get(answer.url).content.decode()
    assert "Why did autumn.csv not come in?" in page
    assert "sku" in page
    part = client.get(answer.url, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part["HX-Redirect"] == answer.url


def test_forms_say_what_is_missing(world: World, as_: As) -> None:
    client = as_("dan")
    assert client.post("/settings/imports/new/orders", {"channel": "web"}).status_code == 400
    assert _send(client, "orders", "").status_code == 400
    assert _send(client, "catalog", "sku\nX\n", currency="XQX").status_code == 400
    assert client.get("/settings/imports/new/secrets").status_code == 404
    assert Upload.objects.count() == 0


def test_a_fault_is_told_and_tried_again(world: World, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_("dan")
    answer = _send(client, "catalog", "sku,title\nHAT,A hat\n")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setitem(uploads.IMPORTS, "catalog", broken)
    with pytest.raises(RuntimeError):
        carry_out(_key(answer))
    assert "It is tried again by itself" in client.get(answer.url).content.decode()
    monkeypatch.undo()
    carry_out(_key(answer))
    assert Variant.objects.filter(sku="HAT").exists()


def test_progress_can_be_seen_from_outside_of_the_imports_transaction(
    world: World, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = _key(_send(as_("dan"), "catalog", "sku,title\nHAT,A hat\n"))
    seen: list[tuple[str, int, int]] = []
    real = uploads.IMPORTS["catalog"]

    def slow(*args: Any, **kwargs: Any) -> Any:
        kwargs["progress"](1, 4)
        deadline = clock.now().timestamp() + 20 * BEAT
        while not seen and clock.now().timestamp() < deadline:
            found = upload(key)
            if found.rows_total:
                seen.append((found.state, found.rows_done, found.rows_total))
        return real(*args, **kwargs)

    monkeypatch.setitem(uploads.IMPORTS, "catalog", slow)
    carry_out(key)
    assert seen == [("running", 1, 4)]


@pytest.mark.parametrize("name", ["bob", "carol", "ana", "eve"])
def test_who_may_not_import_gets_nowhere(world: World, as_: As, name: str) -> None:
    client = as_(name)
    refused = 302 if name == "eve" else 403
    assert _send(client, "orders", ORDERS).status_code == refused
    assert client.get("/settings/imports").status_code == refused
    mine = _key(_send(as_("dan"), "stock", "sku,quantity\nSHIRT,1\n", dry_run="yes"))
    carry_out(mine)
    assert client.post(f"/settings/imports/uploads/{mine}/repeat").status_code == refused
    assert Order.objects.count() == 0
    assert upload(mine).dry_run


def test_files_nobody_carried_out_are_forgotten(world: World, as_: As) -> None:
    key = _key(_send(as_("dan"), "stock", "sku,quantity\nSHIRT,1\n", dry_run="yes"))
    carry_out(key)
    forget_uploads(now=clock.now())
    assert upload(key).repeatable
    forget_uploads(now=clock.now() + uploads.FILES_KEPT * 2)
    assert not upload(key).repeatable
    assert forget_uploads(now=clock.now() + uploads.UPLOADS_KEPT * 2) > 0


def test_the_pages_speak_vietnamese(world: World, as_: As) -> None:
    client = as_("dan")
    client.post("/preferences", {"language": "vi", "next": "/today"})
    with translation.override("vi"):
        page = client.get("/settings/imports/new/orders").content.decode()
    assert "Đơn hàng" in page
    assert "History: stock" not in page


def test_without_a_channel_the_page_says_what_to_do_first(transactional_db: None, as_: As) -> None:
    page = as_("dan").get("/settings/imports/new/orders").content.decode()
    assert "There is no channel yet" in page
    assert 'href="/settings/channels/new"' in page


def test_the_money_of_a_file_is_told_with_all_that_did_not_come_in(world: World, as_: As) -> None:
    head = "order_id,placed_at,sku,quantity,unit_price\n"
    carry_out(_key(_send(as_("dan"), "orders", f"{head}M-1,2026-11-01 10:00,SHIRT,1,5.00\n")))
    rows = (
        "M-1,2026-11-01 10:00,SHIRT,2,5.00\nM-2,3/4/2026,SHIRT,1,3.00\nM-3,13/4/2026,SHIRT,1,1.00\n"
        "M-4,4/13/2026,SHIRT,1,x\nM-5,4/14/2026,SHIRT,1,2.00\n"
    )
    again = f"{head}M-5,2026-04-14,SHIRT,1,2.00\n"
    client: Any = as_("dan")
    carry_out(_key(_send(client, "orders", again)))
    answer = _send(client, "orders", head + rows)
    carry_out(_key(answer))
    address = client.get(answer.url).url
    page = client.get(address).content.decode()
    for told in (
        "rows that say no amount: 1", "stored before: £2.00", "refused orders: £3.00", "stored with other content: £10.00",
        "The date can be read two ways", "some dates have the day first (1 such as",
    ):  # fmt: skip
        assert told in page, told
    client.post("/preferences", {"language": "vi", "next": "/today"})
    with translation.override("vi"):
        page = client.get(address).content.decode()
    for told in ("dòng không đọc được số tiền: 1", "đơn bị từ chối:", "đã lưu với nội dung khác:", "đã lưu từ trước:",
                 "một số ngày ghi ngày trước (1, như", "Ngày có thể hiểu hai cách"):  # fmt: skip
        assert told in page, told
