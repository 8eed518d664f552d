"""State machines as tables: checked once, then used for the CHECK constraint, the guard, buttons and diagrams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trivet.lib.errors import WrongState


@dataclass(frozen=True)
class Machine:
    """A noun's states and moves.

    ``moves`` maps a verb to the states it may leave and the state it leads to. Every state must be
    reachable from ``start``.
    """

    noun: str
    start: str
    moves: Mapping[str, tuple[frozenset[str], str]]

    def __post_init__(self) -> None:
        reached, grown = {self.start}, True
        while grown:
            grown = False
            for sources, target in self.moves.values():
                if sources & reached and target not in reached:
                    reached.add(target)
                    grown = True
        stray = {s for sources, _ in self.moves.values() for s in sources} - reached
        if stray:
            raise ValueError(f"{self.noun}: unreachable states {sorted(stray)}")

    @property
    def states(self) -> tuple[str, ...]:
        """All states, the start first, then in the order in which moves name them."""
        return tuple(dict.fromkeys([self.start, *(target for _, target in self.moves.values())]))

    def sources(self, verb: str) -> frozenset[str]:
        """The states that ``verb`` may leave."""
        return self.moves[verb][0]

    def target(self, verb: str) -> str:
        """The state that ``verb`` leads to."""
        return self.moves[verb][1]

    def moves_from(self, state: str) -> tuple[str, ...]:
        """The verbs possible in ``state``: what buttons to draw."""
        return tuple(verb for verb, (sources, _) in self.moves.items() if state in sources)

    def move(self, verb: str, state: str) -> str:
        """The state after ``verb``, or :class:`WrongState`."""
        if state not in self.sources(verb):
            raise WrongState(f"{self.noun} is {state}: cannot {verb.replace('_', ' ')}", state=state)
        return self.target(verb)

    def mermaid(self) -> str:
        """The machine as a Mermaid state diagram, for the docs."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start}"]
        for verb, (sources, target) in self.moves.items():
            lines += [f"    {source} --> {target}: {verb}" for source in sorted(sources)]
        return "\n".join(lines)
