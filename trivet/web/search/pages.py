"""Search: an exact order number opens the order, anything else shows what matches on every desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from trivet.customers.queries.desk import customer_list
from trivet.fulfillment.queries.sight import limited, need_sight
from trivet.inventory.queries.desk import StockFilter, stock_grid
from trivet.lib.errors import NotFound
from trivet.orders.queries.desk import OrderFilter, order_list
from trivet.orders.queries.detail import order_id
from trivet.web.shell.access import allowed, needs, own_places
from trivet.web.shell.reading import asked

_SHOWN = 10


@needs("order.view")
def search(request: HttpRequest) -> HttpResponse:
    """Go straight to what was meant where that is certain."""
    text = asked(request, "q")
    number = text.lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        try:
            need_sight(own_places(request), order_id(int(number)))
        except NotFound:
            pass  # not a number of ours: perhaps a channel's own
        else:
            return redirect("order", number=int(number))
    return redirect(f"{reverse('results')}?{urlencode({'q': text})}")


@needs("order.view")
def results(request: HttpRequest) -> HttpResponse:
    """What matches? Orders, customers and SKUs."""
    text = asked(request, "q")
    told: dict[str, object] = {"text": text, "orders": [], "customers": [], "skus": []}
    if text:
        told["orders"] = order_list(limited(OrderFilter(search=text), own_places(request)), limit=_SHOWN).rows
        told["skus"] = stock_grid(StockFilter(search=text, places=own_places(request)), limit=_SHOWN).rows
        if allowed(request, "customer.view"):
            told["customers"] = customer_list(text, limit=_SHOWN).rows
    return render(request, "search/results.html", told)
