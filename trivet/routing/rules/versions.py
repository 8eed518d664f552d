"""The life of a policy: drafted, stored as a version that takes effect at its time, or withdrawn; and what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from trivet.lib.machine import Machine
from trivet.routing.rules.values import Policy

POLICY = Machine(
    noun="routing policy",
    start="draft",
    moves={
        "store": (frozenset({"draft"}), "stored"),
        # A version only until it takes effect: what has decided stays to explain its decisions.
        "withdraw": (frozenset({"draft", "stored"}), "withdrawn"),
    },
)
"""``stored``: a numbered version. Whether it is scheduled, live or past is a matter of time (:func:`standing`)."""

STANDINGS = ("draft", "scheduled", "live", "past", "withdrawn")


def live_at(versions: Iterable[tuple[datetime, int]], now: datetime) -> int:
    """The version in force at ``now``, of (active from, version) of those stored; 0 when none is.

    The one that came into force last, however it is numbered: what was scheduled takes over when its time comes.
    """
    return max((found for found in versions if found[0] <= now), default=(now, 0))[1]


def standing(
    state: str, active_from: datetime | None, version: int | None, *, live: int, now: datetime
) -> str:
    """What a policy is at ``now``: one of :data:`STANDINGS`; ``live`` is the version in force."""
    if state != "stored" or active_from is None:
        return state
    if active_from > now:
        return "scheduled"
    return "live" if version == live else "past"


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs: a field, or a row of it (``zones`` by km, ``rules`` by number). None where there is no such row."""

    field: str
    row: int | None
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        """As it is told on the wire."""
        return {
            "field": self.field,
            "row": self.row,
            "before": _plain(self.before),
            "after": _plain(self.after),
        }


def differences(before: Policy, after: Policy) -> list[Difference]:
    """What differs between two policies, field by field; zones and rules row by row."""
    found: list[Difference] = []
    for field in fields(Policy):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if one == other:
            continue
        if field.name == "zones":
            found += _zones(one, other)
        elif field.name == "rules":
            found += _rules(one, other)
        else:
            found.append(Difference(field.name, None, one, other))
    return found


def _zones(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    one, other = {z.km: z for z in before}, {z.km: z for z in after}
    for km in sorted(one.keys() | other.keys()):
        if one.get(km) != other.get(km):
            yield Difference("zones", km, one.get(km), other.get(km))


def _rules(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    # Rows are found again by their content: a rule put in at the top does not change all below it.
    for what, a, a_end, b, b_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for n in range(max(a_end - a, b_end - b)):
            was = before[a + n] if a + n < a_end else None
            now = after[b + n] if b + n < b_end else None
            yield Difference("rules", (b if now is not None else a) + n + 1, was, now)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, tuple):
        return list(value)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(value).items()}
