"""Probes: alive, ready, metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import resolve
from psycopg_pool import PoolTimeout

from trivet.api.auth import BearerKey
from trivet.api.problems import answer
from trivet.lib.errors import DomainError
from trivet.site import metrics as collected


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; says nothing of the database."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and its schema is current, else 503 with the reason."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (OperationalError, PoolTimeout):
        return JsonResponse({"status": "unavailable", "reason": "database"}, status=503)
    if missing:
        return JsonResponse({"status": "unavailable", "reason": "migrations"}, status=503)
    return JsonResponse({"status": "ready"})


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics of all processes, for keys with ``settings.view`` (or anybody, when set so)."""
    if not settings.METRICS_OPEN:
        try:
            BearerKey("settings.view")(request)
        except DomainError as error:
            return answer(error)
    try:
        return HttpResponse(collected.text(), content_type=collected.MEDIA_TYPE)
    except (OperationalError, PoolTimeout):
        return HttpResponse("# the database cannot be reached\n", status=503, content_type="text/plain")


class Probes:
    """Middleware that answers probes whatever host they name: who probes one process asks by its address.

    Nothing of the answers depends on the host, so there is nothing that a made-up one could do.
    """

    PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """The probe's answer, or whatever else there is to answer."""
        if request.path_info not in self.PATHS:
            return self.get_response(request)
        request.resolver_match = resolve(request.path_info)
        return request.resolver_match.func(request)
