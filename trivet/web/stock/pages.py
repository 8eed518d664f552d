"""The stock grid, one SKU, its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trivet.company.queries.desk import PlaceOption, place_options
from trivet.company.queries.desk import place as place_of
from trivet.inventory.queries.desk import (
    SkuView,
    StockFilter,
    StockRow,
    count_waiting,
    ledger,
    promised_to,
    sku_view,
    stock_grid,
    waiting_requests,
)
from trivet.inventory.queries.why import why
from trivet.inventory.rules import ENTRY_KINDS, Level
from trivet.web.shell.access import needs, own, own_places, works_at
from trivet.web.shell.reading import asked, asked_instant, draw
from trivet.web.stock.forms import AdjustForm, CountForm, PlaceForm, ReceiveForm

ONLY = ("short", "out")


@dataclass(frozen=True, slots=True)
class GridRow:
    """A SKU with one cell a place, in the order of the columns; None where it was never stocked."""

    row: StockRow
    cells: tuple[Level | None, ...]


@needs("stock.view")
def stock_index(request: HttpRequest) -> HttpResponse:
    """How much is where?"""
    tied = own_places(request)
    wanted = StockFilter(asked(request, "q"), asked(request, "place"), asked(request, "only", ONLY), tied)
    options = own(request, place_options())
    places = [p for p in options if not wanted.place or p.code == wanted.place]
    page = stock_grid(wanted, asked(request, "cursor"))
    told = {
        "page": page,
        "rows": [_cells(row, places) for row in page.rows],
        "columns": places,
        "places": options,
        "wanted": wanted,
        "filtered": bool(wanted.search or wanted.place or wanted.only),
        "waiting": count_waiting(tied),
    }
    return draw(request, "stock/index.html", told, part="results")


def _cells(row: StockRow, places: list[PlaceOption]) -> GridRow:
    return GridRow(row, tuple(row.levels.get(place.id) for place in places))


FORMS: Mapping[str, type[PlaceForm]] = {"adjust": AdjustForm, "count": CountForm, "receive": ReceiveForm}
"""What can be told on the page of a SKU."""


@needs("stock.view")
def sku_page(request: HttpRequest, sku: str) -> HttpResponse:
    """How much of this SKU is where, who holds it, and how did it come about?"""
    return sku_answer(request, sku_view(sku, own_places(request)))


def sku_answer(
    request: HttpRequest, found: SkuView, failed: Mapping[str, PlaceForm] | None = None, *, status: int = 200
) -> HttpResponse:
    """The SKU's page, also as the answer to a form that ``failed``, by its name."""
    tied = own_places(request)
    places = [p for p in own(request, place_options()) if p.active]
    told = {
        "sku": found,
        "place": asked(request, "place"),
        "ledger": ledger(found.variant, asked(request, "place"), asked(request, "cursor"), places=tied),
        "promised": promised_to(found.variant, asked(request, "held"), places=tied),
        **{f"{name}_form": form(places, auto_id=f"{name}_%s") for name, form in FORMS.items()},
        **{f"{name}_form": form for name, form in (failed or {}).items()},
    }
    return render(request, "stock/sku.html", told, status=status)


@needs("stock.view")
def why_page(request: HttpRequest, sku: str, place: str) -> HttpResponse:
    """Why is this 47? Every term of what may be promised, and the changes behind it, now or as of any instant."""
    works_at(request, place)
    found, at = sku_view(sku, own_places(request)), asked_instant(request, "at")
    spot = place_of(place)
    kind = asked(request, "kind", ENTRY_KINDS)
    told = {
        "sku": found,
        "place": spot,
        "why": why(found.variant, spot.id, at),
        "ledger": ledger(found.variant, place, asked(request, "cursor"), 20, kind=kind, until=at),
        "kind": kind,
        "at_value": asked(request, "at") if at else "",
    }
    return render(request, "stock/why.html", told)


@needs("stock.view")
def adjustments(request: HttpRequest) -> HttpResponse:
    """Which adjustments need a second person?"""
    page = waiting_requests(asked(request, "cursor"), places=own_places(request))
    told = {"page": page, "requests": page.rows, "me": str(request.user.pk)}
    return render(request, "stock/adjustments.html", told)
