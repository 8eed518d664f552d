"""An order that waits takes units of later orders, with a look at whose before it is done."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trivet.flows import take
from trivet.fulfillment.queries.sight import order_at
from trivet.lib import clock
from trivet.lib.errors import DomainError, WrongState
from trivet.web.shell.access import actor, needs, own_places
from trivet.web.shell.errors import said, status_of
from trivet.web.shell.story import names


@needs("order.allocate")
def taking(request: HttpRequest, number: int) -> HttpResponse:
    """Whose units would this order take?"""
    order, fault, status = order_at(own_places(request), number=number), "", 200
    if request.method == "POST":
        typed = request.POST.get("version", "")
        try:
            version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1
            take.take(order.row.id, by=actor(request), now=clock.now(), expected_version=version)
        except DomainError as error:
            fault, status = said(error), status_of(error)
        else:
            messages.success(request, _("The units are this order's now."))
            return redirect("order", number=number)
    try:
        found = take.preview(order.row.id, now=clock.now())
    except WrongState as error:
        found, fault = take.Taking(number, order.row.version, ()), fault or said(error)
    called = names()
    gifts = [(gift, called.get(gift.place, gift.place)) for gift in found.gifts]
    told = {"order": order, "taking": found, "gifts": gifts, "fault": fault}
    return render(request, "orders/taking.html", told, status=status)
