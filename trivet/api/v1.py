"""The API, assembled: one router a noun, one body reader, one table of errors."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import orjson
from django.http import Http404, HttpRequest
from django.urls import URLPattern, URLResolver, reverse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from trivet.api import (
    allocation,
    bulk,
    catalog,
    customers,
    document,
    events,
    exceptions,
    imports,
    order_changes,
    order_edits,
    orders,
    promises,
    routing,
    setup,
    simulations,
    staff,
    stock,
    stock_facts,
    taking,
    transfers,
)
from trivet.api.auth import BearerKey
from trivet.api.door import guard
from trivet.api.problems import handle
from trivet.api.wire import load

STREAMS = frozenset({"orders/bulk", "imports/orders", "imports/catalog", "imports/stock"})
"""Addresses that read their body as it comes."""


class StrictReader(Parser):
    """Bodies through the one strict reader."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The value of the body."""
        return load(request.body)


class FastWriter(BaseRenderer):
    """Answers as JSON, times as RFC 3339."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The bytes of ``data``."""
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS)


class TrivetApi(NinjaAPI):
    """The framework's API with our document."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The document, complete with problems and the format of orders."""
        found = super().get_openapi_schema(**options)
        document.complete(found)
        for (path, method), verb in self.verbs().items():
            found["paths"][path][method]["x-scope"] = verb
        return found

    def verbs(self) -> dict[tuple[str, str], str]:
        """The verb that each documented (path, method) needs of a key; several with blanks between them."""
        root = reverse(f"{self.urls_namespace}:api-root")
        return {
            (root + re.sub(r"{\w+:", "{", f"{router.prefix}{path}".strip("/")), method.lower()): " ".join(
                needed.verbs
            )
            for router in self._get_bound_routers()
            for path, view in router.path_operations.items()
            for operation in view.operations
            for needed in operation.auth_callbacks
            if isinstance(needed, BearerKey)
            for method in operation.methods
        }


api = TrivetApi(
    title="Trivet",
    version="1",
    description=(
        "Orders, stock and customers of one company. Money is in integer minor units, times are RFC 3339 UTC, lists "
        "go by cursor, errors are RFC 9457 problem details."
    ),
    docs_url=None,
    parser=StrictReader(),
    renderer=FastWriter(),
    urls_namespace="api",
)
for kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(kind, handle)
api.add_router("/orders", bulk.router)
api.add_router("/orders", orders.router)
api.add_router("/orders", order_changes.router)
api.add_router("/orders", taking.router)
api.add_router("/allocation", allocation.router)
api.add_router("/orders", order_edits.router)
api.add_router("/customers", customers.router)
api.add_router("/catalog", catalog.router)
api.add_router("/events", events.router)
api.add_router("/exceptions", exceptions.router)
api.add_router("/imports", imports.router)
api.add_router("/settings", setup.router)
api.add_router("/settings", routing.router)
api.add_router("/settings", simulations.router)
api.add_router("/settings", staff.router)
api.add_router("/stock", stock.router)
api.add_router("/stock", stock_facts.router)
api.add_router("/stock/transfers", transfers.router)
api.add_router("/availability", promises.availability_router)
api.add_router("/reservations", promises.reservations)


@cache
def _documented() -> dict[tuple[str, str], frozenset[str]]:
    document = api.get_openapi_schema()
    return {
        (path, method): frozenset(p["name"] for p in operation.get("parameters", ()) if p["in"] == "query")
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def parameters(route: str, method: str) -> frozenset[str]:
    """The query parameters that an address documents."""
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    return _documented().get((path, method.lower()), frozenset())


def addresses() -> list[URLPattern | URLResolver]:
    """The API's patterns, each behind the door."""
    patterns = api.urls[0]
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            guard(pattern, streams=str(pattern.pattern).strip("/") in STREAMS, parameters=parameters)
    return patterns
