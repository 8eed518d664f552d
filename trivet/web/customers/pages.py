"""The customer list and one profile."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trivet.customers.queries.desk import customer_list, profile
from trivet.fulfillment.queries.late import late_since
from trivet.lib import clock
from trivet.orders.queries.desk import OrderFilter, order_list
from trivet.orders.queries.totals import addresses, customer_totals
from trivet.web.shell.access import needs
from trivet.web.shell.reading import asked, draw


@needs("customer.view")
def customer_index(request: HttpRequest) -> HttpResponse:
    """Who are our customers?"""
    told = {"page": customer_list(asked(request, "q"), asked(request, "cursor")), "text": asked(request, "q")}
    return draw(request, "customers/index.html", told, part="results")


@needs("customer.view")
def customer_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """Who is this, and what did they buy?"""
    found = profile(key)
    page = order_list(OrderFilter(customers=found.records), asked(request, "cursor"))
    told = {
        "customer": found,
        "totals": customer_totals(*found.records),
        "addresses": addresses(found.records),
        "page": page,
        "late": late_since([row.id for row in page.rows], clock.now()),
    }
    return render(request, "customers/customer.html", told)
