"""The policy in force, parsed once a process and version."""

from __future__ import annotations

from datetime import datetime

from trivet.routing.models import RoutingPolicy
from trivet.routing.rules import Policy

_known: tuple[int, list[tuple[datetime, int, Policy]]] | None = None


def live_policy(revision: int, now: datetime) -> tuple[int, Policy]:
    """(version, policy) in force at ``now``; policies are read again when the set-up's ``revision`` moves on.

    Without any stored policy the built-in defaults count as version 0.
    """
    global _known
    known = _known
    if known is None or known[0] != revision:
        found = [
            (p.active_from, p.version, Policy.from_dict(p.rules))
            for p in RoutingPolicy.objects.filter(state="stored")
            if p.active_from is not None and p.version is not None
        ]
        known = _known = (revision, sorted(found, key=lambda f: f[:2], reverse=True))
    for active_from, version, policy in known[1]:
        if active_from <= now:
            return version, policy
    return 0, Policy()
