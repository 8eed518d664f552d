"""Settings → Routing: drafting a policy, trying it, and making it the next version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from trivet.flows.policy import put_in_force
from trivet.lib import clock
from trivet.lib.errors import DomainError, Invalid, WrongState
from trivet.routing.actions.policy import begin_draft, change_draft
from trivet.routing.queries.simulations import simulations_of
from trivet.routing.queries.trial import TRIED, Otherwise, Outcome, Trial, tried
from trivet.routing.queries.versions import PolicyView, draft, everything, policy_rules
from trivet.routing.rules import Policy
from trivet.web.settings.pages import settings_answer
from trivet.web.settings.policy import FIELDS, Names, PolicyForms, ShadowForm, SimulateForm, StoreForm
from trivet.web.settings.policy_told import Change, changes, in_words, rule_in_words
from trivet.web.settings.routing import live_rules
from trivet.web.shell.access import actor, needs
from trivet.web.shell.errors import said, status_of
from trivet.web.shell.formats import number
from trivet.web.shell.forms import mark, refuse


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision that would come out otherwise, with both outcomes in words."""

    row: Otherwise
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What somebody else stored meanwhile: who, and how it differs from what was typed here."""

    by: str
    changes: list[Change]


@needs("settings.edit")
def routing_edit(request: HttpRequest) -> HttpResponse:
    """What should count, and how much? Kept as a draft, or only tried on the latest orders."""
    if request.method != "POST":
        return _answer(request, PolicyForms.of(Policy.from_dict(live_rules(everything(clock.now())))))
    return _typed(request, None)


@needs("settings.edit")
def routing_redraft(request: HttpRequest, key: UUID) -> HttpResponse:
    """What should the draft say?"""
    found = draft(key)
    if found.standing != "draft":
        raise WrongState("it is no draft any more", standing=found.standing)
    if request.method != "POST":
        filled = PolicyForms.of(Policy.from_dict(found.rules), found.note, found.edition)
        return _answer(request, filled, found)
    return _typed(request, found)


def _typed(request: HttpRequest, there: PolicyView | None) -> HttpResponse:
    filled = PolicyForms.typed(request.POST)
    rules, status = _rules(filled)
    if rules is None:
        return _answer(request, filled, there, status=status)
    if request.POST.get("try") == "yes":
        return _answer(request, filled, there, trial=tried(rules))
    typed, by, now = filled.main.cleaned_data, actor(request), clock.now()
    try:
        if there is None:
            key = begin_draft(rules, typed["note"], by=by, now=now)
        else:
            key = there.id
            change_draft(key, rules, typed["note"], edition=typed["edition"] or 0, by=by, now=now)
    except WrongState as error:
        return _conflict(request, filled, there, rules, error)
    except DomainError as error:
        _blame(filled, error)
        return _answer(request, filled, there, status=status_of(error))
    return redirect("routing_draft", key=key)


def _conflict(
    request: HttpRequest, filled: PolicyForms, there: PolicyView | None, rules: dict[str, Any],
    error: WrongState,
) -> HttpResponse:  # fmt: skip
    """Somebody was first: what they stored, beside what was typed, which is kept to be stored over it knowingly."""
    if there is None or "edition" not in error.facts:
        raise error
    present = draft(there.id)
    filled.main.data = filled.main.data.copy()  # type: ignore[attr-defined]
    filled.main.data["edition"] = present.edition  # type: ignore[index]
    overtaken = Overtaken(
        present.changed_by or present.made_by, list(changes(present.rules, rules, Names.known()))
    )
    return _answer(request, filled, present, overtaken=overtaken, status=409)


@needs("settings.view")
def routing_draft(request: HttpRequest, key: UUID) -> HttpResponse:
    """What would this draft change, and is it ready?"""
    return draft_answer(request, draft(key))


@needs("settings.edit")
@require_POST
def routing_store(request: HttpRequest, key: UUID) -> HttpResponse:
    """Make the draft the next version."""
    found = draft(key)
    form = StoreForm(request.POST, simulated=False)
    if not form.is_valid():
        return draft_answer(request, found, form, status=400)
    starts = form.cleaned_data["active_from"]
    try:
        version = put_in_force(
            key, starts.replace(tzinfo=UTC) if starts else None, edition=form.cleaned_data["edition"],
            seen=form.cleaned_data["seen"], without=form.cleaned_data["without"], by=actor(request), now=clock.now(),
        )  # fmt: skip
    except DomainError as error:
        if isinstance(error, WrongState) and "newest" in error.facts:
            # The new form has seen what came meanwhile, which stands above it.
            return draft_answer(request, draft(key), seen=form.cleaned_data["seen"], status=409)
        if isinstance(error, WrongState):
            raise
        refuse(form, error)
        return draft_answer(request, found, form, status=status_of(error))
    messages.success(request, _("Version %(n)s of the routing policy is stored.") % {"n": version})
    return redirect("routing")


def draft_answer(
    request: HttpRequest, found: PolicyView, form: StoreForm | None = None, *, seen: int | None = None,
    simulate: SimulateForm | None = None, follow: ShadowForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page of a draft; ``seen`` is the newest version that the reader knows of, where they know of an older one."""
    everyone, names = everything(clock.now()), Names.known()
    newest = max((p.version for p in everyone if p.version is not None), default=0)
    known = found.base if seen is None else seen
    policy = Policy.from_dict(found.rules)
    runs = simulations_of(found.id)
    simulated = any(run.current and run.state == "done" and run.kind == "past" for run in runs)
    told: dict[str, object] = {
        "draft": found,
        "runs": [run for run in runs if run.kind == "past"],
        "shadows": [run for run in runs if run.kind == "shadow"],
        "simulated": simulated,
        "follow": None
        if any(run.follows for run in runs)
        else follow or ShadowForm(prefix="shadow", initial={"target_days": 1, "edition": found.edition}),
        "simulate": simulate
        or SimulateForm(initial={"weeks": 8, "target_days": 1, "edition": found.edition}),
        "sentences": in_words(policy),
        "rules": [rule_in_words(rule, names) for rule in policy.rules],
        "policy": policy,
        "changes": list(changes(live_rules(everyone), found.rules, names)),
        "live": next((p for p in everyone if p.live), None),
        "scheduled": [p for p in everyone if p.standing == "scheduled"],
        "newest": newest,
        "overtaken": known != newest,
        "meanwhile": list(changes(policy_rules(known), policy_rules(newest), names))
        if known != newest
        else [],
        "form": form or StoreForm(simulated=simulated, initial={"edition": found.edition, "seen": newest}),
    }
    return settings_answer(request, "routing", told, status, page="settings/routing_draft.html")


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
    request: HttpRequest, filled: PolicyForms, there: PolicyView | None = None, *, trial: Trial | None = None,
    overtaken: Overtaken | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    otherwise = trial.otherwise if trial else ()
    told: dict[str, object] = {
        "forms": filled,
        "draft": there,
        "trial": trial,
        "overtaken": overtaken,
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
