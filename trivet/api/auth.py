"""Who calls: bearer keys and what they may do. Every address names the verb it needs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from trivet.api.problems import Unauthorized
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.lib.errors import Forbidden
from trivet.staff.actions import note_use
from trivet.staff.actions.keys import USE_RESOLUTION
from trivet.staff.queries import KeyRow, key_for
from trivet.staff.rules import MAY, Places, facts_for, place_verb, scope_may, secret_digest

REMEMBERED = 10.0
"""Seconds a process trusts a key it has read, where the database verifies it again in the placing transaction."""
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """The key behind a request."""

    key: KeyRow
    actor: Actor

    @property
    def places(self) -> Places:
        """The places that the key is tied to; None for all."""
        return self.key.locations

    def may(self, verb: str) -> bool:
        """Whether the key has ``verb`` among its scopes."""
        return scope_may(self.key.scopes, verb)

    @property
    def facts(self) -> frozenset[str]:
        """What the facts may be about that the key is told."""
        return facts_for(lambda verb: self.may(verb) and place_verb(self.places, verb))

    def need_place(self, place: UUID, code: str = "") -> None:
        """:class:`Forbidden` unless the key may work at ``place``."""
        if self.places is not None and place not in self.places:
            raise Forbidden("the key is for other places", place=code or str(place))


_known: dict[str, tuple[float, Caller]] = {}


class BearerKey:
    """``auth=BearerKey("order.view")``: 401 without a live key, 403 when it lacks the verb, or one of several.

    ``remembered`` keys are not read from the database each time: only for addresses that verify them otherwise.
    ``everywhere``: what is told or done there concerns the whole company, so a key that is tied to places is refused,
    as it is for every verb that cannot be done place by place.
    """

    openapi_security_schema = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key; its scopes are the verbs that operations name in `x-scope`. A key that is tied to "
        "places has only what can be done place by place.",
    }

    def __init__(self, *verbs: str, remembered: bool = False, everywhere: bool = False) -> None:
        if unknown := set(verbs) - set(MAY):
            raise ValueError(f"unknown verbs {unknown}")
        self.verbs = verbs
        self.remembered = remembered
        self.everywhere = everywhere or not all(place_verb(frozenset(), verb) for verb in verbs)

    def __call__(self, request: HttpRequest) -> Caller:
        """The caller, or the error that says why not."""
        caller = identify(request, remembered=self.remembered)
        for verb in self.verbs:
            if not caller.may(verb):
                raise Forbidden(
                    f"the key lacks the scope {verb}",
                    scope=verb,
                    headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{verb}"'},
                )
        if self.everywhere and caller.places is not None:
            raise Forbidden("the key is for some places, and this concerns the whole company")
        return caller


def identify(request: HttpRequest, *, remembered: bool = False) -> Caller:
    """The caller by its bearer key; :class:`Unauthorized` for none, a wrong, revoked or expired one."""
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unauthorized(
            "send Authorization: Bearer and an API key", headers={"WWW-Authenticate": 'Bearer realm="Trivet"'}
        )
    now = clock.now()
    digest = secret_digest(secret) if secret.isascii() else ""
    kept = _known.get(digest) if remembered else None
    if kept is not None and kept[1].key.live(now):
        if time.monotonic() - kept[0] < REMEMBERED:
            return kept[1]
        # One request reads the key anew. The others of this moment go on with what is known: sixty look-ups at once
        # would take the connections that the placing of orders needs, and that transaction verifies the key anyway.
        _known[digest] = (time.monotonic(), kept[1])
    key = key_for(secret, now) if digest else None
    if key is None:
        _known.pop(digest, None)
        raise Unauthorized(
            "the key is unknown, revoked or expired",
            headers={"WWW-Authenticate": 'Bearer realm="Trivet", error="invalid_token"'},
        )
    _note(key, now)
    caller = Caller(key, Actor("api_key", str(key.id), key.name, key.person))
    if len(_known) >= _MOST:
        _known.clear()
    _known[digest] = (time.monotonic(), caller)
    return caller


def caller_of(request: HttpRequest) -> Caller:
    """The caller that authentication found."""
    found: Any = request.auth  # type: ignore[attr-defined]  # set by the framework before any view
    caller: Caller = found
    return caller


def _note(key: KeyRow, now: datetime) -> None:
    if key.last_used_at is None or key.last_used_at < now - USE_RESOLUTION:
        note_use(key.id, now=now)
