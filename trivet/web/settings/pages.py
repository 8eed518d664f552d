"""Settings as they are: places, channels, routing policy, people, API keys."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trivet.company.queries.desk import brands, channels, places
from trivet.company.queries.facts import place_facts
from trivet.company.rules import PlaceFacts, is_holiday_calendar, is_timezone
from trivet.staff.queries.desk import people
from trivet.web.settings.forms import BrandForm
from trivet.web.shell.access import allowed, needs

TABS = (
    ("places", _("Places"), "settings.view"),
    ("channels", _("Channels"), "settings.view"),
    ("brands", _("Brands"), "settings.view"),
    ("routing", _("Routing"), "settings.view"),
    ("allocations", _("Allocation"), "order.allocate"),
    ("imports", _("Imports"), "import.run"),
    ("people", _("People"), "staff.edit"),
    ("keys", _("API keys"), "staff.edit"),
)
"""Page, name, and the permission it needs."""

_PLURAL = {"place": "places", "channel": "channels", "person": "people", "allocation": "allocations"}


def settings_answer(
    request: HttpRequest, tab: str, told: dict[str, object], status: int = 200, *, page: str = ""
) -> HttpResponse:
    """One settings page below the common tabs; ``page`` is its template where it is not named after the tab."""
    tabs = [(key, label) for key, label, verb in TABS if allowed(request, verb)]
    told = {"tabs": tabs, "tab": tab, "current_tab": _PLURAL.get(tab, tab), **told}
    return render(request, page or f"settings/{tab}.html", told, status=status)


@needs("settings.view")
def places_page(request: HttpRequest) -> HttpResponse:
    """From where do we ship?"""
    found = places()
    strange = [problem for place in found for problem in unknown(place_facts(place))]
    return settings_answer(request, "places", {"places": found, "unknown": strange})


def unknown(facts: PlaceFacts) -> list[str]:
    """What is stored of a place and not known here, and what counts instead: it was let in before it was checked."""
    told = []
    if not is_timezone(facts.timezone):
        told.append(
            gettext("The time zone %(name)s of %(place)s is not known; UTC counts.")
            % {"name": facts.timezone, "place": facts.name}
        )
    if facts.holiday_calendar and not is_holiday_calendar(facts.holiday_calendar):
        told.append(
            gettext("The public holidays of %(name)s are not known; %(place)s works as if there were none.")
            % {"name": facts.holiday_calendar, "place": facts.name}
        )
    return told


@needs("settings.view")
def channels_page(request: HttpRequest) -> HttpResponse:
    """Where do we sell, and who serves it?"""
    return settings_answer(request, "channels", {"channels": channels()})


@needs("settings.view")
def brands_page(request: HttpRequest) -> HttpResponse:
    """Under which names do we sell?"""
    return settings_answer(request, "brands", {"brands": brands(), "form": BrandForm()})


@needs("staff.edit")
def people_page(request: HttpRequest) -> HttpResponse:
    """Who works here?"""
    return settings_answer(request, "people", {"people": people()})
