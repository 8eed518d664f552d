"""The order list."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from trivet.company.queries.desk import channel_options, place_options
from trivet.lib import clock
from trivet.orders.queries.desk import count_orders, looked_up, order_list
from trivet.web.orders.lists import LISTS, chosen, filter_of
from trivet.web.shell.access import needs, own
from trivet.web.shell.badges import choices
from trivet.web.shell.reading import asked, draw


@needs("order.view")
def order_index(request: HttpRequest) -> HttpResponse:
    """Which orders? By named list, status, channel, place, hold, tag and text; six queries, seven with text."""
    now = clock.now()
    wanted = looked_up(filter_of(request, now))
    told = {
        "lists": LISTS,
        "chosen": chosen(request),
        "page": order_list(wanted, asked(request, "cursor")),
        "count": count_orders(wanted),
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
