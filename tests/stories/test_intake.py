"""Placing orders: promised once, routed with a reason, refused cleanly, never half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests.world import ALICE, World, build, order, totals
from trivet.catalog.models import ListingMap
from trivet.customers.actions.join import join, separate
from trivet.customers.models import Customer, Identifier
from trivet.customers.queries.records import records_of
from trivet.flows.intake import Placed, Request, place_group, prepare
from trivet.fulfillment.models import FulfillmentOrder, FulfillmentOrderLine
from trivet.inventory.models import (
    Allocation,
    BackorderLimit,
    Reservation,
    ReservationLine,
    StockEntry,
    StockLevel,
)
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.bulk import to_json
from trivet.lib.errors import Conflict, Invalid, OutOfStock
from trivet.orders.models import Adjustment, Hold, LineComponent, Order, OrderLine, TaxLine
from trivet.orders.rules.value import NewDiscount, NewLine, NewOrder, NewPayment, NewTaxLine, Person
from trivet.payments.models import Payment
from trivet.routing.models import RoutingDecision

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()


def one(new: NewOrder, **more: Any) -> Placed:
    found = place_group([prepare(new, actor=ALICE, **more)])[0]
    if isinstance(found, Exception):
        raise found
    assert found.placed is not None
    return found.placed


def ledger_equals_counters() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM inventory_stocklevel l LEFT JOIN (SELECT variant_id, location_id, sum(on_hand) h, "
            "sum(reserved) r, sum(allocated) a FROM inventory_stockentry GROUP BY 1, 2) e "
            "USING (variant_id, location_id) WHERE (coalesce(e.h, 0), coalesce(e.r, 0), coalesce(e.a, 0)) "
            "<> (l.on_hand, l.reserved, l.allocated)"
        )
        assert cursor.fetchone()[0] == 0


def test_an_order_is_stored_promised_routed_and_told(world: World) -> None:
    world.sku("SHIRT", {"london": 5, "leeds": 5})
    world.sku("SCARF", {"leeds": 5})
    placed = one(
        order(
            "1001", {"SHIRT": 2, "SCARF": 1}, discounts=(NewDiscount("TEN", 150),),
            payments=(NewPayment("capture", "card", "manual", "p-1", 1650),),
        )
    )  # fmt: skip
    row = Order.objects.get(id=placed.id)
    assert (row.total_minor, row.captured_minor, row.units, row.units_allocated) == (1650, 1650, 3, 3)
    assert (row.lifecycle, row.payment_status, row.fulfillment_status, row.delivery_status) == (
        "open", "paid", "unfulfilled", "none",
    )  # fmt: skip
    assert placed.status.payment == "paid"
    assert [fo.location for fo in placed.fulfillment_orders] == ["leeds"]
    assert list(Allocation.objects.order_by("quantity").values_list("quantity", flat=True)) == [1, 2]
    assert FulfillmentOrder.objects.get().units == 3
    assert FulfillmentOrderLine.objects.count() == 2
    assert sum(Adjustment.objects.values_list("amount_minor", flat=True)) == 150
    assert RoutingDecision.objects.get().explanation == json.loads(to_json(placed.explanation))
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds.count("order.placed") == kinds.count("order.routed") == 1
    assert kinds.count("stock.changed") == 2
    assert Payment.objects.get().amount_minor == 1650
    ledger_equals_counters()


def test_the_same_order_again_is_the_same_order(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    new = order("1001", {"SHIRT": 1})
    first = one(new)
    again, other = place_group([
        prepare(replace(new, note="again", tags=("x",)), actor=ALICE),
        prepare(replace(new, ship_together=True), actor=ALICE),
    ])  # fmt: skip
    assert not isinstance(again, Exception)
    assert (again.outcome, again.id) == ("unchanged", first.id)
    assert isinstance(other, Conflict)
    assert Order.objects.count() == 1
    assert totals(world.variants["SHIRT"].id)["allocated"] == 1


def test_ten_copies_in_one_group_make_one_order(world: World) -> None:
    world.sku("SHIRT", {"london": 50})
    request = prepare(order("1001", {"SHIRT": 1}), actor=ALICE)
    results = place_group([request] * 10)
    assert [r.outcome for r in results if not isinstance(r, Exception)] == ["created"] + ["unchanged"] * 9
    assert totals(world.variants["SHIRT"].id)["allocated"] == 1


def test_refuse_keeps_nothing_and_spoils_nobody(world: World) -> None:
    world.sku("SHIRT", {"london": 3})
    results = place_group([
        prepare(order("1", {"SHIRT": 2}), actor=ALICE),
        prepare(order("2", {"SHIRT": 2}), actor=ALICE),
        prepare(order("3", {"SHIRT": 1}), actor=ALICE),
        prepare(order("4", {"SHIRT": 1}, channel="nowhere"), actor=ALICE),
    ])  # fmt: skip
    assert isinstance(results[1], OutOfStock)
    assert results[1].facts["lines"] == [{"line": "1", "sku": "SHIRT", "short": 1}]
    assert isinstance(results[3], Invalid)
    assert results[3].field == "channel"
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["1", "3"]
    assert sorted(Allocation.objects.values_list("order__external_id", "quantity")) == [("1", 2), ("3", 1)]
    assert Customer.objects.count() == 2
    ledger_equals_counters()


def test_backorder_counts_against_its_cap_and_has_a_date(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 1})
    BackorderLimit.objects.create(variant=shirt, limit=2, available_on="2026-12-24")
    placed = one(order("1", {"SHIRT": 3}, on_shortage="backorder", never_split_lines=False))
    assert (placed.lines[0].allocated, placed.lines[0].backordered) == (1, 2)
    assert str(OrderLine.objects.get().backorder_from) == "2026-12-24"
    assert BackorderLimit.objects.get().taken == 2
    with pytest.raises(OutOfStock):
        one(order("2", {"SHIRT": 1}, on_shortage="backorder"))
    assert BackorderLimit.objects.get().taken == 2
    assert Order.objects.count() == 1


def test_accept_stores_the_order_with_a_stock_hold(world: World) -> None:
    world.sku("SHIRT", {"london": 1})
    placed = one(order("1", {"SHIRT": 3}, on_shortage="accept"))
    row = Order.objects.get(id=placed.id)
    assert row.fulfillment_status == "on_hold"
    assert Hold.objects.get().kind == "stock"
    assert row.units_backordered == 0
    assert totals(world.variants["SHIRT"].id)["available"] >= 0


def test_an_unknown_sku_waits_for_a_mapping_and_loses_nothing(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    placed = one(order("1", {"SHIRT": 1, "WHAT-IS-THIS": 2}))
    assert placed.holds == ["mapping"]
    assert [line.mapped for line in placed.lines] == [True, False]
    assert OrderLine.objects.get(variant=None).sku == "WHAT-IS-THIS"
    assert Order.objects.get().lifecycle == "open"


def test_a_listing_of_the_channel_means_our_sku(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 5})
    ListingMap.objects.create(
        channel=world.channel, external_sku="web-77", variant=shirt, created_at=clock.now()
    )
    placed = one(order("1", {"WEB-77": 1}))
    assert placed.lines[0].sku == "SHIRT"
    assert placed.holds == []


def test_a_bundle_ships_from_one_place_and_is_pinned(world: World) -> None:
    world.sku("CUP", {"london": 10, "leeds": 1})
    world.sku("SAUCER", {"london": 4, "leeds": 9})
    world.bundle("SET", {"CUP": 2, "SAUCER": 1})
    placed = one(order("1", {"SET": 3, "CUP": 2}))
    assert {
        fo.location for fo in placed.fulfillment_orders if any(s == "SAUCER" for _, s, _ in fo.lines)
    } == {"london"}
    assert sorted(LineComponent.objects.values_list("quantity", flat=True)) == [1, 2]
    assert totals(world.variants["CUP"].id)["allocated"] == 8
    with pytest.raises(OutOfStock):
        one(order("2", {"SET": 2}))
    ledger_equals_counters()


def test_taxes_are_stored_as_received(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    lines = (
        NewLine("1", "SHIRT", "Shirt", 1, 1000, tax=275, tax_included=False, tax_lines=(
            NewTaxLine("State", Decimal("0.20"), 200, "US-NY", True), NewTaxLine("City", Decimal("0.075"), 75),
        )),
    )  # fmt: skip
    placed = one(replace(order("1", {"SHIRT": 1}), lines=lines))
    assert Order.objects.get(id=placed.id).total_minor == 1000 + 275 + 300
    assert sorted(TaxLine.objects.values_list("amount_minor", "marketplace")) == [(75, False), (200, True)]


def test_one_person_over_two_orders_and_a_new_address(world: World) -> None:
    world.sku("SHIRT", {"london": 50})
    lan = Person(email="Lan@Example.com", phone="020 7946 0018", name="Lan Pham", external_id="c-7")
    a = one(order("1", {"SHIRT": 1}, customer=lan))
    b = one(order("2", {"SHIRT": 1}, customer=Person(email="lan@example.com ")))
    c = one(order("3", {"SHIRT": 1}, customer=Person(external_id="c-7")))
    d = one(order("4", {"SHIRT": 1}, customer=Person(phone="+442079460018")))
    e = one(
        order("5", {"SHIRT": 1}, customer=Person(phone="+442079460018", email="tom@example.com", name="Tom"))
    )
    assert a.customer == b.customer == c.customer == d.customer
    assert e.customer != a.customer
    assert Identifier.objects.filter(customer=a.customer).count() == 3
    assert one(order("6", {"SHIRT": 1}, customer=None)).customer is None


def test_two_whom_a_person_told_apart_stay_two_when_an_order_names_both(world: World) -> None:
    world.sku("SHIRT", {"london": 50})
    a = one(order("1", {"SHIRT": 1}, customer=Person(external_id="c-7")))
    b = one(order("2", {"SHIRT": 1}, customer=Person(email="shared@example.com")))
    both = Person(external_id="c-7", email="shared@example.com")
    assert a.customer and b.customer and one(order("3", {"SHIRT": 1}, customer=both)).customer == a.customer
    people, [merge] = records_of(a.customer)
    assert [p.id for p in people] == [a.customer, b.customer]
    separate(merge.id, by=ALICE, now=clock.now())
    assert one(order("4", {"SHIRT": 1}, customer=both)).customer == a.customer
    assert [[p.id for p in records_of(x)[0]] for x in (a.customer, b.customer)] == [
        [a.customer],
        [b.customer],
    ]
    join(a.customer, b.customer, reason="they are one after all", by=ALICE, now=clock.now())
    assert len(records_of(b.customer)[0]) == 2


def test_history_is_kept_without_touching_stock(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    placed = one(order("1", {"SHIRT": 2, "GONE": 1}), mode="skip")
    row = Order.objects.get(id=placed.id)
    assert (row.fulfillment_status, row.lifecycle) == ("external", "closed")
    assert placed.holds == []
    assert not Allocation.objects.exists()
    assert StockEntry.objects.count() == 1


def test_force_records_a_sale_that_stock_does_not_cover(world: World) -> None:
    world.sku("SHIRT", {"london": 1})
    placed = one(order("1", {"SHIRT": 4}), mode="force")
    assert placed.lines[0].allocated == 4
    assert sum(StockLevel.objects.values_list("shortfall", flat=True)) == 3
    ledger_equals_counters()


def reserve(world: World, sku: str, place: str, quantity: int, *, minutes: int) -> Reservation:
    now = clock.now()
    found = Reservation.objects.create(
        channel=world.channel, created_at=now, expires_at=now + timedelta(minutes=minutes)
    )
    variant, location = world.variants[sku], world.places[place]
    ReservationLine.objects.create(reservation=found, variant=variant, location=location, quantity=quantity)
    StockLevel.objects.filter(variant=variant, location=location).update(reserved=quantity)
    StockEntry.objects.create(
        variant=variant, location=location, at=now, kind="reserve", reserved=quantity, cause_kind="reservation",
        cause_id=found.id, actor_label="test",
    )  # fmt: skip
    return found


def test_a_reservation_keeps_the_units_for_its_own_order(world: World) -> None:
    world.sku("SHIRT", {"london": 2})
    kept = reserve(world, "SHIRT", "london", 2, minutes=5)
    with pytest.raises(OutOfStock):
        one(order("1", {"SHIRT": 1}))
    one(order("2", {"SHIRT": 2}, reservation=str(kept.id)))
    kept.refresh_from_db()
    level = world.level("SHIRT", "london")
    assert (kept.state, level.reserved, level.allocated) == ("converted", 0, 2)
    ledger_equals_counters()


def test_a_refused_order_leaves_its_reservation_alone(world: World) -> None:
    world.sku("SHIRT", {"london": 2})
    kept = reserve(world, "SHIRT", "london", 1, minutes=5)
    with pytest.raises(OutOfStock):
        one(order("1", {"SHIRT": 3}, reservation=str(kept.id)))
    kept.refresh_from_db()
    assert (kept.state, world.level("SHIRT", "london").reserved) == ("active", 1)


def test_a_lapsed_reservation_gives_way_without_any_sweep(world: World) -> None:
    world.sku("SHIRT", {"london": 2})
    world.sku("SCARF", {"london": 2})
    kept = reserve(world, "SHIRT", "london", 2, minutes=-1)
    variant, location = world.variants["SCARF"], world.places["london"]
    ReservationLine.objects.create(reservation=kept, variant=variant, location=location, quantity=1)
    StockLevel.objects.filter(variant=variant).update(reserved=1)
    StockEntry.objects.create(
        variant=variant, location=location, at=clock.now(), kind="reserve", reserved=1, cause_kind="reservation",
        cause_id=kept.id, actor_label="test",
    )  # fmt: skip
    one(order("1", {"SHIRT": 2}))
    kept.refresh_from_db()
    assert kept.state == "expired"
    assert world.level("SCARF", "london").reserved == 0
    ledger_equals_counters()


def test_a_key_revoked_meanwhile_places_nothing(world: World) -> None:
    from trivet.staff.models import ApiKey

    world.sku("SHIRT", {"london": 2})
    key = ApiKey.objects.create(
        name="k", digest="d", hint="h", scopes=["order.place"], created_at=clock.now(), created_by="Alice",
        revoked_at=clock.now(),
    )  # fmt: skip
    request: Request = prepare(order("1", {"SHIRT": 1}), actor=ALICE, key_id=key.id)
    assert type(place_group([request])[0]).__name__ == "Forbidden"
    assert not Order.objects.exists()


def test_a_group_that_loses_a_race_is_done_again(world: World) -> None:
    world.sku("SHIRT", {"london": 9})
    first = order("1", {"SHIRT": 1})
    from trivet.flows.intake import group as module

    original, calls = module.place_many, []

    def meanwhile(group: Any, **how: Any) -> Any:
        calls.append(len(group))
        if len(calls) == 1:
            import psycopg

            raise psycopg.errors.DeadlockDetected("someone else")
        return original(group, **how)

    module.place_many = meanwhile  # type: ignore[assignment]
    try:
        one(first)
    finally:
        module.place_many = original
    assert calls == [1, 1]
    assert Order.objects.count() == 1
