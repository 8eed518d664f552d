"""The order list."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from trivet.company.queries.desk import channel_options, place_options
from trivet.fulfillment.queries.late import late_list, late_since
from trivet.lib import clock
from trivet.lib.errors import Invalid
from trivet.orders.queries.desk import count_orders, orders_counted
from trivet.web.orders.lists import LISTS, chips, chosen, filter_of, phrase_of
from trivet.web.shell.access import needs, own
from trivet.web.shell.badges import choices
from trivet.web.shell.errors import said
from trivet.web.shell.reading import asked, draw


@needs("order.view")
def order_index(request: HttpRequest) -> HttpResponse:
    """Which orders? By named list, status, channel, place, hold, tag and text."""
    now, cursor = clock.now(), asked(request, "cursor")
    named = chosen(request)
    try:
        phrase = phrase_of(request)
    except Invalid as wrong:
        # What was typed stays in its field; the answer says at once which word cannot be meant.
        told = {**_clicks(request), "chosen": named, "wrong": said(wrong)}
        return draw(request, "orders/index.html", told, part="results")
    wanted = filter_of(request, phrase, now)
    if named.key == "late":
        page, count = late_list(wanted, now, phrase.value("place"), cursor), count_orders(wanted)
    else:
        page, count = orders_counted(wanted, cursor)
    told = {
        **_clicks(request),
        "chosen": named,
        "page": page,
        "late": late_since([row.id for row in page.rows], now),
        "count": count,
        "chips": chips(phrase),
        "filtered": bool(phrase.terms or phrase.text),
    }
    return draw(request, "orders/index.html", told, part="results")


def _clicks(request: HttpRequest) -> dict[str, object]:
    return {
        "lists": LISTS,
        "channels": channel_options(),
        "places": own(request, place_options()),
        "payments": choices("payment"),
        "fulfillments": choices("fulfillment"),
        "holds": choices("hold"),
    }
