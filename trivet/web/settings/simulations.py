"""Settings → Routing: what a draft would have made of past orders, and makes of those that come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from trivet.catalog.queries.find import skus_of
from trivet.flows import shadow
from trivet.flows import simulation as flow
from trivet.lib import clock
from trivet.lib.cursor import Page
from trivet.lib.errors import Invalid
from trivet.routing.queries.simulations import SimulatedRow, both_decisions, otherwise, simulation
from trivet.routing.queries.versions import draft
from trivet.routing.rules import Policy
from trivet.web.orders.why import explained
from trivet.web.settings.drafts import draft_answer
from trivet.web.settings.kpis import kpis, loads, side_in_words, why_otherwise
from trivet.web.settings.pages import settings_answer
from trivet.web.settings.policy import ShadowForm, SimulateForm
from trivet.web.shell.access import actor, needs
from trivet.web.shell.errors import status_of
from trivet.web.shell.forms import refuse
from trivet.web.shell.reading import asked, by_htmx, draw


@dataclass(frozen=True, slots=True)
class Shown:
    """An order that would ship differently, in words; money in minor units at the prices in force."""

    row: SimulatedRow
    live: str
    draft: str
    why: str
    before: int
    after: int


@needs("settings.edit")
@require_POST
def routing_simulate(request: HttpRequest, key: UUID) -> HttpResponse:
    """Plan past orders again under the draft."""
    form = SimulateForm(request.POST)
    if not form.is_valid():
        return draft_answer(request, draft(key), simulate=form, status=400)
    typed = form.cleaned_data
    try:
        made = flow.simulate(
            key, edition=typed["edition"], weeks=typed["weeks"], target_days=typed["target_days"],
            by=actor(request), now=clock.now(),
        )  # fmt: skip
    except Invalid as error:
        refuse(form, error)
        return draft_answer(request, draft(key), simulate=form, status=status_of(error))
    return redirect("routing_simulation", key=made)


@needs("settings.edit")
@require_POST
def routing_shadow(request: HttpRequest, key: UUID) -> HttpResponse:
    """Plan each order that comes in by the draft too."""
    form = ShadowForm(request.POST, prefix="shadow")
    if not form.is_valid():
        return draft_answer(request, draft(key), follow=form, status=400)
    typed = form.cleaned_data
    made = shadow.begin(
        key, edition=typed["edition"], target_days=typed["target_days"], by=actor(request), now=clock.now()
    )
    return redirect("routing_simulation", key=made)


@needs("settings.view")
def routing_simulation(request: HttpRequest, key: UUID) -> HttpResponse:
    """What would the draft have changed? htmx asks again every second until it is over."""
    found = simulation(key)
    told: dict[str, object] = {"simulation": found, "draft": draft(found.policy)}
    if by_htmx(request) and not found.under_way:
        return HttpResponse(headers={"HX-Redirect": request.path})
    if found.under_way and by_htmx(request):
        return draw(request, "settings/routing_simulation.html", told, part="progress")
    if found.result:
        told |= _results(request, found.result, otherwise(key, asked(request, "cursor")))
    return settings_answer(request, "routing", told, page="settings/routing_simulation.html")


def _results(request: HttpRequest, result: dict[str, Any], page: Page[SimulatedRow]) -> dict[str, object]:
    names, currency = result["names"], result["currency"]
    return {
        "result": result,
        "kpis": kpis(result),
        "loads": loads(result),
        "page": page,
        "currency": currency["live"],
        "nothing": bool(result["live"]["orders"]) and not result["draft"]["parcels"],
        "rows": [
            Shown(
                row, side_in_words(row.live, names), side_in_words(row.draft, names),
                why_otherwise(row.live, row.draft, names, currency["draft"]),
                row.live["costs"].get("live", 0), row.draft["costs"].get("live", 0),
            )
            for row in page.rows
        ],
    }  # fmt: skip


@needs("settings.view")
def routing_simulated(request: HttpRequest, key: UUID, row: int) -> HttpResponse:
    """Why would this order ship differently?"""
    run = simulation(key)
    shown, live, changed = both_decisions(key, row)
    variants = [UUID(str(v)) for v in live.explanation["variants"]]
    skus = {str(variant): sku for variant, sku in skus_of(variants).items()}
    told: dict[str, object] = {
        "simulation": run,
        "draft": draft(run.policy),
        "shown": shown,
        "sides": [
            (
                _("As the policy in force ships it"),
                explained(live, skus, Policy.from_dict(run.against_rules)),
            ),
            (_("As the draft would ship it"), explained(changed, skus, Policy.from_dict(run.rules))),
        ],
    }
    return settings_answer(request, "routing", told, page="settings/routing_simulated.html")


@needs("settings.edit")
@require_POST
def routing_stop(request: HttpRequest, key: UUID) -> HttpResponse:
    """Stop a simulation."""
    found = simulation(key)
    flow.stop(key, by=actor(request), now=clock.now())
    return redirect("routing_draft", key=found.policy)
