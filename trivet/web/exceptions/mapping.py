"""The mapping queue: codes of channels that nobody knows, and the orders that wait for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trivet.inventory.queries.desk import StockFilter, stock_grid
from trivet.orders.queries.unmapped import UnmappedRow, unmapped
from trivet.web.shell.access import needs
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
    return _answer(request, [Shown(row) for row in unmapped()])


def _answer(request: HttpRequest, rows: list[Shown], status: int = 200) -> HttpResponse:
    told = {"rows": rows, "may_map": False}
    return render(request, "exceptions/mapping.html", told, status=status)
