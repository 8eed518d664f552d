"""All waiting orders weighed at once: asked for, looked at, made; and on what terms."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Count, Cursor, Flag, Limit, PageOf, Text, not_null
from trivet.flows import allocate
from trivet.lib import clock
from trivet.routing.models import AllocationMove, AllocationRun
from trivet.routing.queries import allocation
from trivet.routing.rules.allocation import Terms

router = Router(tags=["allocation"])
work = BearerKey("order.allocate")
view, edit = BearerKey("settings.view"), BearerKey("settings.edit")


class RunOut(Schema):
    """A weighing of all waiting orders. Costs in minor units of ``currency``, of all ``orders`` together.

    ``cost_before`` as they were, ``cost_greedy`` when each in turn is planned anew against what is free, ``cost_after``
    as proposed. No allocation whose cost and moves (``move_cost`` each) together cost less than ``bound`` exists;
    ``gap`` is what that leaves open, as a part. ``saved``: by the moves made.
    """

    id: UUID
    state: str
    made_by: str
    by_itself: bool
    apply: bool
    asked_at: datetime
    planned_at: datetime | None
    ended_at: datetime | None
    policy: int | None
    currency: str
    orders: int
    cost_before: int
    cost_greedy: int
    cost_after: int
    bound: int
    move_cost: int
    gap: float
    seconds: float
    settled: int
    solver: str
    proposed: int
    moved: int
    skipped: int
    saved: int


class RunIn(Body):
    """``apply``: make the moves at once. Otherwise they are only proposed."""

    apply: Flag = False


class MoveOut(Schema):
    """An order that moves: units by code of place, the saving in minor units (below zero when it makes way for
    ``for_orders``, by number), why, and what became of it (``skip``: why it stayed)."""

    order: UUID
    number: int
    origin: dict[str, int]
    target: dict[str, int]
    saving: int
    why: str
    for_orders: list[int]
    state: str
    skip: str


class TermsOut(Schema):
    """When it is done by itself (``off``, ``every`` so many minutes, ``daily`` at a time of day) and on what terms.

    ``move_cost``: what a move must save at least, in minor units of the policy's currency; ``seconds`` for the solver.
    """

    mode: str
    every_minutes: int
    at: str | None
    timezone: str
    move_cost: int
    seconds: int


class TermsIn(Body):
    """What is left out has its default: never by itself, a move saves 30 minor units at least."""

    mode: Text = "off"
    every_minutes: Count = 60
    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    timezone: Text = "UTC"
    move_cost: Count = 30
    seconds: Count = 30


def _run(run: AllocationRun) -> dict[str, Any]:
    return {
        "id": run.id, "state": run.state, "made_by": run.made_by, "by_itself": run.by_itself,
        "apply": run.apply_at_once, "asked_at": run.asked_at, "planned_at": run.planned_at, "ended_at": run.ended_at,
        "policy": run.policy_version, "currency": run.currency, "orders": run.orders,
        "cost_before": run.cost_before_minor, "cost_greedy": run.cost_greedy_minor,
        "cost_after": run.cost_after_minor, "bound": run.bound_minor, "move_cost": run.move_cost_minor,
        "gap": run.gap / 1_000_000, "seconds": run.milliseconds / 1_000, "settled": run.settled, "solver": run.solver,
        "proposed": run.proposed, "moved": run.moved, "skipped": run.skipped, "saved": run.saved_minor,
    }  # fmt: skip


def _move(move: AllocationMove) -> dict[str, Any]:
    return {
        "order": move.order_id, "number": move.order.number, "origin": move.origin, "target": move.target,
        "saving": move.saving_minor, "why": move.why, "for_orders": move.for_orders, "state": move.state,
        "skip": move.skip,
    }  # fmt: skip


def _terms() -> dict[str, Any]:
    found, _last = allocation.terms()
    return {
        "mode": found.mode, "every_minutes": found.every_minutes, "timezone": found.timezone,
        "at": found.at.strftime("%H:%M") if found.at else None, "move_cost": found.move_cost,
        "seconds": found.seconds,
    }  # fmt: skip


@router.get("/runs", auth=work, response=PageOf[RunOut], summary="Allocation runs")
def list_runs(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """Newest first."""
    page = allocation.runs_page(cursor, limit)
    return {"rows": [_run(run) for run in page.rows], "next_cursor": page.next_cursor}


@router.post("/runs", auth=work, response={202: RunOut}, summary="Weigh all waiting orders at once")
def post_run(request: HttpRequest, body: RunIn) -> Status[Any]:
    """A worker does it; look at the run for how far it is."""
    key = allocate.ask(apply_at_once=body.apply, by=caller_of(request).actor, now=clock.now())
    return Status(202, _run(allocation.run(key)))


@router.get("/runs/{uuid:run}", auth=work, response=RunOut, summary="One allocation run")
def get_run(request: HttpRequest, run: UUID) -> Any:
    """How far it is, and what it found."""
    return _run(allocation.run(run))


@router.get("/runs/{uuid:run}/moves", auth=work, response=PageOf[MoveOut], summary="Orders that a run moves")
def list_moves(request: HttpRequest, run: UUID, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """In the order in which they are made."""
    page = allocation.moves(allocation.run(run).id, cursor, limit)
    return {"rows": [_move(move) for move in page.rows], "next_cursor": page.next_cursor}


@router.post("/runs/{uuid:run}/moves", auth=work, response={202: RunOut}, summary="Make the proposed moves")
def post_moves(request: HttpRequest, run: UUID) -> Status[Any]:
    """409 unless the run is proposed, or was stopped on the way. What no longer fits the world is skipped."""
    allocate.go_on(run, by=caller_of(request).actor, now=clock.now())
    return Status(202, _run(allocation.run(run)))


@router.get("/terms", auth=view, response=TermsOut, summary="Terms of allocation")
def get_terms(request: HttpRequest) -> Any:
    """When it is done by itself, and what a move must save."""
    return _terms()


@router.put("/terms", auth=edit, response=TermsOut, summary="Change the terms of allocation")
def put_terms(request: HttpRequest, body: TermsIn) -> Any:
    """All of them: what is left out goes back to its default."""
    values: dict[str, Any] = not_null(body, "at")
    if values.get("at"):
        values["at"] = time.fromisoformat(values["at"])
    allocate.change_terms(Terms(**values), by=caller_of(request).actor, now=clock.now())
    return _terms()
