"""Routing policies: drafted, changed, stored as the next version, withdrawn. Old versions stay to explain decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid, NotFound, WrongState
from trivet.routing.actions.simulation import end_shadows
from trivet.routing.models import RoutingPolicy, Simulation
from trivet.routing.queries.versions import draft, newest_version, policy_rules
from trivet.routing.rules import Policy
from trivet.routing.rules.versions import POLICY, differences

LOCK = 0x7472_6976_6574_04
"""One new version at a time, so that numbers have no gaps."""


@transaction.atomic
def begin_draft(
    rules: Mapping[str, Any], note: str = "", *, repeats: int | None = None, by: Actor, now: datetime
) -> UUID:
    """Draft a policy; nothing is decided by it. Its key.

    Fields that are left out take the built-in defaults. :class:`Invalid` names the field that breaks a rule.
    ``repeats`` is the version whose content it is.
    """
    _check(rules, note)
    made = RoutingPolicy.objects.create(
        rules=dict(rules), note=note, made_by=by.label, made_at=now, base=newest_version(), repeats=repeats
    )
    record(
        "routing_policy.drafted", ("routing_policy", made.id), by=by, at=now, rules=dict(rules), note=note,
        repeats=repeats,
    )  # fmt: skip
    return made.id


@transaction.atomic
def change_draft(
    key: UUID, rules: Mapping[str, Any], note: str, *, edition: int, by: Actor, now: datetime
) -> int:
    """Change a draft that was looked at in its ``edition``; its new edition.

    :class:`WrongState` when somebody changed it since: ``facts`` hold the present edition and what differs from
    ``rules``.
    """
    _check(rules, note)
    found = RoutingPolicy.objects.filter(id=key, state="draft", edition=edition)
    if not found.update(
        rules=dict(rules), note=note, edition=F("edition") + 1, changed_by=by.label, changed_at=now
    ):
        raise _overtaken(key, rules)
    record(
        "routing_policy.redrafted", ("routing_policy", key), by=by, at=now, rules=dict(rules), note=note,
        edition=edition + 1,
    )  # fmt: skip
    return edition + 1


@transaction.atomic
def store_version(
    key: UUID, active_from: datetime | None = None, *, edition: int, seen: int, without: str = "", by: Actor,
    now: datetime,
) -> RoutingPolicy:  # fmt: skip
    """Make a draft the next version, in force from ``active_from`` (default: at once).

    It needs a finished simulation of this edition, or the reason why it goes without one. :class:`WrongState` when the
    draft has changed since ``edition``, or versions came after ``seen``: ``facts`` say what differs. The caller raises
    the set-up's revision in the same transaction, so that every process reads the policies again.
    """
    if len(without) > 500 or "\x00" in without:
        raise Invalid("without", "may have 500 characters at most")
    if active_from is not None and active_from.tzinfo is None:
        raise Invalid("active_from", "needs a time zone")
    if active_from is not None and active_from <= now:
        raise Invalid("active_from", "must lie in the future")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    newest = newest_version()
    if newest != seen:
        changed = differences(Policy.from_dict(policy_rules(seen)), Policy.from_dict(policy_rules(newest)))
        raise WrongState(
            "the policy has changed since the draft was begun", newest=newest,
            changes=[found.as_dict() for found in changed],
        )  # fmt: skip
    simulated = Simulation.objects.filter(policy=key, edition=edition, kind="past", state="done")
    simulation = simulated.order_by("-asked_at").first()
    if simulation is None and not without.strip():
        raise Invalid("without", "must say why no simulation of this draft is waited for")
    found = RoutingPolicy.objects.filter(id=key, state__in=POLICY.sources("store"), edition=edition)
    if not found.update(
        state=POLICY.target("store"), version=newest + 1, active_from=active_from or now, stored_by=by.label,
        stored_at=now, simulation=simulation, unsimulated="" if simulation else without.strip(),
    ):  # fmt: skip
        raise _overtaken(key, None)
    end_shadows(key, now=now)
    policy = RoutingPolicy.objects.get(id=key)
    record(
        "routing_policy.added", ("routing_policy", key), by=by, at=now, version=newest + 1, rules=policy.rules,
        active_from=policy.active_from, note=policy.note, repeats=policy.repeats,
        simulation=simulation.id if simulation else None, unsimulated=policy.unsimulated,
    )  # fmt: skip
    return policy


@transaction.atomic
def withdraw(key: UUID, *, by: Actor, now: datetime) -> RoutingPolicy:
    """Take back a draft, or a version before it takes effect; :class:`WrongState` once it is in force."""
    rows = RoutingPolicy.objects.filter(id=key, state__in=POLICY.sources("withdraw"))
    # A version that has decided something stays: only a newer one ends it.
    found = rows.exclude(state="stored", active_from__lte=now)
    if not found.update(state=POLICY.target("withdraw"), withdrawn_by=by.label, withdrawn_at=now):
        policy = RoutingPolicy.objects.filter(id=key).first()
        if policy is None:
            raise NotFound("there is no such routing policy")
        if policy.state == "withdrawn":
            raise WrongState("someone withdrew this already")
        raise WrongState("it is in force already: store another version instead")
    end_shadows(key, now=now)
    policy = RoutingPolicy.objects.get(id=key)
    record("routing_policy.withdrawn", ("routing_policy", key), by=by, at=now, version=policy.version)
    return policy


def _check(rules: Mapping[str, Any], note: str) -> None:
    Policy.proposed(rules)
    if len(note) > 500 or "\x00" in note:
        raise Invalid("note", "may have 500 characters at most")


def _overtaken(key: UUID, rules: Mapping[str, Any] | None) -> Exception:
    """What to raise when a draft is not what it was: gone, stored, withdrawn, or changed by somebody."""
    there = draft(key)
    if there.standing != "draft":
        return WrongState("it is no draft any more", standing=there.standing)
    mine = there.rules if rules is None else rules
    changed = differences(Policy.from_dict(there.rules), Policy.from_dict(mine))
    return WrongState(
        "someone changed the draft meanwhile", edition=there.edition, changed_by=there.changed_by or there.made_by,
        changes=[found.as_dict() for found in changed],
    )  # fmt: skip
