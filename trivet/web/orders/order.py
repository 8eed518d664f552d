"""One order: everything about it on one page, with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trivet.fulfillment.queries.desk import FREE, WORKING, fulfillment_orders
from trivet.fulfillment.queries.late import late_since
from trivet.fulfillment.queries.sight import order_at
from trivet.inventory.queries.desk import Allotment, allotments
from trivet.journal.queries import timeline
from trivet.lib import clock
from trivet.orders.queries.detail import LineView, OrderView
from trivet.orders.queries.totals import customer_totals
from trivet.orders.rules.holds import MANUAL_HOLD_KINDS
from trivet.payments.queries.desk import payments_of
from trivet.routing.queries.desk import DecisionView, decisions, policies_of
from trivet.routing.rules import Policy
from trivet.web.orders.forms import HoldForm
from trivet.web.orders.money import shown_payments
from trivet.web.orders.why import Why, explained
from trivet.web.shell.access import allowed, facts, needs, own_places
from trivet.web.shell.formats import address
from trivet.web.shell.reading import asked
from trivet.web.shell.story import names, tell


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line and where its units come from."""

    line: LineView
    allotments: tuple[Allotment, ...]

    @property
    def gross_minor(self) -> int:
        """Unit price times quantity."""
        return self.line.unit_price_minor * self.line.quantity


@needs("order.view")
def order_page(request: HttpRequest, number: int) -> HttpResponse:
    """What is this order, and why is it where it is?"""
    return order_answer(request, order_at(own_places(request), number=number))


def order_answer(
    request: HttpRequest, order: OrderView, *, hold_form: HoldForm | None = None, status: int = 200
) -> HttpResponse:
    """The order's page, also as the answer to a form that failed."""
    key = order.row.id
    story = timeline([key], facts(request), asked(request, "cursor"))
    # Explanations tell of the stock of all places, and totals of all that a customer ever bought.
    tied, known = own_places(request) is not None, allowed(request, "customer.view")
    told: dict[str, Any] = {
        "order": order,
        "lines": _shown(order.lines, allotments(key)),
        "line_discounts": sum(line.discount_minor for line in order.lines),
        "editable": order.row.lifecycle == "open",
        "undoable": order.undoable,
        "cancellable": order.row.lifecycle == "open" and any(line.cancellable for line in order.lines),
        "fulfillment_orders": fulfillment_orders(key),
        "late": late_since([key], clock.now()),
        "decisions": [] if tied else whys(order, decisions(key)),
        "payments": shown_payments(order, payments_of(key, clock.now()))
        if allowed(request, "payment.view")
        else [],
        "totals": customer_totals(order.row.customer_id if known else None),
        "timeline": tell(story.rows, names()),
        "story": story,
        "manual_kinds": MANUAL_HOLD_KINDS,
        "hold_form": hold_form or HoldForm(),
        "address": address(order.row.ship_to),
        "free": FREE,
        "working": WORKING,
    }
    return render(request, "orders/order.html", told, status=status)


def whys(order: OrderView, found: Sequence[DecisionView], more: Mapping[str, str] | None = None) -> list[Why]:
    """The decisions in words; ``more`` names variants by key that the order does not hold (yet)."""
    skus = {str(line.variant): line.sku for line in order.lines}
    skus |= {str(part.variant): part.sku for line in order.lines for part in line.components}
    skus |= more or {}
    policies = policies_of({decision.policy_version for decision in found})
    told = (explained(d, skus, policies.get(d.policy_version, Policy())) for d in found)
    return [why for why in told if why is not None]


def _shown(lines: Sequence[LineView], spots: Sequence[Allotment]) -> list[ShownLine]:
    return [ShownLine(line, tuple(s for s in spots if s.line == line.id)) for line in lines]
