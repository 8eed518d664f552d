"""The order list."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from trivet.company.queries.desk import channel_options, place_options
from trivet.lib import clock
from trivet.orders.queries.desk import orders_counted
from trivet.web.orders.lists import LISTS, chosen, filter_of
from trivet.web.shell.access import needs, own
from trivet.web.shell.badges import choices
from trivet.web.shell.reading import asked, draw


@needs("order.view")
def order_index(request: HttpRequest) -> HttpResponse:
    """Which orders? By named list, status, channel, place, hold, tag and text."""
    page, count = orders_counted(filter_of(request, clock.now()), asked(request, "cursor"))
    told = {
        "lists": LISTS,
        "chosen": chosen(request),
        "page": page,
        "count": count,
        "filtered": any(
            asked(request, name) for name in ("q", "payment", "fulfillment", "hold", "channel", "place")
        ),
        "channels": channel_options(),
        "places": own(request, place_options()),
        "payments": choices("payment"),
        "fulfillments": choices("fulfillment"),
        "holds": choices("hold"),
    }
    return draw(request, "orders/index.html", told, part="results")
