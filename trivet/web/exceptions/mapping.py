"""The mapping queue: codes of channels that nobody knows, and the orders that wait for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trivet.catalog.rules import line_key
from trivet.flows import mapping as story
from trivet.inventory.queries.desk import StockFilter, stock_grid
from trivet.lib import clock
from trivet.lib.cursor import Page
from trivet.lib.errors import DomainError
from trivet.orders.queries.unmapped import UnmappedRow, unmapped_page
from trivet.web.shell.access import actor, allowed, needs, own_places, posted
from trivet.web.shell.errors import said, status_of
from trivet.web.shell.reading import asked


@dataclass(frozen=True, slots=True)
class Shown:
    """A code that waits, with what was typed for it and why that failed."""

    row: UnmappedRow
    typed: str = ""
    error: str = ""


@needs("exception.view")
def mapping(request: HttpRequest) -> HttpResponse:
    """Which SKU is meant?"""
    if request.GET.get("suggest"):
        rows = (
            stock_grid(StockFilter(search=asked(request, "sku")), limit=8).rows
            if asked(request, "sku")
            else []
        )
        return render(request, "exceptions/_suggestions.html", {"rows": rows})
    cursor = asked(request, "cursor")
    page: Page[UnmappedRow] = unmapped_page(cursor) if own_places(request) is None else Page([], "")
    return _answer(request, page, [Shown(row) for row in page.rows], cursor)


@needs("catalog.edit")
@posted("mapping")
def mapping_add(request: HttpRequest) -> HttpResponse:
    """Say what a code means, and have the orders that wait for it placed on stock."""
    channel, code, title, sku = (
        request.POST.get(name, "").replace("\x00", "").strip()
        for name in ("channel", "external_sku", "title", "sku")
    )
    try:
        done = story.map_sku(channel, code, sku, by=actor(request), now=clock.now(), title=title)
    except DomainError as error:
        unknown = error.facts.get("field") == "sku"
        why = _("There is no such SKU.") if unknown else said(error)
        cursor = request.POST.get("cursor", "")
        page = unmapped_page(cursor)
        shown = [
            Shown(row, sku, why)
            if (row.channel_slug, row.key) == (channel, line_key(code, title))
            else Shown(row)
            for row in page.rows
        ]
        return _answer(request, page, shown, cursor, status=400 if unknown else status_of(error))
    told = ngettext(
        "%(code)s is %(sku)s. %(n)s order waited for it.",
        "%(code)s is %(sku)s. %(n)s orders waited for it.",
        done,
    )
    messages.success(request, told % {"code": code or title, "sku": sku, "n": done})
    return redirect("mapping")


def _answer(
    request: HttpRequest, page: Page[UnmappedRow], rows: list[Shown], cursor: str, status: int = 200
) -> HttpResponse:
    told = {"page": page, "rows": rows, "cursor": cursor, "may_map": allowed(request, "catalog.edit")}
    return render(request, "exceptions/mapping.html", told, status=status)
