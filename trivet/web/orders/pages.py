"""The order list."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from trivet.company.queries.desk import channel_options, place_options
from trivet.fulfillment.queries.late import late_list, late_since
from trivet.lib import clock
from trivet.orders.queries.desk import count_orders, orders_counted
from trivet.web.orders.lists import LISTS, chosen, filter_of
from trivet.web.shell.access import needs, own
from trivet.web.shell.badges import choices
from trivet.web.shell.reading import asked, draw


@needs("order.view")
def order_index(request: HttpRequest) -> HttpResponse:
    """Which orders? By named list, status, channel, place, hold, tag and text."""
    now, cursor = clock.now(), asked(request, "cursor")
    wanted, named = filter_of(request, now), chosen(request)
    if named.key == "late":
        page, count = late_list(wanted, now, asked(request, "place"), cursor), count_orders(wanted)
    else:
        page, count = orders_counted(wanted, cursor)
    told = {
        "lists": LISTS,
        "chosen": named,
        "page": page,
        "late": late_since([row.id for row in page.rows], now),
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
