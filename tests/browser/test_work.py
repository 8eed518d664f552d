"""Work at the desk, by keyboard and by mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk
from trivet.flows import simulation
from trivet.flows.imports.uploads import carry_out
from trivet.inventory.models import StockLevel
from trivet.orders.models import Hold, Order
from trivet.partners.models import Upload
from trivet.payments.models import Payment
from trivet.routing.models import Simulation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_walk_by_keyboard_only(desk: Desk, shop: list[int]) -> None:
    page = desk.page
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("order")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders**")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=What was sold?")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type(f"#{shop[2]}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{shop[2]}")


def test_the_list_narrows_while_typing(desk: Desk, shop: list[int]) -> None:
    page = desk.open("/orders?view=all")
    assert page.locator("#results tbody tr").count() == len(shop)
    page.fill("#q", "web-5")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    assert "q=web-5" in page.url
    page.select_option("#payment", "refunded")
    page.wait_for_selector("text=No order matches")


def test_a_hold_is_placed_and_released(desk: Desk, shop: list[int]) -> None:
    page = desk.open(f"/orders/{shop[0]}")
    page.click("summary:has-text('Put on hold')")
    page.select_option("#id_kind", "address")
    page.fill("#id_reason", "House number is missing")
    page.click("form[action$='/holds'] button")
    page.wait_for_selector(".alert-warning >> text=House number is missing")
    assert Hold.objects.get(order__number=shop[0]).kind == "address"
    page.click("button:has-text('Release')")
    page.wait_for_selector("text=Released. Work goes on.")
    assert Order.objects.get(number=shop[0]).holds_open == 0


def test_units_are_cancelled_after_a_look_at_what_it_does(desk: Desk, shop: list[int]) -> None:
    page = desk.open(f"/orders/{shop[0]}/cancellation")
    page.wait_for_selector("text=Cancel the whole order")
    page.fill("#id_units-1", "99")
    page.wait_for_selector("#id_units-1_error >> text=At most 2.")
    page.wait_for_selector("#do button[disabled]")
    assert page.locator("#preview dl").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert Order.objects.get(number=shop[0]).units_cancelled == 0
    page.fill("#id_units-1", "0")
    page.fill("#id_units-2", "0")
    page.wait_for_selector("#preview >> text=Choose at least one unit.")
    page.wait_for_selector("#do button[disabled]")
    page.fill("#id_units-1", "1")
    page.wait_for_selector("#preview >> text=The order then costs")
    page.wait_for_selector("#preview >> text=To pay back")
    page.click("text=Cancel these units")
    page.wait_for_url(f"**/orders/{shop[0]}")
    assert Order.objects.get(number=shop[0]).units_cancelled == 1


def test_an_order_is_changed_after_a_look_and_the_change_taken_back(desk: Desk, shop: list[int]) -> None:
    page = desk.open(f"/orders/{shop[0]}")
    page.keyboard.press("e")
    page.wait_for_url("**/edit")
    page.fill("#id_units-1", "3")
    page.wait_for_selector("#preview >> text=To collect")
    page.click("text=Change the order")
    page.wait_for_selector("text=Changed. Money, stock and parcels are as announced.")
    page.click("text=Undo the change")
    page.click("button:has-text('Take it back')")
    page.wait_for_selector("text=Taken back.")
    assert Order.objects.get(number=shop[0]).version == 3


def test_stock_is_received_and_the_sum_explains_it(desk: Desk) -> None:
    page = desk.open("/stock/sku/SHIRT")
    page.click("summary:has-text('Receive')")
    form = page.locator("form[action^='/stock/receive']")
    form.locator("[name=place]").select_option("leeds")
    form.locator("[name=quantity]").fill("0")
    form.locator("button").click()
    page.wait_for_selector(".field-error")
    page.locator("form[action^='/stock/receive'] [name=quantity]").fill("12")
    page.locator("form[action^='/stock/receive'] button").click()
    page.wait_for_selector("text=Received. On hand is now 72")
    level = StockLevel.objects.get(variant__sku="SHIRT", location__code="leeds")
    assert level.on_hand == 72
    page.click("tr:has-text('Leeds') a[href^='/stock/why']")
    page.wait_for_selector(f"text=Why is this {level.available}?")
    page.wait_for_selector("text=The ledger and the counter agree.")


def test_an_unknown_code_is_mapped_and_its_order_goes_on(desk: Desk, shop: list[int]) -> None:
    page = desk.open("/exceptions/mapping")
    page.fill("[name=sku]", "NO-SUCH")
    page.click("text=Look at what it does")
    page.wait_for_selector(".field-error")
    assert page.input_value("[name=sku]") == "NO-SUCH"
    page.fill("[name=sku]", "scarf")
    page.click("text=Look at what it does")
    page.wait_for_selector("text=enough for all of them")
    assert Order.objects.get(number=shop[3]).holds_open == 1
    page.click("text=Yes, that is it")
    page.wait_for_selector("text=Every SKU is known")
    order = Order.objects.get(number=shop[3])
    assert (order.holds_open, order.units_allocated) == (0, 1)


def test_a_key_is_shown_once(desk: Desk) -> None:
    page = desk.open("/settings/keys")
    page.fill("#id_name", "Web shop")
    page.check("input[value='order.place']")
    page.click("button:has-text('Make a key')")
    secret = page.input_value("#secret")
    assert secret.startswith("tvk_")
    desk.open("/settings/keys")
    assert secret not in page.content()
    assert page.locator("#secret").count() == 0


def test_money_is_recorded_after_a_look_at_what_it_does(desk: Desk, shop: list[int]) -> None:
    page = desk.open(f"/orders/{shop[2]}")
    page.click("text=Record a payment")
    page.fill("#id_amount", "5")
    page.fill("#id_reference", "BANK-1")
    page.click("text=Look at what it does")
    page.wait_for_selector("text=£5.00 is noted as received.")
    assert Payment.objects.filter(reference="BANK-1").count() == 0
    page.click("text=Yes, record it")
    page.wait_for_url(f"**/orders/{shop[2]}")
    page.wait_for_selector("text=BANK-1")
    assert Payment.objects.get(reference="BANK-1").amount_minor == 500


def test_a_file_is_tried_watched_and_imported(desk: Desk, tmp_path: Path) -> None:
    counted = tmp_path / "counted.csv"
    counted.write_text("sku,quantity,location\nSHIRT,77,leeds\nNOBODY,1,leeds\n", encoding="utf-8")
    page = desk.open("/settings/imports/new/stock")
    page.set_input_files("#id_file", str(counted))
    page.click("text=Only try it")
    page.wait_for_selector("text=Waits for its turn")
    carry_out(Upload.objects.get().id)
    page.wait_for_selector("text=The SKU is not in the catalogue")
    assert StockLevel.objects.get(variant__sku="SHIRT", location__code="leeds").on_hand == 60
    page.click("text=Import it now")
    page.wait_for_selector("text=Waits for its turn")
    carry_out(Upload.objects.get().id)
    page.wait_for_selector("text=What became of counted.csv?")
    page.click("a:has-text('Skipped')")
    page.wait_for_selector("text=NOBODY")
    assert page.locator("tbody tr").count() == 1
    assert StockLevel.objects.get(variant__sku="SHIRT", location__code="leeds").on_hand == 77


def test_a_policy_is_tried_before_it_is_stored(desk: Desk, shop: list[int]) -> None:
    page = desk.open("/settings/routing/edit")
    page.fill("#id_parcel_penalty", "0.50")
    page.select_option("#id_rules-0-allow", "no")
    page.select_option("#id_rules-0-places", ["leeds"])
    page.click("button[name=try]")
    page.wait_for_selector("text=decisions would come out differently")
    assert page.input_value("#id_parcel_penalty") == "0.50"
    page.fill("#id_note", "Leeds moves house")
    page.click("text=Keep as a draft")
    page.wait_for_selector("text=Is this draft ready?")
    page.click("button:has-text('Simulate')")
    page.wait_for_selector("text=Waits for its turn")
    simulation.carry_out(Simulation.objects.get().id)
    page.wait_for_selector("text=orders ship differently")
    page.click("a:has-text('Leeds moves house')")
    page.click("text=Store as the next version")
    page.wait_for_selector("li:has-text('Leeds moves house')")
    assert page.locator("text=Leeds").count() >= 1
