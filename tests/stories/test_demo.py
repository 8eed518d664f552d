"""The demo world: it loads into an empty database, once, and every number in it is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trivet.catalog.models import Barcode, Product, Variant
from trivet.catalog.rules import is_gtin
from trivet.company.models import Channel, Location, Revision
from trivet.customers.models import Customer
from trivet.demo import goods, load, source
from trivet.demo.orders import stories
from trivet.demo.scenes import scenes
from trivet.demo.stock import plan
from trivet.flows.doctor import examine
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.models import AdjustmentRequest, Reservation, StockEntry, StockLevel
from trivet.journal.models import Event, ExceptionItem, FeedHead
from trivet.lib import clock
from trivet.orders.models import Hold, Order, OrderLine
from trivet.staff.models import User

WEDNESDAY = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
FIVE_WEEKS = timedelta(weeks=5)


@pytest.fixture
def empty(transactional_db: None) -> None:
    # Emptying tables between tests takes the rows that migrations put there; processes cache by revision.
    Revision.objects.update_or_create(id=1, defaults={"number": int(clock.now().timestamp() * 1_000_000)})
    FeedHead.objects.update_or_create(id=1, defaults={"position": 0})


class PowerCutError(Exception):
    """Somebody pulled the plug."""


def test_the_demo_loads_once_even_when_it_is_interrupted_and_every_number_is_true(empty: None) -> None:
    def pull_the_plug(done: int, total: int, label: str) -> None:
        if done > total * 2 // 3:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        load.load(pull_the_plug, WEDNESDAY, FIVE_WEEKS)
    told: list[tuple[int, int]] = []
    load.load(lambda done, total, _: told.append((done, total)), WEDNESDAY + timedelta(hours=3), FIVE_WEEKS)
    assert told[-1][0] == told[-1][1] == Order.objects.count()
    the_places_and_people_are_there()
    orders_stand_at_every_stage()
    stock_has_a_story()
    findings = examine(WEDNESDAY)
    assert [f for f in findings if f.severity == "error"] == []
    assert {f.code for f in findings} <= {"shortfall", "stuck_jobs"}
    facts, entries = Event.objects.count(), StockEntry.objects.count()
    age = load.load(None, WEDNESDAY + timedelta(days=1), FIVE_WEEKS)
    assert age == timedelta(days=1), "its present stays where it was"
    assert (Event.objects.count(), StockEntry.objects.count()) == (facts, entries)


def the_places_and_people_are_there() -> None:
    assert sorted(Location.objects.values_list("country", flat=True)) == ["DE", "GB", "GB", "GB", "GB", "GB"]
    assert set(Channel.objects.values_list("currency", flat=True)) == {"GBP", "EUR", "VND"}
    assert not Location.objects.filter(latitude=None).exists()
    for username, password, _ in load.LOGINS:
        assert User.objects.get(username=username, is_active=True).check_password(password)
    assert not User.objects.get(username="eve").is_active
    assert Variant.objects.filter(is_bundle=False).count() == len(source.articles())
    assert Variant.objects.filter(is_bundle=True).count() == len(goods.BUNDLES)
    assert not Product.objects.exclude(description__contains="invented").exists()
    assert all(is_gtin(code) for code in Barcode.objects.values_list("code", flat=True))
    assert not Customer.objects.filter(invented=False).exists()
    assert not Order.objects.filter(invented=False).exists()
    hosts = {email.rpartition("@")[2] for email in Customer.objects.values_list("email", flat=True)}
    assert hosts <= {"example.com", "example.org", "example.net"}


def orders_stand_at_every_stage() -> None:
    live = Order.objects.filter(tracked=True)
    assert live.count() >= 100
    assert set(live.values_list("channel__slug", flat=True)) == {"web", "wholesale", "brocante", "vietnam"}
    for status in ("unfulfilled", "on_hold", "scheduled"):
        assert live.filter(fulfillment_status=status).exists(), status
    for status in (
        "pending",
        "authorized",
        "partially_paid",
        "paid",
        "partially_refunded",
        "refunded",
        "voided",
    ):
        assert live.filter(payment_status=status).exists(), status
    assert live.filter(lifecycle="cancelled").count() == 7
    assert live.filter(units_cancelled__gt=0, lifecycle="open").exists()
    assert live.filter(units_backordered__gt=0).exists()
    assert live.filter(ship_together=True).exists()
    assert OrderLine.objects.filter(order__tracked=True, variant=None).exists()
    kinds = set(Hold.objects.filter(released_at=None).values_list("kind", flat=True))
    assert kinds >= {"fraud", "address", "payment", "manual", "preorder", "mapping"}
    assert FulfillmentOrder.objects.filter(state="open", dispatch_by__lt=WEDNESDAY).exists()
    assert FulfillmentOrder.objects.filter(state="open", dispatch_by__gt=WEDNESDAY).exists()
    assert FulfillmentOrder.objects.filter(sequence=2).exists()
    assert not Order.objects.filter(placed_at__gt=WEDNESDAY).exists()


def stock_has_a_story() -> None:
    kinds = set(StockEntry.objects.values_list("kind", flat=True))
    assert kinds >= {
        "open",
        "receive",
        "count",
        "adjust",
        "damage",
        "state",
        "reserve",
        "allocate",
        "release",
        "ship",
    }
    assert StockLevel.objects.filter(shortfall__gt=0).count() >= 1
    cases = ExceptionItem.objects.filter(kind="shortfall", state="open")
    assert any(len(case.facts["orders"]) >= 2 for case in cases)
    assert Reservation.objects.filter(state="active").count() == 7
    assert AdjustmentRequest.objects.filter(state="waiting").count() == 2


@pytest.mark.parametrize("day", range(7))
def test_every_day_of_the_week_is_today(day: int) -> None:
    now = WEDNESDAY + timedelta(days=day)
    sales = source.sales(now)
    told = stories(sales, now, now - FIVE_WEEKS)
    assert told == stories(sales, now, now - FIVE_WEEKS)
    assert all(s.at <= now for s in told)
    assert now - told[-1].at < timedelta(days=2)
    assert len(told) > 1_000
    names = [scene.name for scene in scenes(told, plan(told, now), now)]
    assert len(names) == len(set(names)) > 10
    assert all(scene.at <= now for scene in scenes(told, plan(told, now), now))


def test_sales_keep_their_weekday_and_their_figures() -> None:
    sales = {sale.invoice: sale for sale in source.sales(WEDNESDAY)}
    sale = sales["536365"]
    assert (sale.at.strftime("%a %H:%M"), sale.customer, sale.country) == ("Wed 08:26", "17850", "GB")
    assert sale.goods == 139_12
    assert [i.pence for i in sale.items if i.sku == "85123A"] == [255]


@pytest.mark.parametrize(
    ("shouted", "nice"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("SET OF 3 CAKE TINS PANTRY DESIGN", "Set of 3 Cake Tins Pantry Design"),
        ("PAPER CHAIN KIT 50'S CHRISTMAS", "Paper Chain Kit 50's Christmas"),
        ("LUNCH BAG BLACK SKULL.", "Lunch Bag Black Skull"),
        ("TV DINNER TRAY AIR HOSTESS", "TV Dinner Tray Air Hostess"),
        ("CHILDREN'S CIRCUS PARADE MUG", "Children's Circus Parade Mug"),
    ],
)
def test_descriptions_stop_shouting(shouted: str, nice: str) -> None:
    assert goods.nice(shouted) == nice
