"""Why here, why not the others, what would have changed it: a routing decision for people."""

from __future__ import annotations

from trivet.routing.queries.desk import DecisionView


def explained(decision: DecisionView) -> DecisionView:
    """The decision, ready to be shown."""
    return decision
