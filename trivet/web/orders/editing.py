"""Changing an order, with a look at what that does to money, stock and routing before it is done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trivet.catalog.queries import variants_by_sku
from trivet.flows.edit import Edited, edit, preview
from trivet.fulfillment.queries.sight import need_hand, order_at
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.lib.geo import doubts
from trivet.orders.queries.detail import OrderView, order_view
from trivet.orders.queries.editing import way_back
from trivet.orders.rules.edit import Edit
from trivet.web.orders.edit_form import EditForm
from trivet.web.orders.order import whys
from trivet.web.orders.why import Why
from trivet.web.shell.access import actor, needs, own_places
from trivet.web.shell.errors import said, status_of
from trivet.web.shell.reading import draw

EMPTY = Edit()


@needs("order.edit")
def order_edit(request: HttpRequest, number: int) -> HttpResponse:
    """What shall be different, and what will that do?"""
    order = order_at(own_places(request), number=number)
    need_hand(own_places(request), order.row.id)
    if request.method == "GET":
        return _page(request, order, EditForm(order), None)
    form = EditForm(order, request.POST)
    if not form.is_valid():
        return _page(request, order, form, None, status=200 if "look" in request.POST else 400)
    wanted, version = form.cleaned_data["wanted"], form.cleaned_data["version"]
    if "look" in request.POST and wanted == EMPTY:
        return _page(request, order, form, None)
    try:
        if "look" in request.POST:
            seen = preview(order.row.id, wanted, now=clock.now(), expected_version=version)
            return _page(request, order, form, seen, wanted)
        edit(order.row.id, wanted, by=actor(request), now=clock.now(), expected_version=version)
    except DomainError as error:
        form.refused(error)
        status = 200 if "look" in request.POST else status_of(error)
        return _page(request, order_view(number=number), form, None, status=status)
    messages.success(request, _("Changed. Money, stock and parcels are as announced."))
    return redirect("order", number=number)


@needs("order.edit")
def edit_undo(request: HttpRequest, number: int) -> HttpResponse:
    """What does taking back the last change do?"""
    order = order_at(own_places(request), number=number)
    need_hand(own_places(request), order.row.id)
    wanted, version = way_back(order.row.id)
    if request.method == "POST":
        typed = request.POST.get("version", "")
        seen_version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
        edit(order.row.id, wanted, by=actor(request), now=clock.now(), expected_version=seen_version)
        messages.success(request, _("Taken back. The order is as it was."))
        return redirect("order", number=number)
    told: dict[str, Any] = {"order": order, "version": version}
    try:
        told |= _seen(request, order, preview(order.row.id, wanted, now=clock.now()), wanted)
    except DomainError as error:
        told["refusal"] = said(error)
    return render(request, "orders/edit_undo.html", told)


def _page(
    request: HttpRequest, order: OrderView, form: EditForm, seen: Edited | None, wanted: Edit = EMPTY, status: int = 200
) -> HttpResponse:  # fmt: skip
    told = {"order": order, "form": form, **_seen(request, order, seen, wanted)}
    return draw(request, "orders/edit.html", told, part="preview", status=status)


def _seen(request: HttpRequest, order: OrderView, seen: Edited | None, wanted: Edit) -> dict[str, Any]:
    if seen is None:
        return {"preview": None}
    to = wanted.ship_to
    return {
        "preview": seen,
        "doubts": doubts(to.country, to.postal_code, to.city) if to else [],
        # Explanations tell of the stock of all places.
        "decisions": [] if own_places(request) is not None else _why(order, seen),
    }


def _why(order: OrderView, seen: Edited) -> list[Why]:
    added = variants_by_sku(new.sku for new in seen.plan.added).values() if seen.plan.added else ()
    return whys(order, seen.routing, {str(variant.id): variant.sku for variant in added})
