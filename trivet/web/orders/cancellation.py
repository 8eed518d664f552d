"""Cancelling units, with a look at what it does to money and stock before it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from trivet.flows import cancel
from trivet.fulfillment.queries.sight import need_hand, order_at
from trivet.inventory.queries.desk import allotments
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.orders.queries.detail import OrderView, order_view
from trivet.web.orders.forms import CancelForm
from trivet.web.shell.access import actor, needs, own_places
from trivet.web.shell.errors import status_of
from trivet.web.shell.forms import refuse
from trivet.web.shell.reading import draw


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a cancellation will do; amounts in minor units, ``stock`` is units to promise again by place."""

    units: int
    whole: bool
    value: int
    due: int
    void: int
    owed: int
    stock: tuple[tuple[str, int], ...]


@needs("order.cancel")
def cancellation(request: HttpRequest, number: int) -> HttpResponse:
    """Which units will not be sent, and what will that do?"""
    order = order_at(own_places(request), number=number)
    need_hand(own_places(request), order.row.id)
    asking = request.method == "GET"
    form = CancelForm(order, (request.GET or None) if asking else request.POST)
    if asking:
        return _answer(request, order, form)
    if not form.is_valid():
        return _answer(request, order, form, status=400)
    try:
        cancel.cancel(order.row.id, form.wanted(), by=actor(request), now=clock.now(), **form.circumstances())
    except DomainError as error:
        refuse(form, error)
        return _answer(request, order_view(number=number), form, status=status_of(error))
    messages.success(request, _("Cancelled. Stock and money are as announced."))
    return redirect("order", number=number)


def _answer(request: HttpRequest, order: OrderView, form: CancelForm, status: int = 200) -> HttpResponse:
    intended = form.intended()
    told = {
        "order": order,
        "form": form,
        "preview": outlook(order, intended) if intended else None,
        # Without JavaScript the page itself must stay usable after an error, so only the live look closes the button.
        "live": "HX-Request" in request.headers,
    }
    return draw(request, "orders/cancellation.html", told, part="look", status=status)


def outlook(order: OrderView, wanted: dict[UUID, int]) -> Outlook | None:
    """What cancelling ``wanted`` units will do; None where nothing can be cancelled like that."""
    try:
        found = cancel.preview(order.row.id, wanted, now=clock.now())
    except DomainError:
        return None
    spots = allotments(order.row.id)
    freed: Counter[str] = Counter()
    for line in order.lines:
        # Units without stock go first, then backorders, then what is promised.
        units = max(0, wanted.get(line.id, 0) - line.waiting - line.backordered)
        places = sorted({spot.place for spot in spots if spot.line == line.id})
        if units and places:
            freed[", ".join(places)] += units
    due = order.due_minor - found.plan.value
    return Outlook(
        sum(cut.quantity for cut in found.plan.cuts), found.plan.whole, found.plan.value, due, found.void,
        found.refund, tuple(freed.items()),
    )  # fmt: skip
