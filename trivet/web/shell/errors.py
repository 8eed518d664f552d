"""Errors as pages: one table from domain errors to HTTP status and words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trivet.lib import errors
from trivet.web.shell.words import translated

STATUS: dict[type[errors.DomainError], int] = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Busy: 503,
}

TEXTS: dict[int, tuple[str | Promise, str | Promise]] = {
    400: (
        _("That did not make sense to us"),
        _("Something in the request is not right. Go back and check it."),
    ),
    403: (_("Not for your role"), _("Your role does not include this. Ask an owner if you need it.")),
    404: (_("Nothing here"), _("It does not exist, or no longer. Perhaps the search finds it.")),
    409: (
        _("Someone was first"),
        _("This changed while you looked at it. Nothing of yours was saved: look again."),
    ),
    429: (
        _("Too many failed log-ins"),
        _("For safety we wait a quarter of an hour. An owner can set a new password."),
    ),
    500: (_("Our mistake"), _("Nothing was saved. The fault is written down under the number below.")),
    503: (_("Too busy right now"), _("Nothing was saved. Try again in a moment.")),
}


def status_of(error: errors.DomainError) -> int:
    """The HTTP status of a domain error, by its nearest class in the table."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def error_page(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    """The page of a domain error that the page itself had no better answer to."""
    status = status_of(error)
    return render(request, "shell/error.html", {"status": status, "said": said(error)}, status=status)


def said(error: errors.DomainError) -> str:
    """What the error says, in the reader's language where ``shell.words`` knows the sentence."""
    return translated(error.message)
