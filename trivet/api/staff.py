"""People and API keys. Who manages them needs the scope ``staff.edit`` by name, and gives nobody more than it has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, Caller, caller_of
from trivet.api.kinds import Body, Instant, Name, Slug, Text, not_null
from trivet.company.queries import setup
from trivet.lib import clock
from trivet.lib.errors import Forbidden, Invalid
from trivet.staff import actions
from trivet.staff.queries import KeyView, PersonView, api_key, api_keys, people, person
from trivet.staff.rules import ROLES, may_give, verbs_of

router = Router(tags=["settings"])
view, edit = BearerKey("settings.view"), BearerKey("staff.edit")

Role = Literal[ROLES]  # type: ignore[valid-type]  # the rules name them
Password = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Places = Annotated[list[Slug], Field(max_length=1_000)]


class PersonOut(Schema):
    """Someone who works here; ``places`` are codes, none means all."""

    id: UUID
    username: str
    name: str
    email: str
    role: str
    active: bool
    last_login: datetime | None
    places: list[str]


class PersonIn(Body):
    """Someone new; ``places`` are codes, none means all."""

    username: Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00]*$")]
    password: Password
    role: Role
    name: Text = ""
    email: Text = ""
    places: Places = []


class PersonChange(Body):
    """What may change of a person; ``places`` replaces them all."""

    role: Role | None = None
    name: Text | None = None
    email: Text | None = None
    active: Annotated[bool, Field(strict=True)] | None = None
    password: Password | None = None
    places: Places | None = None


class KeyOut(Schema):
    """An API key without its secret; ``places`` are codes, none means all."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    places: list[str]


class KeyIn(Body):
    """A new key: verbs or ``*``, and the places (codes) it is for; none means all."""

    name: Name
    scopes: Annotated[list[Slug], Field(min_length=1, max_length=100)]
    places: Places = []
    expires_at: Instant | None = None


class NewKeyOut(KeyOut):
    """A key with its ``secret``, which is told this once."""

    secret: str


@router.get("/users", auth=view, response=list[PersonOut], summary="People")
def list_users(request: HttpRequest) -> list[Any]:
    """Everyone, active first."""
    return [_person_answer(row) for row in people()]


@router.post("/users", auth=edit, response={201: PersonOut}, summary="Take someone on")
def post_user(request: HttpRequest, body: PersonIn) -> Status[Any]:
    """403 for a role that may do what the key may not."""
    caller = _manager(request)
    _may_be(caller, body.role)
    made = actions.add_user(
        body.username, body.password, role=body.role, name=body.name, email=body.email,
        locations=_places(body.places), by=caller.actor, now=clock.now(),
    )  # fmt: skip
    return Status(201, _person_answer(person(made.id)))


@router.patch("/users/{uuid:user}", auth=edit, response=PersonOut, summary="Change a person")
def patch_user(request: HttpRequest, user: UUID, body: PersonChange) -> Any:
    """A new password ends their sessions; who is not ``active`` cannot log in. The last owner stays (409)."""
    caller, now = _manager(request), clock.now()
    given = not_null(body)
    _may_be(caller, person(user).role)
    if body.role is not None:
        _may_be(caller, body.role)
    places = None if body.places is None else _places(body.places)
    with transaction.atomic():
        actions.change_user(
            user, role=body.role, name=body.name, email=body.email, locations=places, by=caller.actor, now=now
        )
        if body.password is not None:
            actions.set_password(user, body.password, by=caller.actor, now=now)
        if "active" in given:
            move = actions.reactivate_user if body.active else actions.deactivate_user
            move(user, by=caller.actor, now=now)
    return _person_answer(person(user))


@router.get("/keys", auth=view, response=list[KeyOut], summary="API keys")
def list_keys(request: HttpRequest) -> list[Any]:
    """All keys, newest first."""
    return [_key_answer(row) for row in api_keys()]


@router.post("/keys", auth=edit, response={201: NewKeyOut}, summary="Make an API key")
def post_key(request: HttpRequest, response: HttpResponse, body: KeyIn) -> Status[Any]:
    """The secret is told once and stored nowhere; 403 for scopes that the key itself lacks, or a longer life."""
    caller = _manager(request)
    if not may_give(caller.key.scopes, body.scopes):
        raise Forbidden("the key cannot give scopes that it lacks")
    ends = caller.key.expires_at
    if ends is not None and (body.expires_at is None or body.expires_at > ends):
        raise Forbidden("the key cannot make one that outlasts it", field="expires_at")
    key, secret = actions.create_api_key(
        body.name, body.scopes, body.expires_at, _places(body.places), by=caller.actor, now=clock.now()
    )
    response["Cache-Control"] = "no-store"
    return Status(201, {**_key_answer(api_key(key.id)), "secret": secret})


@router.delete("/keys/{uuid:key}", auth=edit, response=KeyOut, summary="Revoke an API key")
def delete_key(request: HttpRequest, key: UUID) -> Any:
    """It ends at once, for every process; revoking twice is revoking once."""
    actions.revoke_api_key(key, by=_manager(request).actor, now=clock.now())
    return _key_answer(api_key(key))


def _manager(request: HttpRequest) -> Caller:
    caller = caller_of(request)
    if caller.key.locations is not None:
        raise Forbidden("a key for some places cannot manage people and keys")
    return caller


def _may_be(caller: Caller, role: str) -> None:
    if not may_give(caller.key.scopes, verbs_of(role)):
        raise Forbidden(f"the key lacks scopes that the role {role} has")


def _places(codes: Sequence[str]) -> Collection[UUID]:
    known = setup().place_by_code
    for n, code in enumerate(codes):
        if code not in known:
            raise Invalid(f"places[{n}]", f"there is no place {code!r}")
    return {known[code].id for code in codes}


def _person_answer(found: PersonView) -> dict[str, Any]:
    told = {name: getattr(found, name) for name in PersonOut.model_fields}
    return {**told, "places": _codes(found.place_keys)}


def _key_answer(found: KeyView) -> dict[str, Any]:
    told = {name: getattr(found, name) for name in KeyOut.model_fields}
    return {**told, "places": _codes(found.place_keys)}


def _codes(places: Sequence[UUID]) -> list[str]:
    known = setup().places
    return sorted(known[place].code for place in places if place in known)
