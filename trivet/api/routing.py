"""The routing policy: drafts, versions, what differs between them, and what other rules would have decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import LARGEST_INT, Body, Instant, Slug, Text
from trivet.flows.policy import IN_ONE_STEP, change_policy, draft_again, put_in_force, take_back
from trivet.lib import clock
from trivet.lib.errors import NotFound
from trivet.routing.actions.policy import begin_draft, change_draft
from trivet.routing.queries import versions
from trivet.routing.queries.trial import tried
from trivet.routing.rules import BOUNDS, Policy
from trivet.routing.rules.versions import STANDINGS, differences

router = Router(tags=["routing"])
view, edit = BearerKey("settings.view"), BearerKey("settings.edit")

_BOUNDS = ", ".join(f"{name} {least} to {most}" for name, (least, most) in BOUNDS.items())
Rules = Annotated[dict[str, Any], Field(description=f"whole numbers, amounts in minor units: {_BOUNDS}")]
Edition = Annotated[int, Field(ge=0, le=LARGEST_INT)]


class DraftOut(Schema):
    """A policy that is worked on; ``edition`` counts its changes, ``base`` is the newest version when it was begun."""

    id: UUID
    rules: dict[str, Any]
    note: str
    standing: Literal[STANDINGS]  # type: ignore[valid-type]  # the rules name them
    edition: int
    base: int
    repeats: int | None
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime | None


class PolicyOut(DraftOut):
    """A version of the routing policy; ``live`` marks the one in force.

    ``simulation`` was looked at before it was stored; ``unsimulated`` says why none was.
    """

    version: int
    active_from: datetime
    stored_by: str
    stored_at: datetime | None
    simulation: UUID | None
    unsimulated: str
    withdrawn_by: str
    withdrawn_at: datetime | None
    live: bool


class DraftIn(Body):
    """Rules that are left out take the built-in defaults."""

    rules: Rules
    note: Text = ""


class DraftChange(DraftIn):
    """The draft as it is to be; ``edition`` is the one that was looked at."""

    edition: Edition


class PolicyIn(DraftIn):
    """The next version in one step, without a simulation; ``without`` says why."""

    active_from: Instant | None = None
    without: Text = IN_ONE_STEP


class VersionIn(Body):
    """``edition`` and ``seen`` (the newest version): what was looked at. ``without``: why without simulation."""

    edition: Edition
    seen: Edition
    active_from: Instant | None = None
    without: Text = ""


class DifferenceOut(Schema):
    """What differs: a field, or a row of it (``zones`` by km, ``rules`` by number); null where there is no such row."""

    field: str
    row: int | None
    before: Any
    after: Any


class TrialIn(Body):
    """Rules that are not in force. What is left out takes the built-in defaults."""

    rules: Rules


class ParcelOut(Schema):
    """Units that a place (by its code) ships."""

    place: str
    name: str
    units: int


class OutcomeOut(Schema):
    """Which places ship what, units without stock, and the estimate in minor units."""

    parcels: list[ParcelOut]
    short: int
    cost: int


class OtherwiseOut(Schema):
    """A decision that these rules would have made otherwise."""

    order: UUID
    number: int
    at: datetime
    before: OutcomeOut
    after: OutcomeOut
    currency: str


class TrialOut(Schema):
    """How many of the latest decisions were made again, and those that would come out otherwise."""

    looked_at: int
    otherwise: list[OtherwiseOut]


@router.get("/routing-policies", auth=view, response=list[PolicyOut], summary="Routing policies")
def list_policies(request: HttpRequest) -> list[Any]:
    """All versions, newest first."""
    return versions.policies(clock.now())


@router.post("/routing-policies", auth=edit, response={201: PolicyOut}, summary="Change the routing policy")
def post_policy(request: HttpRequest, body: PolicyIn) -> Status[Any]:
    """A new version in one step; old ones stay to explain old decisions. People draft and simulate first."""
    now = clock.now()
    number = change_policy(
        body.rules,
        body.active_from,
        body.note,
        body.without or IN_ONE_STEP,
        by=caller_of(request).actor,
        now=now,
    )
    return Status(201, versions.version(number, now))


@router.post("/routing-policies/trials", auth=edit, response=TrialOut, summary="Try a routing policy")
def post_trial(request: HttpRequest, body: TrialIn) -> Any:
    """The latest decisions again, with the places and the stock of then. Nothing is stored."""
    return tried(body.rules)


@router.get(
    "/routing-policies/comparison",
    auth=view,
    response=list[DifferenceOut],
    summary="Compare routing policies",
)
def get_comparison(
    request: HttpRequest,
    before: Annotated[
        Slug, Query(description="a version's number, a draft's id, or 0 for the built-in policy")
    ],
    after: Annotated[Slug, Query(description="likewise")],
) -> list[Any]:
    """What differs between two versions or drafts, field by field; zones and rules row by row."""
    return [d.as_dict() for d in differences(_policy(before), _policy(after))]


def _policy(named: str) -> Policy:
    if named == "0":
        return Policy()
    found = next((p for p in versions.everything(clock.now()) if named in {str(p.version), str(p.id)}), None)
    if found is None:
        raise NotFound("there is no such routing policy")
    return Policy.from_dict(found.rules)


@router.post(
    "/routing-policies/{int:number}/drafts",
    auth=edit,
    response={201: DraftOut},
    summary="Take a version up again",
)
def post_again(request: HttpRequest, number: int) -> Status[Any]:
    """A draft with the content of a version: the way back to it."""
    return Status(201, versions.draft(draft_again(number, by=caller_of(request).actor, now=clock.now())))


@router.post(
    "/routing-policies/{int:number}/withdrawal", auth=edit, response=PolicyOut, summary="Withdraw a version"
)
def post_withdrawal(request: HttpRequest, number: int) -> Any:
    """409 once it is in force."""
    now = clock.now()
    take_back(versions.version(number, now).id, by=caller_of(request).actor, now=now)
    return versions.version(number, now)


@router.get("/routing-drafts", auth=view, response=list[DraftOut], summary="Drafts of the routing policy")
def list_drafts(request: HttpRequest) -> list[Any]:
    """The latest begun first."""
    return versions.drafts(clock.now())


@router.post("/routing-drafts", auth=edit, response={201: DraftOut}, summary="Draft a routing policy")
def post_draft(request: HttpRequest, body: DraftIn) -> Status[Any]:
    """Nothing is decided by it."""
    key = begin_draft(body.rules, body.note, by=caller_of(request).actor, now=clock.now())
    return Status(201, versions.draft(key))


@router.get("/routing-drafts/{uuid:key}", auth=view, response=DraftOut, summary="One draft")
def get_draft(request: HttpRequest, key: UUID) -> Any:
    """Whatever became of it."""
    return versions.draft(key)


@router.put("/routing-drafts/{uuid:key}", auth=edit, response=DraftOut, summary="Change a draft")
def put_draft(request: HttpRequest, key: UUID, body: DraftChange) -> Any:
    """409 when somebody changed it since ``edition``; ``facts`` say what differs."""
    change_draft(
        key, body.rules, body.note, edition=body.edition, by=caller_of(request).actor, now=clock.now()
    )
    return versions.draft(key)


@router.delete("/routing-drafts/{uuid:key}", auth=edit, response=DraftOut, summary="Throw a draft away")
def delete_draft(request: HttpRequest, key: UUID) -> Any:
    """409 once it is a version in force; one that is only scheduled is withdrawn."""
    take_back(key, by=caller_of(request).actor, now=clock.now())
    return versions.draft(key)


@router.post(
    "/routing-drafts/{uuid:key}/version",
    auth=edit,
    response={201: PolicyOut},
    summary="Store a draft as a version",
)
def post_version(request: HttpRequest, key: UUID, body: VersionIn) -> Status[Any]:
    """In force from ``active_from``. 409 when the draft or the policy has changed; ``facts`` say what differs."""
    now = clock.now()
    number = put_in_force(
        key, body.active_from, edition=body.edition, seen=body.seen, without=body.without,
        by=caller_of(request).actor, now=now,
    )  # fmt: skip
    return Status(201, versions.version(number, now))
