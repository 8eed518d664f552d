"""Brands, places, channels: every change is recorded and makes cached pictures stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trivet.company.actions import (
    add_brand,
    add_channel,
    add_place,
    change_channel,
    change_place,
    rename_brand,
    serve,
    stop_serving,
)
from trivet.company.models import Location, Revision
from trivet.company.queries import revision, setup
from trivet.company.queries.facts import channel_facts, place_facts
from trivet.company.rules import ChannelFacts, PlaceFacts
from trivet.journal.models import Event
from trivet.journal.rules import SYSTEM
from trivet.lib import clock
from trivet.lib.errors import Conflict, Invalid, NotFound

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEB = ChannelFacts("web", "Web shop", "gifts", "GBP")
YORK = PlaceFacts("york", "York", "GB", postal_code="YO1 7HH", city="York", timezone="Europe/London")


@pytest.fixture(autouse=True)
def a_revision_of_our_own() -> None:
    """Tests that empty all tables take the row with them, and processes cache by its number."""
    Revision.objects.update_or_create(id=1, defaults={"number": int(clock.now().timestamp() * 1_000_000)})


def shop() -> None:
    add_brand("gifts", "Gifts", by=SYSTEM, now=NOW)
    add_channel(WEB, by=SYSTEM, now=NOW)
    add_place(YORK, by=SYSTEM, now=NOW)
    serve("web", "york", ["standard"], ["GB"], by=SYSTEM, now=NOW)


def test_the_picture_follows_each_change() -> None:
    before = revision()
    shop()
    picture = setup()
    place = picture.place_by_code["york"]
    channel = picture.channels["web"]
    assert picture.serving[channel.id][0].location == place.id
    assert revision() > before
    change_place("york", replace(YORK, capacity_per_day=5, code="york-1"), by=SYSTEM, now=NOW)
    stop_serving("web", "york-1", by=SYSTEM, now=NOW)
    later = setup()
    assert later.place_by_code["york-1"].capacity_per_day == 5 and not later.serving.get(channel.id)
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == [
        "brand.added", "channel.added", "place.added", "channel.served", "availability.changed", "place.changed",
        "availability.changed", "channel.unserved", "availability.changed",
    ]  # fmt: skip


def test_what_does_not_change_is_not_recorded() -> None:
    shop()
    n = Event.objects.count()
    change_place("york", YORK, by=SYSTEM, now=NOW)
    change_channel("web", channel_facts("web"), by=SYSTEM, now=NOW)
    serve("web", "york", ["standard"], ["GB"], by=SYSTEM, now=NOW)
    rename_brand("gifts", "Gifts", by=SYSTEM, now=NOW)
    assert Event.objects.count() == n


def test_names_are_taken_once() -> None:
    shop()
    with pytest.raises(Conflict):
        add_brand("gifts", "Other", by=SYSTEM, now=NOW)
    with pytest.raises(Conflict):
        add_channel(WEB, by=SYSTEM, now=NOW)
    with pytest.raises(Conflict):
        add_place(YORK, by=SYSTEM, now=NOW)
    with pytest.raises(NotFound):
        change_place("leeds", YORK, by=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("code", replace(YORK, code="York!")),
        ("country", replace(YORK, country="uk")),
        ("country", replace(YORK, country="XQ")),
        ("timezone", replace(YORK, timezone="Mars/Olympus")),
        ("timezone", replace(YORK, timezone="localtime")),
        ("holiday_calendar", replace(YORK, holiday_calendar="England")),
        ("holiday_calendar", replace(YORK, holiday_calendar="XX")),
        ("holiday_calendar", replace(YORK, holiday_calendar="GB-NOPE")),
        ("holiday_calendar", replace(YORK, holiday_calendar="GB-")),
        ("holiday_calendar", replace(YORK, holiday_calendar="utils")),
        ("kind", replace(YORK, kind="barn")),
        ("latitude", replace(YORK, latitude=1.0)),
        ("min_stock", replace(YORK, min_stock=-1)),
        ("dispatch_days", replace(YORK, dispatch_days=(0, 0))),
        ("slug", replace(WEB, slug="WEB")),
        ("currency", replace(WEB, currency="XXY")),
        ("locale", replace(WEB, locale="no language")),
        ("timezone", replace(WEB, timezone="Mars/Olympus")),
        ("brand", replace(WEB, brand="none")),
        ("cap", replace(WEB, cap=-1)),
        ("on_shortage", replace(WEB, on_shortage="panic")),
    ],
)
def test_a_field_that_breaks_a_rule_is_named(field: str, facts: PlaceFacts | ChannelFacts) -> None:
    add: Any = add_place if isinstance(facts, PlaceFacts) else add_channel
    with pytest.raises(Invalid) as caught:
        add(facts, by=SYSTEM, now=NOW)
    assert caught.value.field == field


def test_given_coordinates_stay() -> None:
    place = add_place(replace(YORK, latitude=53.96, longitude=-1.08), by=SYSTEM, now=NOW)
    assert place.geo_source == "given"
    moved = change_place("york", replace(place_facts(place), city="Leeds"), by=SYSTEM, now=NOW)
    assert (moved.latitude, moved.geo_source) == (53.96, "given")


@pytest.mark.parametrize("calendar", ["", "GB", "GB-ENG", "DE-SN", "VN"])
def test_known_public_holidays_are_taken(calendar: str) -> None:
    assert (
        add_place(replace(YORK, holiday_calendar=calendar), by=SYSTEM, now=NOW).holiday_calendar == calendar
    )


def test_a_wrong_part_of_a_country_is_answered_with_the_right_ones() -> None:
    with pytest.raises(Invalid, match="the parts of GB are ENG, NIR, SCT, WLS"):
        add_place(replace(YORK, holiday_calendar="GB-NOPE"), by=SYSTEM, now=NOW)


def test_a_place_closes_on_its_public_holidays_and_not_on_those_nobody_knows() -> None:
    shop()
    christmas = datetime(2026, 12, 25, 9, tzinfo=UTC)
    change_place("york", replace(YORK, holiday_calendar="GB-ENG"), by=SYSTEM, now=NOW)
    assert setup().place_by_code["york"].ready_days(christmas) == 4, (
        "Friday, the weekend, Boxing Day's substitute"
    )
    Location.objects.update(holiday_calendar="England", timezone="Mars/Olympus")
    rename_brand("gifts", "Presents", by=SYSTEM, now=NOW)
    york = setup().place_by_code["york"]
    assert york.ready_days(christmas) == 0 and york.dispatch_by(christmas).utcoffset() == timedelta(0)
