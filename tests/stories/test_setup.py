"""What is set up wrong is refused when it is said, and stops no order that comes in."""

from __future__ import annotations

import pytest

from tests import world
from trivet.api.tests.calls import Caller, key, new_order
from trivet.company.models import Channel, Location
from trivet.web.tests.conftest import As, as_

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["as_"]


@pytest.fixture
def shop() -> Caller:
    world.build().sku("TEE", {"leeds": 3})
    return Caller(key())


@pytest.mark.parametrize("calendar", ["England", "XX", "GB-NOPE"])
def test_public_holidays_that_nobody_knows_are_refused_by_every_door(
    shop: Caller, as_: As, calendar: str
) -> None:
    status, problem = shop.call("PATCH", "/settings/places/leeds", {"holiday_calendar": calendar})
    assert (status, problem["field"]) == (422, "holiday_calendar")
    new = {"code": "york", "name": "York", "country": "GB", "holiday_calendar": calendar}
    assert shop.post("/settings/places", new)[1]["field"] == "holiday_calendar"
    form = {
        "name": "Leeds", "code": "leeds", "kind": "warehouse", "country": "GB", "timezone": "Europe/London",
        "cut_off": "14:00", "dispatch_days": ["0", "1"], "priority": "10", "min_stock": "0", "active": "on",
    }  # fmt: skip
    page = as_("alice").post("/settings/places/leeds", {**form, "holiday_calendar": calendar})
    assert page.status_code == 400 and 'id="id_holiday_calendar_error"' in page.content.decode()
    assert (
        as_("alice").post("/settings/places/leeds", {**form, "holiday_calendar": "GB-ENG"}).status_code == 302
    )


def test_a_place_without_a_time_zone_has_its_countrys_by_every_door(shop: Caller, as_: As) -> None:
    status, place = shop.post("/settings/places", {"code": "york", "name": "York", "country": "GB"})
    assert (status, place["timezone"]) == (201, "Europe/London")
    status, problem = shop.post("/settings/places", {"code": "reno", "name": "Reno", "country": "US"})
    assert (status, problem["field"]) == (422, "timezone") and "America/New_York" in problem["detail"]
    assert shop.call("PATCH", "/settings/places/york", {"timezone": ""})[1]["timezone"] == "Europe/London"
    form = {
        "name": "Hue", "code": "hue", "kind": "warehouse", "country": "VN", "timezone": "", "cut_off": "14:00",
        "dispatch_days": ["0", "1"], "priority": "10", "min_stock": "0", "active": "on",
    }  # fmt: skip
    alice = as_("alice")
    assert (
        'value="Europe/London"'
        not in alice.get("/settings/places/new").content.decode().split("<datalist")[0]
    )
    assert alice.post("/settings/places/new", form).status_code == 302
    assert Location.objects.get(code="hue").timezone == "Asia/Ho_Chi_Minh"
    page = alice.post("/settings/places/new", {**form, "code": "reno", "country": "US"})
    assert page.status_code == 400 and 'id="id_timezone_error"' in page.content.decode()


def test_what_is_stored_and_not_known_stops_no_order_and_is_said_on_the_page(shop: Caller, as_: As) -> None:
    Location.objects.update(holiday_calendar="England", timezone="Mars/Olympus")
    Channel.objects.update(timezone="Mars/Olympus", locale="??")
    assert shop.call("PATCH", "/settings/brands/lantern", {"name": "Lantern"})[0] == 200
    assert shop.post("/orders", new_order("1"))[0] == 201
    assert shop.post("/stock/receipts", {"sku": "TEE", "place": "leeds", "quantity": 5})[0] == 201
    alice = as_("alice")
    for page in ("/settings/places", "/settings/places/leeds"):
        told = alice.get(page).content.decode()
        assert "The public holidays of England are not known; Leeds works as if there were none." in told
        assert "The time zone Mars/Olympus of Leeds is not known; UTC counts." in told


def test_forms_suggest_what_can_be_typed(shop: Caller, as_: As) -> None:
    place, channel = (
        as_("alice").get(f"/settings/{page}").content.decode() for page in ("places/leeds", "channels/web")
    )
    assert (
        '<option value="GB">United Kingdom</option>' in place and '<option value="Asia/Ho_Chi_Minh">' in place
    )
    assert 'list="list_holiday_calendar"' in place and '<datalist id="list_holiday_calendar">' in place
    assert '<option value="VND">Vietnamese Dong</option>' in channel
    assert '<option value="vi">Vietnamese</option>' in channel
