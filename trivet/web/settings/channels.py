"""Adding and changing channels, and which places serve them."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from trivet.company import actions
from trivet.company.queries.desk import brands, channel, place_options
from trivet.company.queries.facts import channel_facts
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.web.settings.forms import ChannelForm, ServingForm
from trivet.web.settings.pages import settings_answer
from trivet.web.shell.access import actor, needs, posted
from trivet.web.shell.forms import refuse


def _brands() -> list[tuple[str, str]]:
    return [(b.slug, b.name) for b in brands()]


@needs("settings.edit")
def channel_new(request: HttpRequest) -> HttpResponse:
    """Add a channel."""
    form = ChannelForm(_brands(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.add_channel(form.facts(), by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(
                request, _("%(name)s is added. Now say which places serve it.") % {"name": added.name}
            )
            return redirect("channel", slug=added.slug)
    return settings_answer(request, "channel", {"form": form}, status=400 if form.errors else 200)


@needs("settings.edit")
def channel_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a channel."""
    form = ChannelForm(_brands(), request.POST or None, initial=asdict(channel_facts(slug)))
    form.fields["slug"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.change_channel(slug, form.facts(), by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": changed.name})
            return redirect("channel", slug=slug)
    return _answer(request, slug, form, ServingForm(place_options(), auto_id="serving_%s"))


def _answer(request: HttpRequest, slug: str, form: ChannelForm, serving: ServingForm) -> HttpResponse:
    told = {"form": form, "channel": channel(slug), "serving_form": serving}
    return settings_answer(request, "channel", told, status=400 if form.errors or serving.errors else 200)


@needs("settings.edit")
@posted("channel", "slug")
def serving(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a place serve the channel, or change how."""
    form = ServingForm(place_options(), request.POST, auto_id="serving_%s")
    if form.is_valid():
        try:
            actions.serve(slug, **form.cleaned_data, by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The place serves this channel now."))
            return redirect("channel", slug=slug)
    return _answer(request, slug, ChannelForm(_brands(), initial=asdict(channel_facts(slug))), form)


@needs("settings.edit")
@posted("channel", "slug")
def serving_end(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """End a place's opt-in; orders that it has already stay there."""
    actions.stop_serving(slug, code, by=actor(request), now=clock.now())
    messages.success(request, _("The place no longer serves this channel. Orders it has already stay."))
    return redirect("channel", slug=slug)
