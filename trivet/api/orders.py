"""Orders: placing, listing, looking into one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import get_current_timezone
from ninja import Query, Router, Schema

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Cursor, Filter, Limit, PageOf, Search, Text
from trivet.api.order_in import MAPPER, read_order
from trivet.api.order_out import (
    FulfillmentOrderOut,
    OrderOut,
    PlacedOut,
    fulfillment_answer,
    full_answer,
    placed_answer,
    stored_answer,
)
from trivet.api.wire import load_order
from trivet.customers.queries.records import same_person
from trivet.flows.intake import place, prepare
from trivet.fulfillment.queries.desk import READY, Work, due, has, late, work_by_place
from trivet.fulfillment.queries.phrase import orders_of
from trivet.fulfillment.queries.sight import limited, order_at
from trivet.journal.queries import received_order, timeline
from trivet.lib import clock
from trivet.lib.errors import NotFound
from trivet.orders.queries.desk import OrderFilter, count_orders, order_list
from trivet.orders.rules.holds import HOLD_KINDS
from trivet.orders.rules.language import parse
from trivet.orders.rules.status import DELIVERY, FULFILLMENT, LIFECYCLE, PAYMENT
from trivet.routing.models import CAUSES
from trivet.routing.queries.desk import decisions

router = Router(tags=["orders"])

view_orders = BearerKey("order.view")
NEW_ORDER = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewOrder"}}},
    }
}


@router.post(
    "",
    auth=BearerKey("order.place", remembered=True),
    response={201: PlacedOut, 200: PlacedOut},
    openapi_extra=NEW_ORDER,
    summary="Place an order",
)
def place_order(request: HttpRequest) -> HttpResponse:
    """201 for a new order, 200 for the same order again, 409 for other content or refused stock.

    Sameness leaves tags and note out. The key is verified again in the transaction that places the order.
    """
    order = read_order(load_order(request.body))
    caller = caller_of(request)
    result = place(prepare(order, actor=caller.actor, key_id=caller.key.id, raw=request.body, mapper=MAPPER))
    if result.placed is not None:
        return _json(placed_answer(result.placed), 201)
    return _json(stored_answer(result.id), 200)


def _json(told: dict[str, Any], status: int) -> HttpResponse:
    body = orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS)
    return HttpResponse(body, status=status, content_type="application/json")


class OrderRowOut(Schema):
    """An order in a list."""

    id: UUID
    number: int
    external_id: str
    channel: str
    placed_at: datetime
    name: str
    country: str
    total: int
    owed: int
    currency: str
    units: int
    units_backordered: int
    lifecycle: str
    payment: str
    fulfillment: str
    delivery: str
    tags: list[str]
    holds: list[str]
    invented: bool


class OrderQuery(Schema):
    """What to list; conditions are joined by *and*.

    ``late`` should have left by now, ``due`` must leave within 24 hours, ``ready`` can be picked; at ``place``, where
    it is named. Of ``owed`` ones some money is to be paid back. ``customer`` means all records of the person.
    """

    lifecycle: Literal[("living", *LIFECYCLE)] | None = None  # type: ignore[valid-type]  # the rules name them
    payment: Literal[PAYMENT] | None = None  # type: ignore[valid-type]
    fulfillment: Literal[FULFILLMENT] | None = None  # type: ignore[valid-type]
    delivery: Literal[DELIVERY] | None = None  # type: ignore[valid-type]
    hold: Literal[HOLD_KINDS] | None = None  # type: ignore[valid-type]
    channel: Text = ""
    tag: Text = ""
    place: Text = ""
    late: bool = False
    due: bool = False
    ready: bool = False
    backordered: bool = False
    owed: bool = False
    unmapped: bool = False
    customer: UUID | None = None


class CountOut(Schema):
    """How many, counted up to 10,001 (which means: more than 10,000)."""

    count: int


@router.get("", auth=view_orders, response=PageOf[OrderRowOut], summary="List orders")
def list_orders(
    request: HttpRequest,
    wanted: Query[OrderQuery],
    search: Search = "",
    q: Filter = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Newest first. Search by number, or the start of an external id or e-mail address; ``q`` narrows further."""
    page = order_list(_filter(request, wanted, search, q), cursor, limit)
    same = [name for name in OrderRowOut.model_fields if name not in {"total", "owed"}]
    rows = [
        {"total": r.total_minor, "owed": r.owed_minor, **{name: getattr(r, name) for name in same}}
        for r in page.rows
    ]
    return {"rows": rows, "next_cursor": page.next_cursor}


@router.get("/count", auth=view_orders, response=CountOut, summary="Count orders")
def count(
    request: HttpRequest, wanted: Query[OrderQuery], search: Search = "", q: Filter = ""
) -> dict[str, int]:
    """The number of the list with the same conditions."""
    return {"count": count_orders(_filter(request, wanted, search, q))}


def _filter(request: HttpRequest, wanted: OrderQuery, search: str, q: str) -> OrderFilter:
    now = clock.now()
    work = [
        found
        for wished, found in ((wanted.late, late(now)), (wanted.due, due(now)), (wanted.ready, READY))
        if wished
    ]
    if wanted.place and not work:
        work = [Work()]
    filtered = OrderFilter(
        lifecycle=wanted.lifecycle or "",
        payment=wanted.payment or "",
        fulfillment=wanted.fulfillment or "",
        delivery=wanted.delivery or "",
        channel=wanted.channel,
        hold=wanted.hold or "",
        tag=wanted.tag,
        search=search,
        backordered=wanted.backordered,
        owed=wanted.owed,
        unmapped=wanted.unmapped,
        customers=same_person(wanted.customer) if wanted.customer else (),
        also=tuple(has(replace(found, place=wanted.place)) for found in work),
    )
    asked = orders_of(parse(q), now, get_current_timezone(), filtered)
    return limited(asked, caller_of(request).places)


class PlaceWorkOut(Schema):
    """Orders that a place (by its code) has before it; each number counts what the list with its condition shows."""

    place: str
    name: str
    ready: int
    held: int
    late: int
    due: int


@router.get("/work", auth=view_orders, response=list[PlaceWorkOut], summary="Work by place")
def get_work(request: HttpRequest) -> list[dict[str, Any]]:
    """What must leave, from where; places with nothing to do are left out."""
    same = [name for name in PlaceWorkOut.model_fields if name != "place"]
    rows = work_by_place(clock.now(), caller_of(request).places)
    return [{"place": row.code, **{name: getattr(row, name) for name in same}} for row in rows]


@router.get("/{uuid:order}", auth=view_orders, response=OrderOut, summary="One order")
def get_order(request: HttpRequest, order: UUID) -> dict[str, Any]:
    """All of it: lines, money, holds, changes, fulfillment orders."""
    return full_answer(order_at(caller_of(request).places, key=order))


class EventOut(Schema):
    """A fact; ``position`` is its place in the feed, null for some milliseconds after it happened."""

    position: int | None
    kind: str
    subject_kind: str
    subject_id: UUID
    actor_kind: str
    actor_label: str
    at: datetime
    facts: dict[str, Any]


@router.get(
    "/{uuid:order}/timeline", auth=view_orders, response=PageOf[EventOut], summary="Timeline of an order"
)
def get_timeline(request: HttpRequest, order: UUID, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What happened to it, newest first; of its payments for keys with `payment.view`."""
    _known(request, order)
    return timeline([order], caller_of(request).facts, cursor, limit)


class DecisionOut(Schema):
    """Why the order ships from where it does; ``exact`` is false where the best plan was only bounded.

    ``cause``: the order came in (`placed`), an SKU became known (`mapped`), stock came for what waited (`filled`),
    a person changed the order (`edited`).
    """

    policy_version: int
    at: datetime
    exact: bool
    cause: Literal[CAUSES]  # type: ignore[valid-type]  # the tables name them
    explanation: dict[str, Any]


@router.get(
    "/{uuid:order}/routing",
    auth=BearerKey("order.view", everywhere=True),
    response=list[DecisionOut],
    summary="Routing decisions",
)
def get_routing(request: HttpRequest, order: UUID) -> list[Any]:
    """The decisions made for it, newest first: candidates, cost terms, why each lost, what would have won."""
    _known(request, order)
    return decisions(order)


class ReceivedOut(Schema):
    """The order as it came in, before anything was made of it; ``mapper`` is what read it, with its version."""

    mapper: str
    received_at: datetime
    payload: dict[str, Any]


@router.get(
    "/{uuid:order}/received",
    auth=BearerKey("order.view", "payment.view"),
    response=ReceivedOut,
    summary="An order as it came in",
)
def get_received(request: HttpRequest, order: UUID) -> dict[str, Any]:
    """The payload that the order was made of, word for word, payments too; 404 where none was kept."""
    found = order_at(caller_of(request).places, key=order)
    kept = received_order(found.channel_slug, found.row.external_id)
    if kept is None:
        raise NotFound("no payload was kept of this order")
    return {"mapper": kept.kind, "received_at": kept.received_at, "payload": kept.payload}


@router.get(
    "/{uuid:order}/fulfillment-orders",
    auth=view_orders,
    response=list[FulfillmentOrderOut],
    summary="Fulfillment orders",
)
def get_fulfillment_orders(request: HttpRequest, order: UUID) -> list[dict[str, Any]]:
    """Which place ships which units."""
    _known(request, order)
    return fulfillment_answer(order)


def _known(request: HttpRequest, order: UUID) -> None:
    # Empty lists must not stand for orders that never were, or are not for this key: this raises NotFound.
    order_at(caller_of(request).places, key=order)
