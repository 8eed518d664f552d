"""Settings → Allocation: all waiting orders weighed at once, what would move, what that saves, and when it is done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from trivet.company.queries import setup
from trivet.flows import allocate
from trivet.lib import clock
from trivet.lib.errors import DomainError
from trivet.routing.models import AllocationMove, AllocationRun
from trivet.routing.queries import allocation
from trivet.routing.rules.allocation import Terms
from trivet.web.settings.forms import zones
from trivet.web.settings.pages import settings_answer
from trivet.web.shell.access import actor, needs
from trivet.web.shell.formats import number
from trivet.web.shell.forms import Suggested, TrivetForm, refuse
from trivet.web.shell.reading import asked, by_htmx, draw

WHYS = {
    "cheaper": gettext_lazy("It costs less from there."),
    "fewer_parcels": gettext_lazy("It comes in fewer parcels."),
    "makes_way": gettext_lazy("It makes way for %(orders)s, which saves more than it costs."),
}
"""Why an order moves, by the codes of ``routing.rules.allocation``."""
OTHERS = gettext_lazy("other orders")

SKIPS = {
    "changed": gettext_lazy("Not moved: the order was changed meanwhile."),
    "held": gettext_lazy("Not moved: a hold was placed or released meanwhile."),
    "picked": gettext_lazy("Not moved: somebody has begun to pick it."),
    "cancelled": gettext_lazy("Not moved: the order was cancelled meanwhile."),
    "stock": gettext_lazy("Not moved: others took the units meanwhile."),
    "full": gettext_lazy("Not moved: the day at the other place was full by then."),
}
"""Why a move was not made."""

MODES = {
    "off": pgettext_lazy("allocation", "Never by itself"),
    "every": pgettext_lazy("allocation", "Every so many minutes"),
    "daily": pgettext_lazy("allocation", "Once a day, before picking begins"),
}


class TermsForm(TrivetForm):
    """When it is done by itself, and what a move must save."""

    mode = forms.ChoiceField(label=gettext_lazy("By itself"), choices=list(MODES.items()))
    every_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes between two runs"), min_value=5, max_value=1_440
    )
    at = forms.TimeField(
        label=gettext_lazy("Time of day"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    timezone = forms.CharField(label=gettext_lazy("Time zone"), max_length=60, widget=Suggested(zones))
    move_cost = forms.IntegerField(
        label=gettext_lazy("What a move must save"), min_value=0, max_value=10**9,
        help_text=gettext_lazy("In the smallest unit of the policy's currency. Orders that would save less stay."),
    )  # fmt: skip
    seconds = forms.IntegerField(label=gettext_lazy("Seconds for the search"), min_value=5, max_value=600)


@dataclass(frozen=True, slots=True)
class Shown:
    """A move in words."""

    row: AllocationMove
    origin: str
    target: str
    why: str


@needs("order.allocate")
def allocations_page(request: HttpRequest) -> HttpResponse:
    """What would all waiting orders cost if they were planned together?"""
    return _overview(request, TermsForm(initial=asdict(allocation.terms()[0])))


@needs("settings.edit")
@require_POST
def allocation_terms(request: HttpRequest) -> HttpResponse:
    """When, and on what terms, it is done by itself."""
    form = TermsForm(request.POST)
    if form.is_valid():
        try:
            allocate.change_terms(Terms(**form.cleaned_data), by=actor(request), now=clock.now())
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("allocations")
    return _overview(request, form, status=400)


@needs("order.allocate")
@require_POST
def allocation_new(request: HttpRequest) -> HttpResponse:
    """Weigh all waiting orders now; without ``apply`` only to be looked at."""
    at_once = request.POST.get("apply") == "yes"
    return redirect("allocation", key=allocate.ask(apply_at_once=at_once, by=actor(request), now=clock.now()))


@needs("order.allocate")
@require_POST
def allocation_go_on(request: HttpRequest, key: UUID) -> HttpResponse:
    """Make the moves that were proposed."""
    allocate.go_on(key, by=actor(request), now=clock.now())
    messages.success(request, _("The orders are being moved."))
    return redirect("allocation", key=key)


@needs("order.allocate")
def allocation_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """Which orders move, where to, and why? htmx asks again every second until it is over."""
    run = allocation.run(key)
    under_way = run.state in {"waiting", "planning", "ordered", "applying"}
    told: dict[str, object] = {"run": run, "under_way": under_way, "figures": _figures(run)}
    if by_htmx(request):
        if not under_way:
            return HttpResponse(headers={"HX-Redirect": request.path})
        return draw(request, "settings/allocation.html", told, part="progress")
    page = allocation.moves(key, asked(request, "cursor"))
    told |= {"page": page, "moves": [_shown(row) for row in page.rows]}
    return settings_answer(request, "allocation", told)


def _overview(request: HttpRequest, form: TermsForm, status: int = 200) -> HttpResponse:
    terms, _last = allocation.terms()
    told: dict[str, object] = {"runs": allocation.runs(), "form": form, "mode": MODES[terms.mode]}
    return settings_answer(request, "allocations", told, status)


def _figures(run: AllocationRun) -> dict[str, object]:
    return {
        "against_greedy": run.cost_greedy_minor - run.cost_after_minor,
        "against_before": run.cost_before_minor - run.cost_after_minor,
        "gap": run.gap / 1_000_000,
        "seconds": round(run.milliseconds / 1_000, 1),
    }


def _shown(row: AllocationMove) -> Shown:
    why = str(WHYS[row.why])
    if row.why == "makes_way":
        named = ", ".join(f"#{n}" for n in row.for_orders)
        why %= {"orders": named or str(OTHERS)}
    if row.skip:
        why = str(SKIPS[row.skip])
    return Shown(row, _places(row.origin), _places(row.target), why)


def _places(units: dict[str, int]) -> str:
    known = setup().place_by_code
    return ", ".join(f"{known[c].name if c in known else c} ({number(n)})" for c, n in units.items())
