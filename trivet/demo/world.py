"""The set-up of the demo: brand, places, channels and the people who work there, through the verbs of each room."""

from __future__ import annotations

from datetime import datetime, time

from trivet.company.actions import add_brand, add_channel, add_place, serve
from trivet.company.rules import ChannelFacts, PlaceFacts
from trivet.journal.rules import SYSTEM, Actor
from trivet.staff.actions import add_user, deactivate_user
from trivet.staff.models import User

BRAND = ("tansy-thimble", "Tansy & Thimble")
PASSWORD = "thimble-and-tea"  # noqa: S105  # printed for everyone: this world holds nothing real
PEOPLE = (
    ("alice", "Alice Harcourt", "owner", "owner: everything"),
    ("bob", "Bob Tennant", "warehouse", "warehouse: stock, receiving, counts"),
    ("carol", "Carol Nguyen", "support", "support: orders, customers, holds"),
    ("dan", "Dan Okafor", "operations", "operations: all but people"),
)
"""Username, name, role, what the log-in is good for. Eve had an account once and may nothing now."""

EUROPE = ("AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "IE", "IT", "NL", "NO", "PL", "PT", "SE")

PLACES = (
    PlaceFacts(
        "dartford", "Dartford warehouse", "GB", line1="4 Anchor Boulevard", city="Dartford", postal_code="DA2 6QH",
        timezone="Europe/London", holiday_calendar="GB-ENG", cut_off=time(19, 0), priority=10, handling_minor=120,
    ),
    PlaceFacts(
        "birmingham", "Birmingham warehouse", "GB", line1="Unit 9, Wharf Road", city="Birmingham",
        postal_code="B24 8TH", timezone="Europe/London", holiday_calendar="GB-ENG",
        cut_off=time(18, 0), priority=20, handling_minor=95,
    ),
    PlaceFacts(
        "manchester", "Manchester warehouse", "GB", line1="31 Canal Approach", city="Manchester", postal_code="M17 1SD",
        timezone="Europe/London", holiday_calendar="GB-ENG", cut_off=time(18, 0), priority=30, handling_minor=95,
    ),
    PlaceFacts(
        "glasgow", "Glasgow warehouse", "GB", line1="6 Foundry Court", city="Glasgow", postal_code="G52 4RU",
        timezone="Europe/London", holiday_calendar="GB-SCT", cut_off=time(17, 0), priority=40, handling_minor=100,
        capacity_per_day=40,
    ),
    PlaceFacts(
        "leipzig", "Leipzig warehouse", "DE", line1="Am alten Güterbahnhof 12", city="Leipzig", postal_code="04158",
        timezone="Europe/Berlin", holiday_calendar="DE-SN", cut_off=time(17, 0), priority=50, handling_minor=110,
    ),
    PlaceFacts(
        "brighton", "The shop in Brighton", "GB", kind="store", line1="18 North Lane", city="Brighton",
        postal_code="BN1 1YE", timezone="Europe/London", holiday_calendar="GB-ENG", dispatch_days=(0, 1, 2, 3, 4, 5),
        cut_off=time(15, 0), priority=60, handling_minor=220, min_stock=2,
    ),
)  # fmt: skip

CHANNELS = (
    ChannelFacts("web", "Web shop", BRAND[0], "GBP", timezone="Europe/London", on_shortage="backorder", buffer=1),
    ChannelFacts(
        "wholesale", "Wholesale", BRAND[0], "GBP", kind="phone", timezone="Europe/London", on_shortage="backorder"
    ),
    ChannelFacts(
        "brocante", "Brocante (marketplace)", BRAND[0], "EUR", timezone="Europe/Berlin", on_shortage="accept", buffer=3
    ),
    ChannelFacts(
        "vietnam", "Cửa hàng Việt Nam", BRAND[0], "VND", timezone="Asia/Ho_Chi_Minh", locale="vi",
        on_shortage="backorder",
    ),
)  # fmt: skip

SERVING: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    *(("web", code, (), ()) for code in ("dartford", "birmingham", "manchester", "glasgow")),
    ("web", "leipzig", ("standard",), EUROPE),
    ("web", "brighton", ("pickup", "standard"), ("GB",)),
    *(("wholesale", code, (), ()) for code in ("dartford", "birmingham", "manchester")),
    ("wholesale", "leipzig", (), EUROPE),
    *(("brocante", code, (), ()) for code in ("dartford", "leipzig")),
    *(("vietnam", code, (), ()) for code in ("dartford", "leipzig")),
)
"""Channel, place, methods, countries (empty: all)."""


def actor(username: str) -> Actor:
    """The person as who they act."""
    user = User.objects.get(username=username)
    return Actor("user", str(user.pk), user.get_full_name())


def set_up(now: datetime) -> None:
    """Brand, places, channels and people, all new; in the caller's transaction."""
    add_brand(*BRAND, by=SYSTEM, now=now)
    for place in PLACES:
        add_place(place, by=SYSTEM, now=now)
    for channel in CHANNELS:
        add_channel(channel, by=SYSTEM, now=now)
    for channel_slug, place_code, methods, countries in SERVING:
        serve(channel_slug, place_code, methods, countries, by=SYSTEM, now=now)
    for username, name, role, _ in PEOPLE:
        add_user(
            username, PASSWORD, role=role, name=name, email=f"{username}@example.com", by=SYSTEM, now=now
        )
    eve = add_user(
        "eve", PASSWORD, role="analyst", name="Eve Marlow", email="eve@example.com", by=SYSTEM, now=now
    )
    deactivate_user(eve.id, by=SYSTEM, now=now)
