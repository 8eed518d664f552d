"""What must hold after every story."""

from __future__ import annotations

from trivet.flows.doctor import examine
from trivet.lib import clock


def nothing_is_wrong() -> None:
    """The doctor finds no number that contradicts its facts."""
    assert [f for f in examine(clock.now()) if f.severity == "error"] == []
