"""Who may see a page: ``@needs("order.view")`` above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse

from trivet.company.queries.desk import PlaceOption, place_options
from trivet.journal.rules import Actor
from trivet.lib.errors import DomainError, Forbidden, NotFound
from trivet.staff.queries.access import places_of
from trivet.staff.rules import Places, facts_for, may, place_verb
from trivet.web.shell.errors import error_page

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def allowed(request: HttpRequest, verb: str) -> bool:
    """Whether the person at the desk may do ``verb``; who is tied to places only what can be done place by place."""
    user: Any = request.user
    return bool(user.is_authenticated) and may(user.role, verb) and place_verb(own_places(request), verb)


def facts(request: HttpRequest) -> frozenset[str]:
    """What the facts may be about that the person at the desk is told."""
    return facts_for(lambda verb: allowed(request, verb))


def needs(verb: str) -> Callable[[View[P]], View[P]]:
    """Strangers go to the log-in, people without the permission to a page that says so (403).

    A domain error that the page did not answer itself becomes its page, by the table in ``shell.errors``.
    """

    def decorate(page: View[P]) -> View[P]:
        @wraps(page)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            try:
                if not allowed(request, verb):
                    raise Forbidden("", verb=verb)
                if any("\x00" in str(part) for part in kwargs.values()):
                    raise NotFound("")  # PostgreSQL text cannot hold it, so nothing has such a name
                return page(request, *args, **kwargs)
            except DomainError as error:
                return error_page(request, error)

        guarded.needs = verb  # type: ignore[attr-defined]
        return guarded

    return decorate


def posted(back: str, *kept: str) -> Callable[[View[P]], View[P]]:
    """For addresses that only take forms: who comes by reload, Enter or a link goes to the page ``back`` instead.

    ``kept`` are the parts of the address that this page has too.
    """

    def decorate(page: View[P]) -> View[P]:
        @wraps(page)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method in {"GET", "HEAD"}:
                return redirect(reverse(back, kwargs={name: kwargs[name] for name in kept}))
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return page(request, *args, **kwargs)

        return guarded

    return decorate


def signed_in(page: View[P]) -> View[P]:
    """For pages that everyone who works here may see; strangers go to the log-in."""

    @wraps(page)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return page(request, *args, **kwargs)

    return guarded


def actor(request: HttpRequest) -> Actor:
    """The person at the desk, as the journal writes them down."""
    user: Any = request.user
    return Actor("user", str(user.pk), user.get_full_name() or user.get_username())


def own_places(request: HttpRequest) -> Places:
    """The places that the person is tied to; None for all. One query a request, none for owners."""
    user: Any = request.user
    if user.role == "owner":
        return None
    if not hasattr(user, "own_places"):
        user.own_places = places_of(UUID(str(user.pk)))
    found: Places = user.own_places
    return found


def own(request: HttpRequest, places: Sequence[PlaceOption]) -> list[PlaceOption]:
    """Those of ``places`` that the person may work at."""
    tied = own_places(request)
    return [p for p in places if tied is None or p.id in tied]


def works_at(request: HttpRequest, place: str) -> None:
    """:class:`Forbidden` when the person is tied to other places than the one with this code."""
    if own_places(request) is not None and place not in {p.code for p in own(request, place_options())}:
        raise Forbidden("you do not work at this place", field="place")
