"""Addresses of the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path

from trivet.api.problems import answer
from trivet.api.v1 import addresses
from trivet.lib.errors import NotFound


def nothing(request: HttpRequest) -> HttpResponse:
    """There is nothing at this address."""
    return answer(NotFound("there is nothing at this address"))


urlpatterns = [
    path("v1/", include((addresses(), "api"))),
    re_path("", nothing),
]
