"""The exception desk: what waits for a person."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Cursor, Limit, Name, PageOf, Slug, Text
from trivet.flows.housekeeping import retry_job
from trivet.flows.mapping import map_sku
from trivet.fulfillment.queries.sight import cases_seen, need_case
from trivet.journal.actions.exceptions import reopen_exception, resolve_exception
from trivet.journal.queries import open_exception_counts, open_exceptions, settled_exceptions
from trivet.lib import clock
from trivet.lib.errors import WrongState
from trivet.orders.queries.unmapped import unmapped_page

router = Router(tags=["exceptions"])
view, resolve = BearerKey("exception.view"), BearerKey("exception.resolve")


class ExceptionOut(Schema):
    """Something that waits for a person."""

    id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    title: str
    facts: dict[str, Any]
    opened_at: datetime


class SettledOut(ExceptionOut):
    """Something that a person, or the end of its cause, took off the desk."""

    resolved_at: datetime
    resolved_by: str
    resolution: str


class ResolutionIn(Body):
    """What was done about it."""

    resolution: Name


class ResolvedOut(Schema):
    """Where the item is now: ``resolved`` or ``open``."""

    id: UUID
    state: str


@router.get("", auth=view, response=PageOf[ExceptionOut], summary="Exception desk")
def list_exceptions(request: HttpRequest, kind: Text = "", cursor: Cursor = "", limit: Limit = 50) -> Any:
    """Open items, longest waiting first."""
    return open_exceptions(kind, cursor, limit, also=cases_seen(caller_of(request).places))


@router.get("/settled", auth=view, response=PageOf[SettledOut], summary="Settled items")
def list_settled(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What is off the desk, latest first."""
    page = settled_exceptions(cursor, limit, also=cases_seen(caller_of(request).places))
    rows = [
        {
            **asdict(row.item), "resolved_at": row.resolved_at, "resolved_by": row.resolved_by,
            "resolution": row.resolution,
        }
        for row in page.rows
    ]  # fmt: skip
    return {"rows": rows, "next_cursor": page.next_cursor}


@router.get("/counts", auth=view, response=dict[str, int], summary="Items by kind")
def count_exceptions(request: HttpRequest) -> dict[str, int]:
    """How many items wait, by kind."""
    return open_exception_counts(cases_seen(caller_of(request).places))


@router.post("/{uuid:item}/resolution", auth=resolve, response=ResolvedOut, summary="Resolve an item")
def post_resolution(request: HttpRequest, item: UUID, body: ResolutionIn) -> dict[str, Any]:
    """409 when someone was first."""
    need_case(caller_of(request).places, item)
    resolve_exception(item, by=caller_of(request).actor, at=clock.now(), resolution=body.resolution)
    return {"id": item, "state": "resolved"}


@router.post("/{uuid:item}/reopening", auth=resolve, response=ResolvedOut, summary="Put an item back")
def post_reopening(request: HttpRequest, item: UUID) -> dict[str, Any]:
    """409 when it is on the desk already, or another of its kind for the same subject is."""
    need_case(caller_of(request).places, item)
    reopen_exception(item, by=caller_of(request).actor, at=clock.now())
    return {"id": item, "state": "open"}


@router.post(
    "/jobs/{int:job}/retry",
    auth=BearerKey("exception.resolve", everywhere=True),
    response=dict[str, int],
    summary="Do a failed job again",
)
def post_retry(request: HttpRequest, job: int) -> dict[str, int]:
    """409 when the job has not failed."""
    if job >= 2**63 or not retry_job(job):
        raise WrongState("the job has not failed")
    return {"job": job}


class MappingIn(Body):
    """What a channel's SKU means, or the title of its lines that come without a SKU."""

    channel: Slug
    external_sku: Text = ""
    title: Text = ""
    sku: Name


class MappedOut(Schema):
    """How many orders waited for it."""

    orders: int


@router.post("/mappings", auth=BearerKey("catalog.edit"), response={201: MappedOut}, summary="Map a SKU")
def post_mapping(request: HttpRequest, body: MappingIn) -> Status[Any]:
    """From now on the channel's SKU or title means our SKU; orders that waited for it get their stock and go on."""
    done = map_sku(
        body.channel, body.external_sku, body.sku, by=caller_of(request).actor, now=clock.now(), title=body.title
    )  # fmt: skip
    return Status(201, {"orders": done})


class UnmappedOut(Schema):
    """An unknown SKU of a channel (empty: its lines have a title only) and what waits for it."""

    channel_slug: str
    sku: str
    title: str
    lines: int
    units: int
    since: datetime
    an_order: int


@router.get(
    "/unmapped",
    auth=BearerKey("exception.view", everywhere=True),
    response=PageOf[UnmappedOut],
    summary="SKUs without a mapping",
)
def list_unmapped(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """SKUs of open orders that nobody knows, oldest first."""
    return unmapped_page(cursor, limit)
