"""The mapping queue: codes of channels that nobody knows, and the orders that wait for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from trivet.catalog.actions import unmap_listing
from trivet.catalog.queries.desk import listings
from trivet.catalog.rules import line_key
from trivet.company.queries.desk import channel, channel_options
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody says that a channel's code, or the title of its lines without one, means."""

    channel: str
    external_sku: str
    title: str
    sku: str

    @property
    def code(self) -> str:
        """What the channel calls it."""
        return self.external_sku or self.title


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
@require_http_methods(["GET", "HEAD", "POST"])
def mapping_add(request: HttpRequest) -> HttpResponse:
    """Say what a code means: first a look at what that does (by address), then (by the button) it is done."""
    sent = request.GET if request.method in {"GET", "HEAD"} else request.POST
    asked_for = Asked(
        *(sent.get(n, "").replace("\x00", "").strip() for n in ("channel", "external_sku", "title", "sku"))
    )
    if not (asked_for.channel and asked_for.code):
        return redirect("mapping")
    try:
        if sent is request.GET:
            found = story.look(
                asked_for.channel, asked_for.external_sku, asked_for.sku, title=asked_for.title
            )
            return render(request, "exceptions/preview.html", {"asked": asked_for, "outlook": found})
        done = story.map_sku(
            asked_for.channel, asked_for.external_sku, asked_for.sku, by=actor(request), now=clock.now(),
            title=asked_for.title,
        )  # fmt: skip
    except DomainError as error:
        return _refused(request, asked_for, error, sent.get("cursor", ""))
    told = ngettext(
        "%(code)s is %(sku)s. %(n)s order waited for it.",
        "%(code)s is %(sku)s. %(n)s orders waited for it.",
        done,
    )
    messages.success(request, told % {"code": asked_for.code, "sku": asked_for.sku, "n": done})
    return redirect("mapping")


def _refused(request: HttpRequest, asked_for: Asked, error: DomainError, cursor: str) -> HttpResponse:
    unknown = error.facts.get("field") == "sku"
    why = _("There is no such SKU.") if unknown else said(error)
    page = unmapped_page(cursor)
    key = line_key(asked_for.external_sku, asked_for.title)
    shown = [
        Shown(row, asked_for.sku, why)
        if (row.channel_slug, row.key) == (asked_for.channel, key)
        else Shown(row)
        for row in page.rows
    ]
    if not any(row.error for row in shown):
        messages.error(request, why)
    return _answer(request, page, shown, cursor, status=400 if unknown else status_of(error))


@needs("catalog.view")
def mappings(request: HttpRequest) -> HttpResponse:
    """What do the channels call our SKUs?"""
    channels = channel_options()
    told = {
        "channels": channels,
        "channel": asked(request, "channel", dict(channels)),
        "page": listings(asked(request, "channel"), asked(request, "cursor")),
        "names": dict(channels),
        "may_map": allowed(request, "catalog.edit"),
    }
    return render(request, "exceptions/mappings.html", told)


@needs("catalog.edit")
@posted("mappings")
def mapping_end(request: HttpRequest) -> HttpResponse:
    """Forget what a code means: the channel's next orders with it wait for an answer."""
    slug, code, title = (
        request.POST.get(name, "").replace("\x00", "").strip()
        for name in ("channel", "external_sku", "title")
    )
    unmap_listing(channel(slug).row.id, code, by=actor(request), now=clock.now(), title=title)
    messages.success(
        request,
        _("%(code)s has no meaning any more. Orders that are here keep what they were sold as.")
        % {"code": code or title},
    )
    return redirect("mappings")


def _answer(
    request: HttpRequest, page: Page[UnmappedRow], rows: list[Shown], cursor: str, status: int = 200
) -> HttpResponse:
    told = {"page": page, "rows": rows, "cursor": cursor, "may_map": allowed(request, "catalog.edit")}
    return render(request, "exceptions/mapping.html", told, status=status)
