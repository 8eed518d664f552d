"""Values of the journal: who acts, what a fact is about, and the machines of receipts, errands and exceptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from trivet.lib.machine import Machine

ActorKind = Literal["user", "api_key", "system", "import", "channel"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. ``label`` is what people read; ``id`` is empty for the system itself.

    ``acts_for`` is the id of the person on whose behalf a program acts, where that is known.
    """

    kind: ActorKind
    id: str = ""
    label: str = ""
    acts_for: str = ""

    @property
    def person(self) -> str:
        """Who this is where two different people are needed: a person and their keys are one."""
        return self.acts_for or self.id or self.kind


SYSTEM = Actor("system", "", "Trivet")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: past tense ``kind``, the subject it is about, ids and values only."""

    kind: str
    subject_kind: str
    subject_id: UUID
    by: Actor
    at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


def raw_source(channel: str) -> str:
    """The source of the receipts that keep a channel's orders as they came in."""
    return f"order:{channel}"


RECEIPT = Machine(
    noun="receipt",
    start="received",
    moves={
        "apply": (frozenset({"received", "deferred", "needs_mapping", "dead"}), "applied"),
        "defer": (frozenset({"received"}), "deferred"),
        "await_mapping": (frozenset({"received", "deferred"}), "needs_mapping"),
        "give_up": (frozenset({"received", "deferred", "needs_mapping"}), "dead"),
        "keep": (frozenset({"received"}), "kept"),
    },
)
"""Raw payloads in. ``dead`` are those that nothing was made of, until a mapper is mended; ``kept`` is for facts that
a later room will replay (cancellations for the returns)."""

ERRAND = Machine(
    noun="errand",
    start="intended",
    moves={
        "send": (frozenset({"intended", "unknown"}), "sent"),
        "succeed": (frozenset({"sent", "unknown"}), "done"),
        "fail": (frozenset({"intended", "sent", "unknown"}), "failed"),
        "lose_track": (frozenset({"sent"}), "unknown"),
    },
)
"""Calls out: the intent is committed before the call, the outcome after it."""

EXCEPTION = Machine(
    noun="exception",
    start="open",
    moves={"resolve": (frozenset({"open"}), "resolved"), "reopen": (frozenset({"resolved"}), "open")},
)
