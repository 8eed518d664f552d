"""Values of the partners: the life of a file that somebody sent to be imported."""

from __future__ import annotations

from trivet.lib.machine import Machine

UPLOAD = Machine(
    noun="upload",
    start="waiting",
    moves={
        # From ``running`` too: a worker may have died over it, and imports may be done again.
        "begin": (frozenset({"waiting", "running"}), "running"),
        "finish": (frozenset({"running"}), "done"),
        "fail": (frozenset({"running"}), "failed"),
        "repeat": (frozenset({"done"}), "waiting"),
    },
)
"""Files that wait for a worker. ``repeat``: what was tried is now to be carried out."""
