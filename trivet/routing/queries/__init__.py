"""Reads of policies and decisions."""

from trivet.routing.queries.live import live_policy

__all__ = ["live_policy"]
