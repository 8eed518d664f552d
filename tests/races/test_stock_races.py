"""Reserve, cancel, hold, count and capture at the same time, on real PostgreSQL."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tests.races.test_intake_races import at_once
from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order, totals
from trivet.flows import cancel, hold, money, promises, stock
from trivet.flows.intake import place, prepare
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.actions import reserve as reserving
from trivet.journal.models import Event
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import OutOfStock, WrongState
from trivet.orders.models import Hold, Order, OrderLine
from trivet.orders.rules.value import NewPayment
from trivet.payments.actions.ledger import Told
from trivet.payments.models import Payment

pytestmark = pytest.mark.django_db(transaction=True)
TTL = timedelta(minutes=10)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, rival: Callable[[], Any], *, after: bool
) -> None:
    """Let ``rival`` run to its end in another thread once, just before (or after) ``module.name`` is called."""
    original = getattr(module, name)
    done: list[bool] = []

    def run() -> None:
        def job() -> None:
            try:
                rival()
            finally:
                connection.close()

        if not done:
            done.append(True)
            thread = threading.Thread(target=job)
            thread.start()
            thread.join(10)
            assert not thread.is_alive()

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if not after:
            run()
        found = original(*args, **kwargs)
        if after:
            run()
        return found

    monkeypatch.setattr(module, name, wrapped)


def test_two_hundred_buyers_reserve_fifty_units(world: World) -> None:
    shirt = world.sku("SHIRT", {"london": 20, "leeds": 30})
    found = at_once(
        [lambda: promises.reserve("web", [("SHIRT", 1)], TTL, **me()) for _ in range(200)], threads=12
    )
    assert Counter(type(r).__name__ for r in found) == {"Reserved": 50, "OutOfStock": 150}
    assert totals(shirt.id) == {"on_hand": 50, "reserved": 50, "allocated": 0, "available": 0}


def test_the_last_unit_goes_between_choosing_and_locking(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sku("SHIRT", {"london": 1})
    rival = lambda: promises.reserve("web", [("SHIRT", 1)], TTL, by=ALICE, now=clock.now())
    meanwhile(monkeypatch, reserving, "_wanted", rival, after=True)
    with pytest.raises(OutOfStock):
        promises.reserve("web", [("SHIRT", 1)], TTL, **me())


def test_two_see_the_same_lapsed_reservation_and_one_ends_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sku("SHIRT", {"london": 2})
    promises.reserve("web", [("SHIRT", 2)], TTL, by=ALICE, now=clock.now() - timedelta(hours=1))
    rival = lambda: promises.reserve("web", [("SHIRT", 1)], TTL, by=ALICE, now=clock.now())
    meanwhile(monkeypatch, reserving, "lock_all", rival, after=False)
    promises.reserve("web", [("SHIRT", 1)], TTL, **me())
    assert world.level("SHIRT", "london").reserved == 2
    assert Event.objects.filter(kind="reservation.expired").count() == 1


def test_ten_cancel_the_same_order_and_one_does(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}))
    found = at_once(
        [lambda: cancel.cancel(row.id, None, reason="customer", **me()) for _ in range(10)], threads=8
    )
    assert Counter(type(r).__name__ for r in found) == {"Cancelled": 1, "WrongState": 9}
    assert totals(world.variants["SHIRT"].id)["available"] == 5


def test_units_are_cancelled_one_by_one_by_many_and_never_twice(world: World) -> None:
    world.sku("SHIRT", {"london": 9})
    row = placed(order("1", {"SHIRT": 6}))
    line = OrderLine.objects.get().id
    found = at_once(
        [lambda: cancel.cancel(row.id, {line: 1}, reason="staff", **me()) for _ in range(9)], threads=8
    )
    assert Counter(type(r).__name__ for r in found) == {"Cancelled": 6, "WrongState": 3}
    row.refresh_from_db()
    assert (row.lifecycle, row.version, row.cancelled_minor) == ("cancelled", 7, row.total_minor)


def test_hold_and_cancel_at_once_end_in_one_order(world: World) -> None:
    world.sku("SHIRT", {"london": 50})
    rows = [placed(order(str(n), {"SHIRT": 1})) for n in range(8)]
    work: list[Callable[[], Any]] = []
    for row in rows:
        work.append(lambda row=row: cancel.cancel(row.id, None, reason="customer", **me()))  # type: ignore[misc]
        work.append(lambda row=row: hold.place(row.id, "fraud", **me()))  # type: ignore[misc]
        work.append(lambda row=row: hold.place(row.id, "fraud", **me()))  # type: ignore[misc]
    random.Random(5).shuffle(work)
    found = at_once(work, threads=10)
    assert {type(r).__name__ for r in found} <= {"Cancelled", "UUID", "WrongState"}
    assert sum(type(r).__name__ == "Cancelled" for r in found) == len(rows)
    assert set(Order.objects.values_list("lifecycle", "holds_open")) == {("cancelled", 0)}
    assert not Hold.objects.filter(released_at=None).exists()
    assert set(FulfillmentOrder.objects.values_list("state", flat=True)) == {"cancelled"}


def test_money_is_captured_once_however_many_try(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    row = placed(order("1", {"SHIRT": 2}))
    auth = money.authorize(row.id, 1300, told=Told("card", "manual", "a"), **me())
    work: list[Callable[[], Any]] = [
        lambda n=n: money.capture(
            row.id, 400, told=Told("card", "manual", f"c{n % 5}"), authorization=auth.id, **me()
        )  # type: ignore[misc]
        for n in range(10)
    ]
    found = at_once(work, threads=8)
    assert {type(r).__name__ for r in found} == {"Payment", "WrongState"}
    row.refresh_from_db()
    assert row.captured_minor == 1200


def test_what_came_with_the_order_is_used_once_however_many_try(world: World) -> None:
    world.sku("SHIRT", {"london": 5})
    came = (
        NewPayment("authorize", "card", "stripe", "a", 1000),
        NewPayment("capture", "card", "stripe", "c", 300, "a"),
    )
    row = placed(order("1", {"SHIRT": 2}, payments=came))
    auth = Payment.objects.get(kind="authorize")
    work: list[Callable[[], Any]] = [
        *(lambda: money.capture(row.id, 300, authorization=auth.id, **me()) for _ in range(4)),
        *(lambda: money.void(row.id, auth.id, amount=200, reference="v", **me()) for _ in range(4)),
        *(
            lambda: money.refund(row.id, 200, told=Told("card", "stripe", f"r{n % 2}"), **me())
            for n in range(4)
        ),
    ]
    random.Random(3).shuffle(work)
    found = at_once(work, threads=8)
    assert {type(r).__name__ for r in found} <= {"Payment", "WrongState"}
    auth.refresh_from_db()
    row.refresh_from_db()
    # One capture fits beside the void, or two without it.
    assert (auth.used_minor, row.captured_minor, row.voided_minor) in {(800, 600, 200), (900, 900, 0)}


def test_two_people_answer_a_request_and_one_counts(world: World) -> None:
    world.sku("SHIRT", {"london": 500})
    asked = stock.adjust("SHIRT", "london", -200, "lost", **me()).request
    assert asked is not None
    people = [Actor("user", f"u{n}", f"U{n}") for n in range(6)]
    found = at_once(
        [lambda p=p: stock.approve_adjustment(asked, by=p, now=clock.now()) for p in people],  # type: ignore[misc]
        threads=6,
    )
    assert Counter(type(r).__name__ for r in found) == {"Adjusted": 1, "WrongState": 5}
    assert world.level("SHIRT", "london").on_hand == 300


def turmoil(world: World, rounds: int, threads: int, seed: int) -> None:
    """Everything at once on a few SKUs: orders, cancellations, receipts, counts, reservations."""
    rng = random.Random(seed)
    for sku in ("CUP", "SAUCER", "SPOON"):
        world.sku(sku, {"london": 15, "leeds": 10})
    world.bundle("SET", {"CUP": 1, "SAUCER": 1})
    first = [placed(order(f"old-{n}", {"CUP": 1, "SPOON": 1}, on_shortage="backorder")) for n in range(8)]

    def job(n: int) -> Callable[[], Any]:
        sku, at, many = (
            rng.choice(["CUP", "SAUCER", "SPOON"]),
            rng.choice(["london", "leeds"]),
            rng.randint(1, 4),
        )
        wanted = {rng.choice(["CUP", "SET", "SPOON", "SAUCER"]): many, rng.choice(["CUP", "SET"]): 1}
        shortage = rng.choice(["backorder", "accept", "refuse"])
        return rng.choice([
            lambda: place(prepare(order(f"n{n}", wanted, on_shortage=shortage), actor=ALICE)),
            lambda: place(prepare(order(f"n{n}", wanted, on_shortage=shortage), actor=ALICE)),
            lambda: cancel.cancel(first[n % 8].id, None, reason="customer", **me()),
            lambda: stock.receive(sku, at, many, **me()),
            lambda: stock.set_count(sku, at, many * 5, **me()),
            lambda: promises.reserve("web", list(wanted.items()), timedelta(seconds=1), **me()),
            lambda: stock.record_sale_elsewhere(sku, at, 1, **me()),
        ])  # fmt: skip

    found = at_once([job(n) for n in range(rounds)], threads=threads)
    wrong = [r for r in found if isinstance(r, Exception) and not isinstance(r, OutOfStock | WrongState)]
    assert wrong == []


def test_everything_at_once(world: World) -> None:
    turmoil(world, 80, 8, 17)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_everything_at_once_for_long(world: World, seed: int) -> None:
    turmoil(world, 600, 16, seed)
