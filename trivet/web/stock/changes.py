"""Adjusting, receiving, and the second person's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from trivet.company.queries.desk import place_options
from trivet.flows import stock
from trivet.inventory.queries.desk import place_of_request, sku_view
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.web.shell.access import actor, needs, own_places, posted, works_at
from trivet.web.shell.errors import status_of
from trivet.web.shell.formats import number, signed
from trivet.web.shell.forms import refuse
from trivet.web.stock.forms import AdjustForm, CountForm, PlaceForm, ReceiveForm
from trivet.web.stock.pages import sku_answer


@needs("stock.adjust")
@posted("sku", "sku")
def adjust(request: HttpRequest, sku: str) -> HttpResponse:
    """Say how many units more or fewer there are, and why."""

    def told(sku: str, typed: dict[str, Any]) -> None:
        done = stock.adjust(sku, **typed)
        if done.request:
            messages.info(request, _("This is above what one person may do. It waits for a second person."))
        else:
            messages.success(request, _("On hand is now %(n)s.") % {"n": number(done.level.on_hand)})

    return _carried_out(request, sku, "adjust", AdjustForm, told)


@needs("stock.adjust")
@posted("sku", "sku")
def count(request: HttpRequest, sku: str) -> HttpResponse:
    """Say how many are there."""

    def told(sku: str, typed: dict[str, Any]) -> None:
        done = stock.set_count(sku, **typed)
        said = {"n": number(done.level.on_hand), "change": signed(done.change)}
        messages.success(request, _("Counted: on hand is now %(n)s (%(change)s).") % said)

    return _carried_out(request, sku, "count", CountForm, told)


@needs("stock.receive")
@posted("sku", "sku")
def receive(request: HttpRequest, sku: str) -> HttpResponse:
    """Say what came in."""

    def told(sku: str, typed: dict[str, Any]) -> None:
        level = stock.receive(sku, **typed)
        said = {"n": number(level.on_hand), "free": number(max(0, level.available))}
        messages.success(request, _("Received. On hand is now %(n)s, available %(free)s.") % said)

    return _carried_out(request, sku, "receive", ReceiveForm, told)


def _carried_out(
    request: HttpRequest, sku: str, name: str, form_class: type[PlaceForm],
    tell: Callable[[str, dict[str, Any]], None],
) -> HttpResponse:  # fmt: skip
    """Have a form of the SKU's page carried out by ``tell``; the page again, with what was typed, where that fails."""
    found, status = sku_view(sku, own_places(request)), 400
    form = form_class(place_options(), request.POST, auto_id=f"{name}_%s")
    if form.is_valid():
        try:
            works_at(request, form.cleaned_data["place"])
            tell(found.sku, {**form.cleaned_data, "by": actor(request), "now": clock.now()})
        except DomainError as error:
            refuse(form, error)
            status = status_of(error)
        else:
            return redirect("sku", sku=found.sku)
    return sku_answer(request, found, {name: form}, status=status)


@needs("stock.approve")
@posted("adjustments")
def answer(request: HttpRequest, key: UUID) -> HttpResponse:
    """The second person says yes or no."""
    works_at(request, place_of_request(key)[1])
    by, now = actor(request), clock.now()
    if request.POST.get("answer") == "approve":
        done = stock.approve_adjustment(key, by=by, now=now)
        told = {"sku": done.spot.sku, "n": number(done.level.on_hand)}
        messages.success(request, _("Approved. %(sku)s on hand is now %(n)s.") % told)
    else:
        stock.decline_adjustment(key, by=by, now=now)
        messages.success(request, _("Declined. Nothing changed."))
    return redirect("adjustments")
