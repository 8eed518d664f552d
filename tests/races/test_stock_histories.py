"""Random histories of one shop: whatever people do, promises never exceed stock by their own doing, and all adds up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.stories.proofs import nothing_is_wrong
from tests.world import ALICE, World, build, order
from trivet.flows import backorders, cancel, expiry, hold, lapse, money, promises, stock
from trivet.flows.intake import place_group, prepare
from trivet.flows.promises import availability
from trivet.inventory.models import StockLevel
from trivet.lib import clock
from trivet.lib.errors import Conflict, DomainError, OutOfStock
from trivet.orders.models import Order, OrderLine
from trivet.orders.rules.value import NewPayment

SKUS = ("CUP", "SAUCER")
PLACES = ("london", "leeds")
sku = st.sampled_from(SKUS)
place = st.sampled_from(PLACES)
few = st.integers(1, 4)


class Shop(RuleBasedStateMachine):
    """One shop with two plain SKUs, a bundle of both, and two places."""

    orders = Bundle("orders")
    reservations = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.now = clock.now()
        self.count = 0
        self.short = 0
        # Each history in a transaction of its own that is undone, as Django's own TestCase does it.
        self.frame = transaction.atomic()
        self.frame._from_testcase = True  # type: ignore[attr-defined]
        self.frame.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)

    @initialize()
    def open_shop(self) -> None:
        self.world: World = build()
        for name in SKUS:
            self.world.sku(name, {"london": 4, "leeds": 2})
        self.world.bundle("SET", {"CUP": 2, "SAUCER": 1})

    def me(self) -> Any:
        return {"by": ALICE, "now": self.now}

    def shortage(self) -> int:
        return sum(StockLevel.objects.values_list("shortfall", flat=True))

    def commitment(self) -> None:
        """A commitment may never raise the shortfall: only facts do."""
        assert self.shortage() <= self.short

    @rule(
        target=orders, sold=st.dictionaries(st.sampled_from([*SKUS, "SET"]), few, min_size=1),
        shortage=st.sampled_from(["accept", "backorder", "refuse"]), never_split=st.booleans(),
        together=st.booleans(), paid=st.sampled_from(["authorize", "capture", None]),
    )  # fmt: skip
    def buy(
        self, sold: dict[str, int], shortage: str, never_split: bool, together: bool, paid: str | None
    ) -> Any:
        self.count += 1
        total = 300 + 500 * sum(sold.values())
        payments = (NewPayment(paid, "card", "manual", "p", total),) if paid else ()  # type: ignore[arg-type]
        new = order(
            str(self.count), sold, on_shortage=shortage, never_split_lines=never_split, ship_together=together,
            payments=payments,
        )  # fmt: skip
        found = place_group([prepare(new, actor=ALICE)])[0]
        self.commitment()
        if isinstance(found, Exception):
            assert isinstance(found, OutOfStock) and shortage == "refuse"
            return None
        return found.id

    @rule(key=orders, units=st.none() | few)
    def cancel_some(self, key: Any, units: int | None) -> None:
        if key is None:
            return
        line = OrderLine.objects.filter(order=key).order_by("position").values_list("id", flat=True)[0]
        try:
            cancel.cancel(key, {line: units} if units else None, reason="customer", **self.me())
        except Conflict:
            return
        self.short = min(self.short, self.shortage())

    @rule(key=orders, kind=st.sampled_from(["fraud", "manual"]), hours=st.none() | few)
    def hold_order(self, key: Any, kind: str, hours: int | None) -> None:
        if key is not None:
            until = self.now + timedelta(hours=hours) if hours else None
            try:
                hold.place(key, kind, expires_at=until, **self.me())
            except Conflict:
                return

    @rule(key=orders, amount=st.integers(1, 2_000), verb=st.sampled_from(["capture", "refund", "authorize"]))
    def move_money(self, key: Any, amount: int, verb: str) -> None:
        if key is not None:
            try:
                getattr(money, verb)(key, amount, **self.me())
            except DomainError:
                return

    @rule(target=reservations, name=st.sampled_from([*SKUS, "SET"]), n=few, minutes=st.integers(1, 90))
    def reserve(self, name: str, n: int, minutes: int) -> Any:
        told = availability("web", [name], self.now).rows[0].unshaped
        try:
            found = promises.reserve("web", [(name, n)], timedelta(minutes=minutes), **self.me())
        except OutOfStock:
            self.commitment()
            return None
        self.commitment()
        assert n <= told
        return found.id

    @rule(key=consumes(reservations))
    def release(self, key: Any) -> None:
        if key is not None:
            try:
                promises.release_reservation(key, **self.me())
            except Conflict:
                return
            self.short = min(self.short, self.shortage())

    @rule(name=sku, at=place, n=few)
    def receive(self, name: str, at: str, n: int) -> None:
        stock.receive(name, at, n, **self.me())
        assert self.shortage() <= self.short
        self.short = self.shortage()

    @rule(name=sku, at=place, n=st.integers(0, 9))
    def count_stock(self, name: str, at: str, n: int) -> None:
        stock.set_count(name, at, n, **self.me())
        self.short = self.shortage()

    @rule(name=sku, at=place, n=few)
    def sell_elsewhere(self, name: str, at: str, n: int) -> None:
        stock.record_sale_elsewhere(name, at, n, **self.me())
        self.short = self.shortage()

    @rule(name=sku, at=place, n=few)
    def damage(self, name: str, at: str, n: int) -> None:
        stock.change_state(name, at, "damaged", n, **self.me())
        self.short = self.shortage()

    @rule(minutes=st.integers(1, 120))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        lapse.sweep_reservations(self.now)
        expiry.let_time_pass(now=self.now)
        backorders.fill_waiting(now=self.now)
        assert self.shortage() <= self.short
        self.short = self.shortage()

    @invariant()
    def it_all_adds_up(self) -> None:
        nothing_is_wrong()
        assert not Order.objects.filter(lifecycle="cancelled", units_allocated__gt=0).exists()


def tell(examples: int, steps: int) -> None:
    """Run histories of so many steps."""
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_short_histories() -> None:
    tell(examples=15, steps=15)


@pytest.mark.soak
@pytest.mark.django_db
def test_long_histories() -> None:
    tell(examples=120, steps=30)
