"""Adding and changing places and brands."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from trivet.company import actions
from trivet.company.queries.desk import brands, place
from trivet.company.queries.facts import place_facts
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.web.settings.forms import BrandForm, PlaceSettingsForm
from trivet.web.settings.pages import settings_answer, unknown
from trivet.web.shell.access import actor, needs
from trivet.web.shell.forms import refuse


@needs("settings.edit")
def place_new(request: HttpRequest) -> HttpResponse:
    """Add a place."""
    form = PlaceSettingsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.add_place(form.facts(), by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": added.name})
            return redirect("places")
    return settings_answer(request, "place", {"form": form}, status=400 if form.errors else 200)


@needs("settings.edit")
def place_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a place."""
    before = place_facts(place(code))
    form = PlaceSettingsForm(request.POST or None, initial=asdict(before))
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.change_place(code, form.facts(before), by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": changed.name})
            return redirect("places")
    told = {"form": form, "place": before, "unknown": unknown(before)}
    return settings_answer(request, "place", told, status=400 if form.errors else 200)


@needs("settings.edit")
def brand_new(request: HttpRequest) -> HttpResponse:
    """Add a brand."""
    form = BrandForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_brand(**form.cleaned_data, by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": form.cleaned_data["name"]})
            return redirect("brands")
    return settings_answer(
        request, "brands", {"form": form, "brands": brands()}, status=400 if form.errors else 200
    )
