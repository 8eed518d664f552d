"""First run: six steps from an empty database to the first order."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trivet.company.queries.desk import brands, channels, places
from trivet.inventory.queries.desk import StockFilter, any_stock, stock_grid
from trivet.orders.queries.desk import OrderFilter, order_list
from trivet.web.shell.access import needs


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``command`` is the way by command line where there is one."""

    title: str | Promise
    text: str | Promise
    done: bool
    url: str
    label: str | Promise
    command: str = ""


@needs("settings.view")
def first_run(request: HttpRequest) -> HttpResponse:
    """What is left to do before the first order?"""
    steps = _steps()
    current = next((n for n, step in enumerate(steps) if not step.done), len(steps))
    return render(request, "firstrun/index.html", {"steps": steps, "current": current})


def _steps() -> list[Step]:
    known = channels()
    return [
        Step(_("Your brand"), _("The name that your customers know."), bool(brands()), reverse("brands"),
             _("Add a brand")),
        Step(_("Your places"), _("Where your stock lies and from where it leaves."), bool(places()),
             reverse("place_new"), _("Add a place")),
        Step(_("Your first channel"), _("Where you sell, and which places serve it."), any(c.places for c in known),
             reverse("channels" if known else "channel_new"), _("Add a channel")),
        Step(_("Your products"), _("SKUs with titles, prices, weights and barcodes, from a file."),
             bool(stock_grid(StockFilter(), limit=1).rows), reverse("import_new", args=["catalog"]),
             _("Import products"), "trivet import catalog FILE"),
        Step(_("Your stock"), _("What lies where today. It becomes the first entry of the ledger."), any_stock(),
             reverse("import_new", args=["stock"]), _("Import stock"), "trivet import stock FILE"),
        Step(_("Your first order"), _("From a file, or through the API with a key from the settings."),
             bool(order_list(OrderFilter(), limit=1).rows), reverse("import_new", args=["orders"]), _("Import orders"),
             "trivet import orders FILE --channel NAME"),
    ]  # fmt: skip
