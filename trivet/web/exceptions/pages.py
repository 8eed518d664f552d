"""The exception desk: what the machine could not decide waits here for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from trivet.flows.housekeeping import retry_job
from trivet.fulfillment.queries.sight import cases_seen, need_case
from trivet.journal.actions.exceptions import reopen_exception, resolve_exception
from trivet.journal.queries import ExceptionRow, open_exception_counts, open_exceptions, settled_exceptions
from trivet.lib import clock
from trivet.orders.queries.desk import held_since
from trivet.orders.queries.unmapped import UnmappedRow, codes_of
from trivet.web.shell.access import actor, needs, own_places, posted
from trivet.web.shell.badges import badge
from trivet.web.shell.reading import asked
from trivet.web.shell.story import names

BY_THEMSELVES = ("mapping", "stock", "shortfall")
"""Items that leave the desk when their cause is gone: there is nothing to tick off."""


@needs("exception.view")
def exceptions(request: HttpRequest) -> HttpResponse:
    """What could the machine not decide?"""
    own = cases_seen(own_places(request))
    counts = open_exception_counts(own)
    kind = asked(request, "kind", counts)
    page = open_exceptions(kind, asked(request, "cursor"), also=own)
    told = {
        "page": page,
        "kinds": [(key, badge("exception_kind", key).word, n) for key, n in counts.items()],
        "kind": kind,
        "items": _shown(page.rows),
        "total": sum(counts.values()),
        "by_themselves": BY_THEMSELVES,
        "names": names(),
        "me": actor(request).person,
    }
    return render(request, "exceptions/index.html", told)


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as it is listed. ``since`` is when its cause began, ``code`` the unknown code that it waits for."""

    item: ExceptionRow
    address: str
    since: datetime
    code: UnmappedRow | None = None


def _shown(rows: Sequence[ExceptionRow]) -> list[Shown]:
    codes = codes_of([item.subject_id for item in rows if item.kind == "mapping"])
    short = held_since([item.subject_id for item in rows if item.kind == "stock"], "stock")
    return [
        Shown(
            item, _address(item),
            code.since if code else short.get(item.subject_id, item.opened_at) if item.kind == "stock"
            else item.opened_at,
            code,
        )
        for item in rows
        for code in (codes.get(item.subject_id) if item.kind == "mapping" else None,)
    ]  # fmt: skip


def _address(item: ExceptionRow) -> str:
    if "number" in item.facts:
        return reverse("order", kwargs={"number": item.facts["number"]})
    if item.subject_kind == "transfer":
        return reverse("transfer", kwargs={"number": item.facts["transfer"]})
    if item.subject_kind in {"variant", "stock_level"} and "sku" in item.facts:
        return reverse("sku", kwargs={"sku": item.facts["sku"]})
    return ""


@needs("exception.resolve")
@posted("exceptions")
def resolution(request: HttpRequest, key: UUID) -> HttpResponse:
    """Settle an item, with a word on how."""
    need_case(own_places(request), key)
    said = request.POST.get("resolution", "").replace("\x00", "").strip()[:500]
    if not said:
        messages.error(request, _("Say how it was settled."))
        return redirect("exceptions")
    resolve_exception(key, by=actor(request), at=clock.now(), resolution=said)
    messages.success(request, _("Settled. It stands under Settled, and can be put back from there."))
    return redirect("exceptions")


@needs("exception.view")
def settled(request: HttpRequest) -> HttpResponse:
    """What was settled, by whom and how?"""
    page = settled_exceptions(asked(request, "cursor"), also=cases_seen(own_places(request)))
    told = {
        "page": page, "items": [(row, _address(row.item)) for row in page.rows], "names": names(),
        "by_themselves": BY_THEMSELVES,
    }  # fmt: skip
    return render(request, "exceptions/settled.html", told)


@needs("exception.resolve")
@posted("exceptions_settled")
def reopening(request: HttpRequest, key: UUID) -> HttpResponse:
    """Put a settled item back on the desk."""
    need_case(own_places(request), key)
    reopen_exception(key, by=actor(request), at=clock.now())
    messages.success(request, _("It is on the desk again."))
    return redirect("exceptions")


@needs("exception.resolve")
@posted("exceptions")
def retry(request: HttpRequest, key: UUID) -> HttpResponse:
    """Have a failed task done again and take it off the desk."""
    need_case(own_places(request), key)
    job = request.POST.get("job", "")
    if job.isascii() and job.isdigit() and len(job) < 19 and retry_job(int(job)):
        messages.success(request, _("The task runs again."))
    else:
        messages.info(request, _("The task is no longer failed: nothing to do."))
    resolve_exception(key, by=actor(request), at=clock.now(), resolution="tried again")
    return redirect("exceptions")
