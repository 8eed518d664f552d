"""Routing policies: each change is a new version, and the old ones stay to explain old decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid
from trivet.routing.models import RoutingPolicy
from trivet.routing.rules import Policy

LOCK = 0x7472_6976_6574_04
"""One new version at a time, so that numbers have no gaps."""


@transaction.atomic
def add_policy(
    rules: Mapping[str, Any], active_from: datetime | None = None, note: str = "", *, by: Actor, now: datetime
) -> RoutingPolicy:
    """Store the next version of the policy, in force from ``active_from`` (default: at once).

    Fields that are left out take the built-in defaults. :class:`Invalid` names the field that breaks a rule. The
    caller raises the set-up's revision in the same transaction, so that every process reads the policies again.
    """
    Policy.proposed(rules)
    if len(note) > 500 or "\x00" in note:
        raise Invalid("note", "may have 500 characters at most")
    if active_from is not None and active_from.tzinfo is None:
        raise Invalid("active_from", "needs a time zone")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    version = (RoutingPolicy.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    policy = RoutingPolicy.objects.create(
        version=version,
        rules=dict(rules),
        active_from=active_from or now,
        note=note,
        made_by=by.label,
        made_at=now,
    )
    record(
        "routing_policy.added", ("routing_policy", policy.id), by=by, at=now, version=version, rules=dict(rules),
        active_from=policy.active_from, note=note,
    )  # fmt: skip
    return policy
