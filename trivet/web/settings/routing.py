"""Settings → Routing: the policy in words, its drafts and versions, and what differs between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trivet.flows.policy import draft_again, take_back
from trivet.lib import clock
from trivet.lib.errors import NotFound
from trivet.routing.queries.versions import PolicyView, draft, everything
from trivet.routing.rules import Policy
from trivet.web.settings.pages import settings_answer
from trivet.web.settings.policy import Names
from trivet.web.settings.policy_told import Change, changes, in_words, rule_in_words
from trivet.web.shell.access import actor, needs
from trivet.web.shell.reading import asked


@dataclass(frozen=True, slots=True)
class Told:
    """A draft or version, and what it changes: a draft of what is in force, a version of the one before."""

    policy: PolicyView
    changes: list[Change]


@needs("settings.view")
def routing_page(request: HttpRequest) -> HttpResponse:
    """By which rules is a place chosen?"""
    found = everything(clock.now())
    names, live = Names.known(), live_rules(found)
    policy = Policy.from_dict(live)
    versions = [p for p in found if p.version is not None]
    before = [p.rules for p in versions[1:]] + [{}]
    told: dict[str, object] = {
        "policy": policy,
        "sentences": in_words(policy),
        "rules": [rule_in_words(rule, names) for rule in policy.rules],
        "drafts": [Told(p, list(changes(live, p.rules, names))) for p in found if p.standing == "draft"],
        "scheduled": [p for p in versions if p.standing == "scheduled"],
        "versions": [
            Told(p, list(changes(was, p.rules, names))) for p, was in zip(versions, before, strict=False)
        ],
        "all": found,
    }
    return settings_answer(request, "routing", told)


@needs("settings.view")
def routing_compare(request: HttpRequest) -> HttpResponse:
    """What differs between two of them?"""
    found = everything(clock.now())
    before, after = _named(found, asked(request, "before")), _named(found, asked(request, "after"))
    told: dict[str, object] = {
        "all": found,
        "before": before,
        "after": after,
        "before_name": _name(before),
        "after_name": _name(after),
        "changes": list(changes(_rules(before), _rules(after), Names.known())),
    }
    return settings_answer(request, "routing", told, page="settings/routing_compare.html")


@needs("settings.edit")
@require_POST
def routing_again(request: HttpRequest, number: int) -> HttpResponse:
    """Take an old version up again: a draft with its content."""
    key = draft_again(number, by=actor(request), now=clock.now())
    return redirect("routing_draft", key=key)


@needs("settings.edit")
@require_POST
def routing_withdraw(request: HttpRequest, key: UUID) -> HttpResponse:
    """Throw a draft away, or take back a version before its time."""
    take_back(key, by=actor(request), now=clock.now())
    number = draft(key).version
    messages.success(
        request,
        _("The draft is thrown away.")
        if number is None
        else _("Version %(n)s is withdrawn.") % {"n": number},
    )
    return redirect("routing")


def live_rules(found: list[PolicyView]) -> dict[str, Any]:
    """The stored form of what is in force; of the built-in policy where nothing is."""
    return next((p.rules for p in found if p.live), {})


def _named(found: list[PolicyView], name: str) -> PolicyView | None:
    """The version or draft that the address names; None for the built-in policy."""
    if name in {"", "0"}:
        return None
    for policy in found:
        if name in {str(policy.version), str(policy.id)}:
            return policy
    raise NotFound("there is no such routing policy")


def _name(policy: PolicyView | None) -> str:
    """What a policy is called at the head of a column."""
    if policy is None:
        return _("Built-in policy")
    name = _("Draft") if policy.version is None else _("Version %(n)s") % {"n": policy.version}
    return f"{name} – {policy.note}" if policy.note else name


def _rules(policy: PolicyView | None) -> dict[str, Any]:
    return policy.rules if policy else {}
