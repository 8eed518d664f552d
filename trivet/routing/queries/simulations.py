"""Simulations as the desk shows them: how far they are, their sums, and the orders that would ship differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trivet.lib.cursor import Page, cut, decode_number
from trivet.lib.errors import NotFound
from trivet.routing.models import SimulatedOrder, Simulation
from trivet.routing.queries.desk import DecisionView
from trivet.routing.rules import Policy
from trivet.routing.rules.worlds import Planner, Reader


@dataclass(frozen=True, slots=True)
class SimulationView:
    """A simulation of a draft (``kind`` past) or its shadow run (shadow). ``current``: it is of the draft as it is."""

    id: UUID
    policy: UUID
    kind: str
    edition: int
    against: int
    begin: datetime
    until: datetime
    target_days: int
    state: str
    done: int
    total: int
    result: dict[str, Any] | None
    error: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    current: bool
    rules: dict[str, Any]
    against_rules: dict[str, Any]

    @property
    def under_way(self) -> bool:
        """Whether there is something to wait for."""
        return self.kind == "past" and self.state in {"waiting", "running"}

    @property
    def follows(self) -> bool:
        """Whether it follows the orders that come in."""
        return self.kind == "shadow" and self.state == "running"


@dataclass(frozen=True, slots=True)
class SimulatedRow:
    """An order that would ship differently; ``live`` and ``draft`` as they are stored (see ``plans_of``)."""

    id: int
    order: UUID
    number: int
    at: datetime
    live: dict[str, Any]
    draft: dict[str, Any]


def simulation(key: UUID) -> SimulationView:
    """One simulation; :class:`NotFound`. One query."""
    found = Simulation.objects.select_related("policy").filter(id=key).first()
    if found is None:
        raise NotFound("there is no such simulation")
    return _view(found)


def simulations_of(policy: UUID, limit: int = 10) -> list[SimulationView]:
    """The simulations of a draft, the latest first; one query."""
    found = Simulation.objects.select_related("policy").filter(policy=policy).order_by("-asked_at")
    return [_view(one) for one in found[:limit]]


def otherwise(key: UUID, cursor: str = "", limit: int = 50) -> Page[SimulatedRow]:
    """The orders that a simulated draft ships differently, in the order of time, by keyset; one query."""
    found = SimulatedOrder.objects.filter(simulation=key)
    if cursor:
        found = found.filter(id__gt=decode_number(cursor))
    columns = ("id", "decision__order_id", "decision__order__number", "decision__at", "plans")
    rows = list(found.order_by("id").values_list(*columns)[: limit + 1])
    return cut(
        [
            SimulatedRow(key, order, number, at, plans["live"], plans["draft"])
            for key, order, number, at, plans in rows
        ],
        limit,
        lambda row: (row.id,),
    )


def both_decisions(key: UUID, row: int) -> tuple[SimulatedRow, DecisionView, DecisionView]:
    """One such order with both decisions in full, made again from what each of them saw; :class:`NotFound`."""
    found = (
        SimulatedOrder.objects.filter(simulation=key, id=row)
        .select_related("simulation", "decision", "decision__order")
        .first()
    )
    if found is None:
        raise NotFound("there is no such simulated order")
    made, plans, run = found.decision, found.plans, found.simulation
    shown = SimulatedRow(row, made.order_id, made.order.number, made.at, plans["live"], plans["draft"])
    live = Planner(Policy.from_dict(run.against_rules), run.against, "live")
    draft = Planner(Policy.from_dict(run.rules), 0, "draft")
    return shown, _again(live, made, plans["live"]), _again(draft, made, plans["draft"])


def _again(planner: Planner, made: Any, side: Mapping[str, Any]) -> DecisionView:
    arrival = Reader().read(made.id, made.order_id, made.at, made.explanation)
    stock = {
        (place.key, variant): n
        for place, row in zip(sorted(arrival.places, key=_rank), side["seen"], strict=True)
        for variant, n in zip(arrival.variants, row, strict=True)
    }
    told = planner.plan(arrival, stock)
    return DecisionView(planner.version, made.at, told.exact, made.cause, told.explanation)


def _rank(place: Any) -> tuple[int, str]:
    return place.priority, place.code


def _view(s: Simulation) -> SimulationView:
    return SimulationView(
        s.id, s.policy_id, s.kind, s.edition, s.against, s.begin, s.until, s.target_days, s.state, s.done, s.total,
        s.result, s.error, s.asked_by, s.asked_at, s.finished_at, s.edition == s.policy.edition,
        s.rules, s.against_rules,
    )  # fmt: skip
