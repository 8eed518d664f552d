"""People and API keys."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from trivet.company.queries.desk import place_options
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.staff import actions
from trivet.staff.queries.desk import PersonView, api_keys, person
from trivet.web.settings.forms import (
    KeyForm,
    NewPersonForm,
    PasswordResetForm,
    PersonForm,
)
from trivet.web.settings.pages import settings_answer
from trivet.web.shell.access import actor, needs, posted
from trivet.web.shell.forms import refuse


def _places(form: PersonForm | KeyForm) -> list[UUID]:
    return [UUID(key) for key in form.cleaned_data.pop("locations")]


@needs("staff.edit")
def person_new(request: HttpRequest) -> HttpResponse:
    """Take someone on."""
    form = NewPersonForm(place_options(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            places = _places(form)
            actions.add_user(**form.cleaned_data, locations=places, by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s can log in now.") % {"name": form.cleaned_data["username"]})
            return redirect("people")
    return settings_answer(request, "person", {"form": form}, status=400 if form.errors else 200)


@needs("staff.edit")
def person_edit(request: HttpRequest, key: UUID) -> HttpResponse:
    """Change what someone may do."""
    found = person(key)
    form = PersonForm(place_options(), request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            places = _places(form)
            actions.change_user(
                key, **form.cleaned_data, locations=places, by=actor(request), now=clock.now()
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": found.username})
            return redirect("people")
    return _person_answer(request, found, form, PasswordResetForm())


def _initial(found: PersonView) -> dict[str, object]:
    places = [str(key) for key in found.place_keys]
    return {"name": found.name, "email": found.email, "role": found.role, "locations": places}


def _person_answer(
    request: HttpRequest, found: PersonView, form: PersonForm, password: PasswordResetForm
) -> HttpResponse:
    told = {"form": form, "person": found, "password_form": password}
    return settings_answer(request, "person", told, status=400 if form.errors or password.errors else 200)


@needs("staff.edit")
@posted("person", "key")
def person_password(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give someone a new password."""
    found, form = person(key), PasswordResetForm(request.POST)
    if form.is_valid():
        try:
            actions.set_password(key, form.cleaned_data["password"], by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s has a new password.") % {"name": found.username})
            return redirect("people")
    return _person_answer(request, found, PersonForm(place_options(), initial=_initial(found)), form)


@needs("staff.edit")
@posted("person", "key")
def person_activity(request: HttpRequest, key: UUID) -> HttpResponse:
    """Let someone go, or take them back."""
    verb = actions.reactivate_user if request.POST.get("active") == "yes" else actions.deactivate_user
    verb(key, by=actor(request), now=clock.now())
    messages.success(request, _("Saved."))
    return redirect("people")


@needs("staff.edit")
@never_cache
def keys_page(request: HttpRequest) -> HttpResponse:
    """Which programs may talk to us? A new key's secret is on the answer to its form and nowhere else."""
    form, secret, now = KeyForm(place_options(), request.POST or None), "", clock.now()
    if request.method == "POST" and form.is_valid():
        try:
            places = _places(form)
            _key, secret = actions.create_api_key(
                **form.cleaned_data, locations=places, by=actor(request), now=now
            )
            form = KeyForm(place_options())
        except DomainError as error:
            refuse(form, error)
    told = {"form": form, "secret": secret, "keys": [(key, key.live(now)) for key in api_keys()]}
    return settings_answer(request, "keys", told, status=400 if form.errors else 200)


@needs("staff.edit")
@posted("keys")
def key_end(request: HttpRequest, key: UUID) -> HttpResponse:
    """Revoke a key at once."""
    actions.revoke_api_key(key, by=actor(request), now=clock.now())
    messages.success(request, _("The key opens nothing any more."))
    return redirect("keys")
