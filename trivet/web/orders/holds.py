"""Placing and releasing holds."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from trivet.flows import hold
from trivet.fulfillment.queries.sight import need_hand, order_at
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.orders.queries.detail import order_view
from trivet.web.orders.forms import HoldForm
from trivet.web.orders.order import order_answer
from trivet.web.shell.access import actor, needs, own_places, posted
from trivet.web.shell.errors import status_of
from trivet.web.shell.forms import refuse


@needs("order.hold")
@posted("order", "number")
def hold_place(request: HttpRequest, number: int) -> HttpResponse:
    """Put the order on hold."""
    order, form, status = order_at(own_places(request), number=number), HoldForm(request.POST), 400
    need_hand(own_places(request), order.row.id)
    if form.is_valid():
        try:
            hold.place(order.row.id, **form.cleaned_data, by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
            status = status_of(error)
        else:
            messages.success(request, _("The order is on hold. Nothing leaves until it is released."))
            return redirect("order", number=number)
    return order_answer(request, order_view(number=number), hold_form=form, status=status)


@needs("order.hold")
@posted("order", "number")
def hold_release(request: HttpRequest, number: int, key: UUID) -> HttpResponse:
    """Release one hold; work goes on when it was the last."""
    order = order_at(own_places(request), number=number)
    need_hand(own_places(request), order.row.id)
    hold.release(order.row.id, key, by=actor(request), now=clock.now())
    left = len(order.open_holds) - 1
    messages.success(
        request, _("Released. Another hold still binds.") if left > 0 else _("Released. Work goes on.")
    )
    return redirect("order", number=number)
