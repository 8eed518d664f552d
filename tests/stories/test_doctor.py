"""The doctor finds every kind of corruption, and nothing where nothing is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import lines, pay, placed
from tests.world import ALICE, World, build, order
from trivet.flows import cancel, hold, money, promises, stock, transfers
from trivet.flows.doctor import PROOFS, Finding, examine
from trivet.journal.actions.receipts import Arrival, keep
from trivet.journal.actions.sequence import sequence
from trivet.lib import clock
from trivet.orders.rules.value import NewDiscount, NewLine, NewShipping
from trivet.payments.actions.ledger import Told

pytestmark = pytest.mark.django_db(transaction=True)

TAMPERED = {
    "ledger_and_counters": [
        "UPDATE inventory_stocklevel SET on_hand = on_hand + 1 WHERE on_hand = 9",
        "DELETE FROM inventory_stockentry WHERE kind = 'open' AND on_hand = 9",
        "INSERT INTO inventory_stockentry (variant_id, location_id, at, kind, on_hand, damaged, quality_control, "
        "safety_stock, reserved, allocated, incoming, reason, cause_kind, cause_id, actor_label) "
        "SELECT variant_id, location_id, now(), 'state', 0, 1, 0, 0, 0, 0, 0, '', 'x', id, '' "
        "FROM inventory_allocation LIMIT 1",
    ],
    "allocated_and_allocations": [
        "UPDATE inventory_stocklevel SET allocated = allocated + 1 WHERE allocated > 0"
    ],
    "reserved_and_reservations": ["UPDATE inventory_reservation SET state = 'released'"],
    "incoming_and_transfers": ["UPDATE inventory_transferline SET received = 1"],
    "transfers_and_ledger": [
        "UPDATE inventory_transferline SET shipped = shipped + 1",
        "UPDATE inventory_transferline SET missing = 1",
    ],
    "backorder_limits": [
        "INSERT INTO inventory_backorderlimit (id, variant_id, taken) SELECT id, id, 1 FROM catalog_variant LIMIT 1"
    ],
    "order_counters": [
        "UPDATE orders_order SET units_allocated = units_allocated - 1",
        "UPDATE orders_orderline SET shipped = 1, allocated = allocated - 1",
    ],
    "order_holds": ["UPDATE orders_order SET holds_open = holds_open + 1", "DELETE FROM orders_hold"],
    "line_allocations": ["UPDATE inventory_allocation SET quantity = quantity + 1"],
    "fulfillment_units": [
        "UPDATE fulfillment_fulfillmentorder SET units = units + 1",
        "UPDATE fulfillment_fulfillmentorderline SET cancelled = 1",
        "UPDATE fulfillment_fulfillmentorder SET state = 'cancelled'",
    ],
    "line_money": [
        "UPDATE orders_orderline SET paid_minor = paid_minor + 1 WHERE position = 1",
        "UPDATE orders_orderline SET unit_price_minor = unit_price_minor - 1 WHERE quantity = 2",
        "UPDATE orders_orderline SET discount_minor = discount_minor + 1 WHERE position = 2",
        "UPDATE orders_orderline SET order_discount_minor = order_discount_minor + 1 WHERE position = 1",
        "UPDATE orders_orderline SET tax_minor = tax_minor + 1 WHERE NOT tax_included",
    ],
    "order_money": [
        "UPDATE orders_order SET items_minor = items_minor + 1",
        "UPDATE orders_order SET discount_minor = discount_minor + 1",
        "UPDATE orders_order SET added_tax_minor = added_tax_minor + 1",
        "UPDATE orders_order SET included_tax_minor = included_tax_minor + 1",
        "UPDATE orders_order SET total_minor = total_minor + 1",
        "UPDATE orders_order SET shipping_minor = shipping_minor + 1",
        "UPDATE orders_order SET shipping_discount_minor = shipping_discount_minor + 1",
        "UPDATE orders_order SET shipping_tax_minor = shipping_tax_minor + 1",
        "UPDATE orders_order SET shipping_tax_included = NOT shipping_tax_included",
        "UPDATE orders_orderline SET tax_minor = tax_minor + 1 WHERE tax_included",
        # A sum and what it is the sum of, both wrong by the same.
        "WITH x AS (UPDATE orders_orderchange SET value_minor = value_minor + 1) "
        "UPDATE orders_order SET cancelled_minor = cancelled_minor + 1 WHERE cancelled_minor > 0",
        "WITH x AS (DELETE FROM orders_orderchange) UPDATE orders_order SET cancelled_minor = 0 WHERE cancelled_minor > 0",
    ],
    "discount_shares": [
        "UPDATE orders_adjustment SET amount_minor = amount_minor + 1",
        "DELETE FROM orders_adjustment",
        "INSERT INTO orders_adjustment (id, order_id, code, amount_minor) SELECT id, id, 'x', 1 FROM orders_order LIMIT 1",
    ],
    "routed": ["DELETE FROM routing_routingdecision"],
    "money_sums": [
        "UPDATE orders_order SET captured_minor = captured_minor - 1 WHERE captured_minor > 0",
        "UPDATE payments_payment SET amount_minor = amount_minor + 1 WHERE kind = 'capture'",
        "UPDATE orders_order SET cancelled_minor = 1",
    ],
    "money_used": ["UPDATE payments_payment SET used_minor = used_minor - 1 WHERE kind = 'authorize'"],
    "money_parents": [
        "UPDATE payments_payment SET amount_minor = 499, used_minor = 0 WHERE kind = 'authorize'",
        "UPDATE payments_payment SET currency = 'EUR' WHERE kind = 'capture'",
        "UPDATE payments_payment SET kind = 'refund' WHERE kind = 'capture'",
        "UPDATE payments_payment SET parent_id = id WHERE kind = 'capture'",
    ],
    "feed_gaps": [
        "UPDATE journal_feedhead SET position = position + 1",
        "DELETE FROM journal_event WHERE position = 2",
    ],
}


@pytest.fixture
def world(transactional_db: None) -> World:
    found = build()
    found.sku("CUP", {"london": 9})
    found.sku("SAUCER", {"london": 7})
    found.bundle("SET", {"CUP": 2, "SAUCER": 1})
    row = placed(order("1", {"SET": 2, "CUP": 1}, payments=(pay("authorize", 1800),)))
    found.sku("BOWL", {"london": 8})
    taxed = placed(replace(
        order("2", {}, shipping=NewShipping("standard", 300, 20, 15, False), discounts=(NewDiscount("TEN", 100),)),
        lines=(
            NewLine("1", "BOWL", "Bowl", 4, 333, discount=3, tax=11, tax_included=False),
            NewLine("2", "BOWL", "Bowl", 2, 250, tax=7),
        ),
    ))  # fmt: skip
    now = clock.now()
    cancel.cancel(taxed.id, {lines(taxed)[0]: 1}, reason="customer", by=ALICE, now=now)
    money.capture(row.id, 500, told=Told("card", "manual", "c"), by=ALICE, now=now)
    hold.place(row.id, "fraud", by=ALICE, now=now)
    promises.reserve("web", [("CUP", 1)], timedelta(hours=1), by=ALICE, now=now)
    number = transfers.create_transfer("london", "leeds", [("SAUCER", 2)], by=ALICE, now=now)
    transfers.make_ready(number, by=ALICE, now=now)
    transfers.ship(number, by=ALICE, now=now)
    sequence()
    return found


def found(severity: str = "error") -> dict[str, Finding]:
    return {f.code: f for f in examine(clock.now()) if f.severity == severity}


def test_a_healthy_shop_has_no_findings(world: World) -> None:
    nothing_is_wrong()
    assert found("warning") == {}


@pytest.mark.parametrize(("code", "sql"), [(code, sql) for code, many in TAMPERED.items() for sql in many])
def test_every_tampering_is_found(world: World, code: str, sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # As who owns the tables may: events and entries are not rewritten otherwise.
        cursor.execute("ALTER TABLE inventory_stockentry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE journal_event DISABLE TRIGGER USER")
        cursor.execute(sql)
        assert cursor.rowcount > 0
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE inventory_stockentry ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE journal_event ENABLE TRIGGER USER")
    finding = found()[code]
    assert finding.rows
    assert finding.message.split()[0].isdigit()


@pytest.mark.parametrize("units", [1, 2, 3, 5, 6, 7, 8])
def test_the_worth_of_cancelled_units_is_recomputed_to_the_last_penny(world: World, units: int) -> None:
    """Shares of half a penny go to the even one, and shipping with the last unit (R3)."""
    world.sku("PIN", {"london": 99})
    pins = [
        NewLine(str(n), "PIN", "Pin", 8, 100 + n, discount=n, tax=n, tax_included=False) for n in range(1, 9)
    ]
    row = placed(replace(order("pins", {}), lines=tuple(pins)))
    cancel.cancel(row.id, dict.fromkeys(lines(row), units), reason="customer", by=ALICE, now=clock.now())
    nothing_is_wrong()


def test_every_proof_is_tampered_with_here() -> None:
    assert set(TAMPERED) == set(PROOFS)


def test_work_that_is_stuck_is_a_warning(world: World) -> None:
    now = clock.now()
    keep([Arrival("web", "1", "order", {"a": 1})], at=now - timedelta(hours=1))
    promises.reserve("web", [("CUP", 1)], timedelta(minutes=1), by=ALICE, now=now - timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    warnings = found("warning")
    assert set(warnings) == {"stuck_receipts", "stuck_reservations", "stuck_events", "stuck_jobs"}
    assert found() == {}


def test_a_shortfall_is_shown_and_is_no_contradiction(world: World) -> None:
    stock.set_count("SAUCER", "london", 1, by=ALICE, now=clock.now())
    assert found() == {}
    assert found("warning")["shortfall"].rows == [{"sku": "SAUCER", "place": "london", "shortfall": 1}]


def test_a_schema_that_is_behind_is_found(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'orders') "
            "RETURNING name"
        )
        (last,) = cursor.fetchone()
    try:
        assert found()["migrations"].rows
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('orders', %s, now())", [last]
            )
