"""Transfers at the desk and at the ramp: what is on its way, what leaves, what arrived."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trivet.company.queries.desk import place_options
from trivet.flows import transfers as stories
from trivet.inventory.queries.transfers import TransferView, transfer_view, transfers
from trivet.inventory.rules.transfer import TRANSFER, UNDER_WAY
from trivet.journal.queries import timeline
from trivet.lib import clock
from trivet.lib.errors import DomainError, NotFound
from trivet.lib.ids import new_id
from trivet.web.shell.access import actor, allowed, facts, needs, own, own_places, works_at
from trivet.web.shell.errors import status_of
from trivet.web.shell.forms import refuse
from trivet.web.shell.reading import asked, draw
from trivet.web.shell.story import names, tell
from trivet.web.stock.transfer_forms import ArrivalForm, ShipForm, TransferForm

TABS = ("open", "received", "cancelled")


@needs("stock.view")
def transfers_page(request: HttpRequest) -> HttpResponse:
    """What is on its way between our places?"""
    state = asked(request, "state", TABS) or "open"
    sku, place = asked(request, "sku"), asked(request, "place")
    page = transfers(
        state=state, place=place, sku=sku, cursor=asked(request, "cursor"), places=own_places(request)
    )
    told = {"page": page, "rows": page.rows, "state": state, "tabs": TABS, "sku": sku}
    return draw(request, "stock/transfers.html", told)


@needs("stock.transfer")
def transfer_new(request: HttpRequest) -> HttpResponse:
    """What goes where?"""
    options = [p for p in place_options() if p.active]
    form = TransferForm(own(request, options), options, request.POST or None, initial={"key": new_id()})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                works_at(request, form.cleaned_data["source"])
                number = stories.create_transfer(**form.cleaned_data, by=actor(request), now=clock.now())
            except DomainError as error:
                refuse(form, error)
                status = status_of(error)
            else:
                messages.success(request, _("Planned. Nothing has moved yet."))
                return redirect("transfer", number=number)
    return render(request, "stock/transfer_new.html", {"form": form}, status=status)


@needs("stock.view")
def transfer_page(request: HttpRequest, number: int) -> HttpResponse:
    """Where are these goods, and what is to do?"""
    return _answer(request, transfer_view(number, own_places(request)))


def _answer(
    request: HttpRequest, found: TransferView, *, ship: ShipForm | None = None, arrival: ArrivalForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    row, tied = found.row, own_places(request)
    story = timeline([row.id], facts(request), asked(request, "cursor"))
    under_way = row.state in UNDER_WAY
    told = {
        "transfer": found,
        "row": row,
        "moves": TRANSFER.moves_from(row.state),
        "sends": allowed(request, "stock.transfer") and (tied is None or row.source in tied),
        "receives": allowed(request, "stock.receive") and (tied is None or row.destination in tied),
        "ship_form": (ship or ShipForm(found)) if row.state == "ready_to_ship" else None,
        "arrival_form": (arrival or ArrivalForm(found)) if under_way else None,
        "story": story,
        "timeline": tell(story.rows, names()),
    }
    return render(request, "stock/transfer.html", told, status=status)


@needs("stock.transfer")
@require_POST
def transfer_move(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Make it ready, let it leave, or give it up."""
    found, status = transfer_view(number, own_places(request)), 400
    works_at(request, found.row.source_code)
    told: dict[str, Any] = {"by": actor(request), "now": clock.now()}
    if verb == "readiness":
        stories.make_ready(number, **told)
        messages.success(request, _("Ready to leave."))
    elif verb == "cancellation":
        stories.cancel_transfer(number, **told)
        messages.success(request, _("Given up. Nothing has moved."))
    elif verb != "shipment":
        raise NotFound("")
    else:
        form = ShipForm(found, request.POST)
        if form.is_valid():
            try:
                promised = form.cleaned_data["promised_too"] and allowed(request, "stock.approve")
                stories.ship(number, form.quantities(), promised_too=promised, **told)
            except DomainError as error:
                refuse(form, error)
                status = status_of(error)
            else:
                messages.success(request, _("It left. The units are expected at the other end."))
                return redirect("transfer", number=number)
        return _answer(request, transfer_view(number, own_places(request)), ship=form, status=status)
    return redirect("transfer", number=number)


@needs("stock.receive")
@require_POST
def transfer_receipt(request: HttpRequest, number: int) -> HttpResponse:
    """Say what arrived."""
    found, status = transfer_view(number, own_places(request)), 400
    works_at(request, found.row.destination_code)
    form = ArrivalForm(found, request.POST)
    if form.is_valid():
        try:
            stories.receive(
                number, form.arrived(), form.cleaned_data["reference"], by=actor(request), now=clock.now()
            )
        except DomainError as error:
            refuse(form, error)
            status = status_of(error)
        else:
            messages.success(request, _("Received."))
            return redirect("transfer", number=number)
    return _answer(request, transfer_view(number, own_places(request)), arrival=form, status=status)


@needs("stock.receive")
@require_POST
def transfer_completion(request: HttpRequest, number: int) -> HttpResponse:
    """That was all: what is still under way is missing."""
    found = transfer_view(number, own_places(request))
    works_at(request, found.row.destination_code)
    stories.complete(number, by=actor(request), now=clock.now())
    messages.success(request, _("Complete. What is missing is on the exception desk."))
    return redirect("transfer", number=number)
