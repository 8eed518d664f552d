"""The exception desk and the mapping queue."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trivet.journal.queries import open_exception_counts, open_exceptions
from trivet.web.shell.access import needs
from trivet.web.shell.badges import badge
from trivet.web.shell.reading import asked


@needs("exception.view")
def exceptions(request: HttpRequest) -> HttpResponse:
    """What could the machine not decide?"""
    counts = open_exception_counts()
    kind = asked(request, "kind", counts)
    told = {
        "kinds": [(key, badge("exception_kind", key), n) for key, n in counts.items()],
        "kind": kind,
        "items": open_exceptions(kind),
    }
    return render(request, "exceptions/index.html", told)
