"""Adjusting, receiving, and the second person's answer."""

from __future__ import annotations

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
from trivet.web.stock.forms import AdjustForm, CountForm, ReceiveForm
from trivet.web.stock.pages import sku_answer


@needs("stock.adjust")
@posted("sku", "sku")
def adjust(request: HttpRequest, sku: str) -> HttpResponse:
    """Say what is really there."""
    found, status = sku_view(sku, own_places(request)), 400
    form = AdjustForm(place_options(), request.POST, auto_id="adjust_%s")
    if form.is_valid():
        typed: dict[str, Any] = form.cleaned_data
        try:
            works_at(request, typed["place"])
            done = stock.adjust(found.sku, **typed, by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
            status = status_of(error)
        else:
            if done.request:
                messages.info(
                    request, _("This is above what one person may do. It waits for a second person.")
                )
            else:
                messages.success(request, _("On hand is now %(n)s.") % {"n": number(done.level.on_hand)})
            return redirect("sku", sku=found.sku)
    return sku_answer(request, found, adjust=form, status=status)


@needs("stock.adjust")
@posted("sku", "sku")
def count(request: HttpRequest, sku: str) -> HttpResponse:
    """Say how many are there."""
    found, status = sku_view(sku, own_places(request)), 400
    form = CountForm(place_options(), request.POST, auto_id="count_%s")
    if form.is_valid():
        typed: dict[str, Any] = form.cleaned_data
        try:
            works_at(request, typed["place"])
            done = stock.set_count(found.sku, **typed, by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
            status = status_of(error)
        else:
            told = {"n": number(done.level.on_hand), "change": signed(done.change)}
            messages.success(request, _("Counted: on hand is now %(n)s (%(change)s).") % told)
            return redirect("sku", sku=found.sku)
    return sku_answer(request, found, count=form, status=status)


@needs("stock.receive")
@posted("sku", "sku")
def receive(request: HttpRequest, sku: str) -> HttpResponse:
    """Say what came in."""
    found, status = sku_view(sku, own_places(request)), 400
    form = ReceiveForm(place_options(), request.POST, auto_id="receive_%s")
    if form.is_valid():
        typed: dict[str, Any] = form.cleaned_data
        try:
            works_at(request, typed["place"])
            level = stock.receive(found.sku, **typed, by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
            status = status_of(error)
        else:
            told = {"n": number(level.on_hand), "free": number(max(0, level.available))}
            messages.success(request, _("Received. On hand is now %(n)s, available %(free)s.") % told)
            return redirect("sku", sku=found.sku)
    return sku_answer(request, found, receive=form, status=status)


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
