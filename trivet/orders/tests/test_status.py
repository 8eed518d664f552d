"""The generated status columns say what the rules say, for any facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from trivet.company.models import Brand, Channel
from trivet.lib.ids import new_id
from trivet.orders.models import Order
from trivet.orders.rules.status import DELIVERY, FULFILLMENT, LIFECYCLE, PAYMENT, Facts, Status, derive

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, tzinfo=UTC)

few = st.integers(0, 4)


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """Counters and sums that the table's CHECKs allow."""
    cancelled, allocated, backordered, shipped, idle = (draw(few) for _ in range(5))
    units = max(1, cancelled + allocated + backordered + shipped + idle)
    total = draw(few)
    captured = draw(st.integers(0, total))
    return {
        "units": units, "units_cancelled": cancelled, "units_allocated": allocated,
        "units_backordered": backordered, "units_shipped": shipped, "units_in_progress": draw(few),
        "units_delivered": draw(few), "units_exception": draw(few), "units_returned": draw(few),
        "holds_open": draw(st.integers(0, 2)), "is_draft": draw(st.booleans()), "tracked": draw(st.booleans()),
        "scheduled": draw(st.booleans()), "total_minor": total, "cancelled_minor": draw(st.integers(0, total)),
        "authorized_minor": draw(few), "voided_minor": draw(few), "expired_minor": draw(few),
        "captured_minor": captured, "refunded_minor": draw(st.integers(0, captured)),
    }  # fmt: skip


def facts(row: dict[str, Any]) -> Facts:
    return Facts(
        is_draft=row["is_draft"], tracked=row["tracked"], scheduled=row["scheduled"], units=row["units"],
        units_cancelled=row["units_cancelled"], units_in_progress=row["units_in_progress"],
        units_shipped=row["units_shipped"], units_delivered=row["units_delivered"],
        units_exception=row["units_exception"], units_returned=row["units_returned"], holds_open=row["holds_open"],
        due=row["total_minor"] - row["cancelled_minor"], authorized=row["authorized_minor"],
        voided=row["voided_minor"], expired=row["expired_minor"], captured=row["captured_minor"],
        refunded=row["refunded_minor"],
    )  # fmt: skip


class GeneratedColumns(TestCase):
    """Each example in a transaction of its own, many orders at once."""

    @given(st.lists(columns(), min_size=1, max_size=40))
    def test_the_columns_say_what_the_rules_say(self, rows: list[dict[str, Any]]) -> None:
        brand = Brand.objects.create(slug="b", name="B")
        channel = Channel.objects.create(brand=brand, slug="c", name="C", currency="GBP")
        orders = Order.objects.bulk_create(
            Order(
                number=n, channel=channel, external_id=str(n), digest="", placed_at=NOW, received_at=NOW,
                currency="GBP", items_minor=0, id=new_id(), **row,
            )
            for n, row in enumerate(rows)
        )  # fmt: skip
        stored = Order.objects.in_bulk([o.id for o in orders])
        for order, row in zip(orders, rows, strict=True):
            found = stored[order.id]
            status = Status(
                found.lifecycle, found.payment_status, found.fulfillment_status, found.delivery_status
            )
            assert status == derive(facts(row)), row


@given(columns())
def test_every_status_is_one_of_the_axis(row: dict[str, Any]) -> None:
    status = derive(facts(row))
    assert status.lifecycle in LIFECYCLE
    assert status.payment in PAYMENT
    assert status.fulfillment in FULFILLMENT
    assert status.delivery in DELIVERY
