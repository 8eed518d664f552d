"""The life of a simulation."""

from __future__ import annotations

from trivet.lib.machine import Machine

SIMULATION = Machine(
    noun="simulation",
    start="waiting",
    moves={
        # From ``running`` too: a worker may have died over it, and it may be done again.
        "begin": (frozenset({"waiting", "running"}), "running"),
        "finish": (frozenset({"running"}), "done"),
        "stop": (frozenset({"waiting", "running"}), "stopped"),
    },
)
"""What waits for a worker, or follows the orders as they come in until somebody stops it."""
