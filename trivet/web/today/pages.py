"""Today: work that waits for someone, by urgency; each number opens the list it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trivet.company.queries.desk import channel_options
from trivet.fulfillment.queries.desk import work_by_place
from trivet.fulfillment.queries.sight import cases_seen, limited, seen
from trivet.inventory.queries.desk import count_waiting
from trivet.journal.queries import open_exception_counts
from trivet.lib import clock
from trivet.orders.queries.desk import OrderFilter, count_by_hold, count_orders
from trivet.orders.queries.unmapped import count_unmapped
from trivet.staff.rules import Places
from trivet.web.orders.lists import BY_KEY
from trivet.web.shell.access import allowed, needs, own_places
from trivet.web.shell.badges import badge, held


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that opens into its rows."""

    label: str | Promise
    text: str | Promise
    icon: str
    count: int
    url: str
    urgent: bool = False


@needs("order.view")
def today(request: HttpRequest) -> HttpResponse:
    """What needs you now?"""
    now = clock.now()
    tied = own_places(request)
    tiles = [
        *_order_tiles(request, now, tied),
        *_stock_tiles(request, tied),
        *_exception_tiles(request, tied),
    ]
    told = {
        "waiting": sorted((t for t in tiles if t.count), key=lambda t: not t.urgent),
        "calm": [t for t in tiles if not t.count],
        "places": work_by_place(now, tied),
        "living": count_orders(limited(OrderFilter(lifecycle="living"), tied)),
        "channels": channel_options(),
    }
    return render(request, "today/index.html", told)


def _order_tiles(request: HttpRequest, now: datetime, tied: Places) -> list[Tile]:
    texts = {
        "late": _("should have left by now"),
        "backordered": _("wait for goods"),
    }
    if allowed(request, "payment.view"):
        texts |= {
            "unpaid": _("open, and no money yet"),
            "owed": _("received beyond what the order costs"),
        }
    tiles = [
        Tile(BY_KEY[key].label, text, BY_KEY[key].icon, count_orders(limited(BY_KEY[key].wanted(now), tied)),
             f"{reverse('orders')}?view={key}", urgent=key in {"late", "owed"})
        for key, text in texts.items()
    ]  # fmt: skip
    for kind, count in count_by_hold(seen(tied)).items():
        if kind == "mapping":
            continue  # told by the unknown SKUs below
        told = held(kind)
        url = f"{reverse('orders')}?view=all&hold={kind}"
        tiles.append(Tile(told.word, _("wait for a decision"), told.icon, count, url))
    return tiles


def _stock_tiles(request: HttpRequest, tied: Places) -> list[Tile]:
    """Only what the person may answer: the lists themselves stay open to who may see them."""
    tiles = []
    if allowed(request, "catalog.edit"):
        unknown = count_unmapped() if tied is None else 0
        tiles.append(
            Tile(_("Unknown SKUs"), _("codes from channels that nobody has mapped"), "tag", unknown,
                 reverse("mapping"), urgent=True)
        )  # fmt: skip
    if allowed(request, "stock.approve"):
        tiles.append(
            Tile(_("Adjustments to confirm"), _("wait for a second person"), "shield-question",
                 count_waiting(tied), reverse("adjustments"))
        )  # fmt: skip
    return tiles


def _exception_tiles(request: HttpRequest, tied: Places) -> list[Tile]:
    if not allowed(request, "exception.resolve"):
        return []
    return [
        Tile(told.word, _("cases on the exception desk"), told.icon, count, f"{reverse('exceptions')}?kind={kind}",
             urgent=True)
        for kind, count in open_exception_counts(cases_seen(tied)).items()
        if kind not in {"mapping", "stock"}  # the lists of orders tell of these already
        for told in (badge("exception_kind", kind),)
    ]  # fmt: skip
