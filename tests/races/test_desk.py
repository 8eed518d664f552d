"""The exception desk against those who place and lift holds in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection, transaction

from tests.world import ALICE, build, order
from trivet.flows import housekeeping
from trivet.flows.intake import place_group, prepare
from trivet.journal.actions.exceptions import raise_exception, settle
from trivet.journal.models import ExceptionItem
from trivet.journal.rules import SYSTEM
from trivet.orders.actions.counters import lock_orders
from trivet.orders.actions.hold import place_hold, release_kinds
from trivet.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def waiting() -> Order:
    """An order that waits for an unknown SKU, on the desk."""
    build()
    place_group([prepare(order("1", {"??": 1}), actor=ALICE)])
    placed = Order.objects.get()
    assert housekeeping.open_waiting([placed.id], now=NOW) == 1
    return placed


def desk() -> list[tuple[str, str]]:
    waited = ExceptionItem.objects.filter(kind="mapping").order_by("id")
    return list(waited.values_list("state", "resolution"))


def test_what_waits_stays_and_what_was_lifted_goes(waiting: Order) -> None:
    housekeeping.settle_desk(now=NOW)
    assert desk() == [("open", "")]
    with transaction.atomic():
        release_kinds(lock_orders([waiting.id])[waiting.id], {"mapping"}, by=ALICE, now=NOW, why="known")
    housekeeping.settle_desk(now=NOW)
    housekeeping.settle_desk(now=NOW)
    assert desk() == [("resolved", "the hold was released")]


def test_an_item_that_comes_while_the_desk_looks_is_kept(
    waiting: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    ExceptionItem.objects.all().delete()
    looked = housekeeping._held

    def comes_late(orders: set[UUID]) -> set[tuple[UUID, str]]:
        found = looked(orders)
        housekeeping.open_waiting([waiting.id], now=NOW)
        return found

    monkeypatch.setattr(housekeeping, "_held", comes_late)
    housekeeping.settle_desk(now=NOW)
    assert desk() == [("open", "")]


def test_a_hold_placed_while_the_desk_looks_keeps_its_item(waiting: Order) -> None:
    with transaction.atomic():
        release_kinds(lock_orders([waiting.id])[waiting.id], {"mapping"}, by=ALICE, now=NOW, why="known")

    def look() -> None:
        try:
            housekeeping.settle_desk(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held = lock_orders([waiting.id])[waiting.id]
            looking = pool.submit(look)
            until_blocked()
            place_hold(held, "mapping", by=SYSTEM, now=NOW)
            raise_exception("mapping", ("order", waiting.id), "again", by=SYSTEM, at=NOW)
        looking.result(timeout=20)
    assert desk() == [("open", "")]


def test_two_who_settle_the_same_item_do_not_hinder_each_other(waiting: Order) -> None:
    def second() -> bool:
        try:
            return settle("mapping", waiting.id, by=SYSTEM, at=NOW, resolution="second")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert settle("mapping", waiting.id, by=ALICE, at=NOW, resolution="first")
            other = pool.submit(second)
            until_blocked()
        assert other.result(timeout=20) is False
    assert desk() == [("resolved", "first")]


def until_blocked() -> None:
    """Wait until some other session of this database waits for a lock."""
    with connection.cursor() as cursor:
        for _ in range(2_000):
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                "WHERE NOT l.granted AND a.datname = current_database()"
            )
            row = cursor.fetchone()
            if row is not None and row[0]:
                return
            cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody waits")
