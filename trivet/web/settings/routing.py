"""Settings → Routing: the policy in words, its history, changing it, and what a change would have done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trivet.flows.policy import change_policy
from trivet.lib import clock
from trivet.lib.errors import DomainError, Invalid
from trivet.routing.queries.desk import PolicyView, policies
from trivet.routing.queries.trial import TRIED, Otherwise, Outcome, Trial, tried
from trivet.routing.rules import Policy
from trivet.web.settings.pages import settings_answer
from trivet.web.settings.policy import FIELDS, Names, PolicyForms, changes, in_words, rule_in_words
from trivet.web.shell.access import actor, needs
from trivet.web.shell.errors import said, status_of
from trivet.web.shell.formats import number
from trivet.web.shell.forms import mark


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision that would come out otherwise, with both outcomes in words."""

    row: Otherwise
    before: str
    after: str


@needs("settings.view")
def routing_page(request: HttpRequest) -> HttpResponse:
    """By which rules is a place chosen?"""
    found = policies(clock.now())
    live, names = _live(found), Names.known()
    told: dict[str, object] = {
        "policy": live,
        "sentences": in_words(live),
        "rules": [rule_in_words(rule, names) for rule in live.rules],
        "versions": [
            (policy, list(changes(found[n + 1].rules if n + 1 < len(found) else {}, policy.rules, names)))
            for n, policy in enumerate(found)
        ],
    }
    return settings_answer(request, "routing", told)


@needs("settings.edit")
def routing_edit(request: HttpRequest) -> HttpResponse:
    """What should count, and how much? Saved as the next version, or only tried on the latest orders."""
    if request.method != "POST":
        return _answer(request, PolicyForms.of(_live(policies(clock.now()))))
    filled = PolicyForms.typed(request.POST)
    rules, status = _rules(filled)
    if rules is None:
        return _answer(request, filled, status=status)
    if request.POST.get("try") == "yes":
        return _answer(request, filled, trial=tried(rules))
    starts = filled.main.cleaned_data["active_from"]
    try:
        version = change_policy(
            rules, starts.replace(tzinfo=UTC) if starts else None, filled.main.cleaned_data["note"],
            by=actor(request), now=clock.now(),
        )  # fmt: skip
    except DomainError as error:
        _blame(filled, error)
        return _answer(request, filled, status=status_of(error))
    messages.success(request, _("Version %(n)s of the routing policy is stored.") % {"n": version})
    return redirect("routing")


def _live(found: list[PolicyView]) -> Policy:
    return Policy.from_dict(next((p.rules for p in found if p.live), {}))


def _rules(filled: PolicyForms) -> tuple[dict[str, Any] | None, int]:
    if not filled.is_valid():
        return None, 400
    rules = filled.rules_told()
    if filled.main.errors or any(form.errors for form in filled.zones):
        return None, 400
    try:
        Policy.proposed(rules)
    except DomainError as error:
        _blame(filled, error)
        return None, status_of(error)
    return rules, 200


def _blame(filled: PolicyForms, error: DomainError) -> None:
    name = error.field.split("[")[0] if isinstance(error, Invalid) else ""
    text = said(error)
    if name in filled.main.fields:
        filled.main.add_error(name, text)
    else:
        filled.main.add_error(None, f"{FIELDS[name]}: {text}" if name in FIELDS else text)
    mark(filled.main)


def _answer(
    request: HttpRequest, filled: PolicyForms, *, trial: Trial | None = None, status: int = 200
) -> HttpResponse:
    otherwise = trial.otherwise if trial else ()
    told: dict[str, object] = {
        "forms": filled,
        "trial": trial,
        "otherwise": [Shown(row, _in_words(row.before), _in_words(row.after)) for row in otherwise],
        "tried": TRIED,
    }
    return settings_answer(request, "routing", told, status, page="settings/routing_edit.html")


def _in_words(outcome: Outcome) -> str:
    said = [f"{parcel.name} ({number(parcel.units)})" for parcel in outcome.parcels]
    if outcome.short:
        told = ngettext("%(n)s unit without stock", "%(n)s units without stock", outcome.short)
        said.append(told % {"n": number(outcome.short)})
    return ", ".join(said) or "–"
