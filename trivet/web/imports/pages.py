"""Imports: send a file, watch it, see what became of every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from trivet.flows.imports import csv_lines, past_import, past_imports
from trivet.flows.imports.uploads import recent_uploads, repeat_for_real, take_in, upload, upload_rows
from trivet.lib import clock
from trivet.lib.errors import DomainError, NotFound
from trivet.partners.files import catalog, orders_csv, stock
from trivet.web.imports.forms import FORMS, OrdersForm
from trivet.web.imports.words import KINDS, OUTCOMES, reason
from trivet.web.settings.pages import settings_answer
from trivet.web.shell.access import actor, needs, posted
from trivet.web.shell.badges import VOCABULARY
from trivet.web.shell.errors import status_of
from trivet.web.shell.forms import refuse
from trivet.web.shell.reading import asked, by_htmx, draw

PIECE = 1_048_576
"""Bytes of a file that are kept in one row."""
SHOWN = 200
"""Rows a page shows."""

COLUMNS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "orders": (orders_csv.REQUIRED, orders_csv.NAMES),
    "catalog": (catalog.REQUIRED, catalog.NAMES),
    "stock": (stock.REQUIRED, tuple(stock.COLUMNS)),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of a file and its verdict; ``value`` in minor units."""

    row: int
    verdict: str
    why: str
    key: str
    value: int
    message: str


@needs("import.run")
def imports_page(request: HttpRequest) -> HttpResponse:
    """What came in from files, and what is under way?"""
    page = past_imports(asked(request, "cursor"))
    told: dict[str, object] = {
        "kinds": KINDS.items(),
        "uploads": [] if asked(request, "cursor") else recent_uploads(),
        "page": page,
        "past": [(item, KINDS.get(item.report["what"], ""), _sums(item.report)) for item in page.rows],
    }
    return settings_answer(request, "imports", told, page="imports/index.html")


@needs("import.run")
def import_new(request: HttpRequest, what: str) -> HttpResponse:
    """Which file?"""
    if what not in FORMS:
        raise NotFound("there is no such import")
    form = FORMS[what](request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            sent: UploadedFile[Any] = form.cleaned_data["file"]
            try:
                key = take_in(
                    sent.chunks(PIECE), what, sent.name or what, form.how(), by=actor(request), now=clock.now(),
                    dry_run=request.POST.get("dry_run") == "yes",
                )  # fmt: skip
            except DomainError as error:
                refuse(form, error)
                status = status_of(error)
            else:
                return redirect("upload", key=key)
    required, names = COLUMNS[what]
    told: dict[str, object] = {
        "form": form,
        "what": what,
        "kinds": KINDS.items(),
        "required": required,
        "optional": [name for name in names if name not in required],
        "lacks_channel": isinstance(form, OrdersForm) and form.lacks_channel,
    }
    return settings_answer(request, "imports", told, status, page="imports/new.html")


@needs("import.run")
def upload_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """How far is it, and what came of it? htmx asks again every second until it is over."""
    found = upload(key)
    if found.state == "done" and not found.dry_run and found.report:
        address = reverse("past_import", kwargs={"key": found.report["id"]})
        if by_htmx(request):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)
    if by_htmx(request) and not found.under_way:
        return HttpResponse(headers={"HX-Redirect": request.path})
    told: dict[str, object] = {"upload": found, "kind": KINDS[found.what]}
    if found.under_way:
        if by_htmx(request):
            return draw(request, "imports/upload.html", told, part="progress")
    elif found.report:
        told |= _verdicts(request, found.report, upload_rows(key))
    else:
        told |= {"error": found.error.removeprefix("file: "), "required": COLUMNS[found.what][0]}
    return settings_answer(request, "imports", told, page="imports/upload.html")


@needs("import.run")
@posted("upload", "key")
def upload_repeat(request: HttpRequest, key: UUID) -> HttpResponse:
    """It was tried; now carry it out."""
    repeat_for_real(key, by=actor(request), now=clock.now())
    return redirect("upload", key=key)


@needs("import.run")
def past_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """What became of every row?"""
    item, rows = past_import(key)
    told: dict[str, object] = {"item": item, "kind": KINDS[item.report["what"]]}
    told |= _verdicts(request, item.report, rows)
    return settings_answer(request, "imports", told, page="imports/past.html")


@needs("import.run")
def past_rows(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """The rows as CSV, those of one verdict where it is named."""
    item, rows = past_import(key)
    verdict = asked(request, "verdict")
    chosen = [row for row in rows if not verdict or row[1] == verdict]
    answer = StreamingHttpResponse(csv_lines(chosen), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{item.id}.csv"'
    return answer


def _verdicts(request: HttpRequest, report: dict[str, Any], rows: list[list[Any]]) -> dict[str, object]:
    verdict = asked(request, "verdict", VOCABULARY["verdict"])
    chosen = [row for row in rows if not verdict or row[1] == verdict]
    start = (
        int(first)
        if (first := asked(request, "from")).isascii() and first.isdigit() and len(first) < 6
        else 0
    )
    return {
        "report": report,
        "verdict": verdict,
        "verdicts": sorted(report["verdicts"].items(), key=lambda pair: (pair[0] != "skipped", -pair[1])),
        "sums": _sums(report),
        "rows": [_shown(*row) for row in chosen[start : start + SHOWN]],
        "kept": len(rows),
        "next": start + SHOWN if start + SHOWN < len(chosen) else 0,
        "start": start,
        "currency": next(iter(report.get("money", {})), ""),
    }  # fmt: skip


def _shown(row: int, verdict: str, why: str, key: str, value: int, message: str) -> Shown:
    return Shown(row, verdict, reason(why) if why else "", key, value, message)


def _sums(report: dict[str, Any]) -> list[tuple[str, int]]:
    counts = report.get("orders") or report.get("products")
    if not counts:
        counts = {verdict: n for verdict, n in report["verdicts"].items() if verdict != "skipped"}
    words = OUTCOMES | {
        name: badge.word for name, badge in VOCABULARY["verdict"].items() if name not in OUTCOMES
    }
    return [(str(words.get(name, name)).lower(), n) for name, n in counts.items() if n]
