"""Simulations of a drafted routing policy: on past orders, and on those that come in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Count, Cursor, Limit, PageOf
from trivet.api.routing import Edition
from trivet.flows import shadow
from trivet.flows import simulation as flow
from trivet.lib import clock
from trivet.routing.queries import simulations
from trivet.routing.rules.simulation import SIMULATION

router = Router(tags=["routing"])
_STATES = SIMULATION.states
view, edit = BearerKey("settings.view"), BearerKey("settings.edit")


class SimulationIn(Body):
    """The orders of the last ``weeks`` (null: the latest 50,000); late is what leaves after ``target_days``."""

    edition: Edition
    weeks: Count | None = 8
    target_days: Count = 1


class ShadowIn(Body):
    """Late is what leaves after ``target_days``."""

    edition: Edition
    target_days: Count = 1


class SimulationOut(Schema):
    """A simulation (``kind`` past), or a shadow run; ``current`` when the draft is still what was simulated.

    ``result`` has the sums of both sides, ``live`` and ``draft``: orders, parcels, units, km (over parcels), late,
    units short (``served``: of them later), ``costs`` by price list, ``loads`` by place and day as [parcels, units].
    """

    id: UUID
    policy: UUID
    kind: Literal["past", "shadow"]
    edition: int
    against: int
    begin: datetime
    until: datetime
    target_days: int
    state: Literal[_STATES]  # type: ignore[valid-type]  # the rules name them
    done: int
    total: int
    result: dict[str, Any] | None
    error: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    current: bool


class SimulatedOut(Schema):
    """An order that would ship differently. ``legs`` of a side are [place, units, km, days until it leaves]."""

    id: int
    order: UUID
    number: int
    at: datetime
    live: dict[str, Any]
    draft: dict[str, Any]


@router.post(
    "/routing-drafts/{uuid:key}/simulations",
    auth=edit,
    response={201: SimulationOut},
    summary="Simulate a draft",
)
def post_simulation(request: HttpRequest, key: UUID, body: SimulationIn) -> Status[Any]:
    """A worker does it; ask for it until its ``state`` is ``done``. 409 while another of the draft is under way."""
    made = flow.simulate(
        key, edition=body.edition, weeks=body.weeks, target_days=body.target_days, by=caller_of(request).actor,
        now=clock.now(),
    )  # fmt: skip
    return Status(201, simulations.simulation(made))


@router.get(
    "/routing-drafts/{uuid:key}/simulations",
    auth=view,
    response=list[SimulationOut],
    summary="Simulations of a draft",
)
def list_simulations(request: HttpRequest, key: UUID) -> list[Any]:
    """The latest first."""
    return simulations.simulations_of(key)


@router.post(
    "/routing-drafts/{uuid:key}/shadow-runs",
    auth=edit,
    response={201: SimulationOut},
    summary="Follow new orders",
)
def post_shadow(request: HttpRequest, key: UUID, body: ShadowIn) -> Status[Any]:
    """Each order that comes in is planned by the draft too, some seconds later, until the run is stopped."""
    made = shadow.begin(
        key, edition=body.edition, target_days=body.target_days, by=caller_of(request).actor, now=clock.now()
    )
    return Status(201, simulations.simulation(made))


@router.get("/routing-simulations/{uuid:key}", auth=view, response=SimulationOut, summary="One simulation")
def get_simulation(request: HttpRequest, key: UUID) -> Any:
    """How far it is, and what came of it."""
    return simulations.simulation(key)


@router.delete(
    "/routing-simulations/{uuid:key}", auth=edit, response=SimulationOut, summary="Stop a simulation"
)
def delete_simulation(request: HttpRequest, key: UUID) -> Any:
    """409 when it is over."""
    flow.stop(key, by=caller_of(request).actor, now=clock.now())
    return simulations.simulation(key)


@router.get(
    "/routing-simulations/{uuid:key}/orders", auth=view, response=PageOf[SimulatedOut],
    summary="Orders that would ship differently",
)  # fmt: skip
def list_simulated(request: HttpRequest, key: UUID, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """In the order of time, of the simulation as far as it is."""
    simulations.simulation(key)
    return simulations.otherwise(key, cursor, limit)
