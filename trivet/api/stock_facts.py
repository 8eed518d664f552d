"""Facts that change stock: receipts, counts, adjustments and their approval, units set aside, sales elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Count, Cursor, Limit, Name, PageOf, Signed, Slug, Text, Units
from trivet.api.stock import LevelOut, at_place, level_answer
from trivet.flows import stock as stories
from trivet.inventory.queries.desk import place_of_request, waiting_requests
from trivet.inventory.rules import ADJUST_REASONS
from trivet.journal.rules import Actor
from trivet.lib import clock

router = Router(tags=["stock"])
view, adjust_stock, receive_stock = (
    BearerKey("stock.view"),
    BearerKey("stock.adjust"),
    BearerKey("stock.receive"),
)
approve = BearerKey("stock.approve")


class At(Body):
    """A SKU at a place."""

    sku: Name
    place: Slug


class ReceiptIn(At):
    """Goods that came in."""

    quantity: Units
    reference: Text = ""


class AdjustmentIn(At):
    """Units more or fewer on hand, for a reason."""

    change: Signed
    reason: Literal[ADJUST_REASONS]  # type: ignore[valid-type]  # the rules name them
    note: Text = ""


class CountIn(At):
    """What a count found on hand."""

    on_hand: Count
    reason: Text = ""


class StateIn(At):
    """Units into (or, negative, out of) a state in which they may not be promised."""

    state: Literal["damaged", "quality_control", "safety_stock"]
    change: Signed
    reason: Text = ""


class SaleIn(At):
    """Units that left over a counter."""

    quantity: Units
    reference: Text = ""


class ChangedOut(Schema):
    """The level after it; ``request`` waits for a second person when it is given, and nothing has changed yet."""

    sku: str
    place: str
    level: LevelOut
    request: UUID | None = None


@router.post("/receipts", auth=receive_stock, response={201: ChangedOut}, summary="Receive goods")
def post_receipt(request: HttpRequest, body: ReceiptIn) -> Status[Any]:
    """Backorders get them first, the oldest promise before the others."""
    by = at_place(request, body.place).actor
    level = stories.receive(
        body.sku, body.place, body.quantity, by=by, now=clock.now(), reference=body.reference
    )
    return Status(201, {"sku": body.sku, "place": body.place, "level": level_answer(level)})


@router.post(
    "/adjustments", auth=adjust_stock, response={201: ChangedOut, 202: ChangedOut}, summary="Adjust stock"
)
def post_adjustment(request: HttpRequest, body: AdjustmentIn) -> Status[Any]:
    """201 when done; 202 when it waits for a second person.

    It does when it is larger than the limit, with what the same person wrote off there within the last 24 hours.
    """
    by = at_place(request, body.place).actor
    done = stories.adjust(
        body.sku, body.place, body.change, body.reason, by=by, now=clock.now(), note=body.note
    )
    told = {
        "sku": done.spot.sku,
        "place": done.spot.place,
        "level": level_answer(done.level),
        "request": done.request,
    }
    return Status(201 if done.request is None else 202, told)


@router.post("/counts", auth=adjust_stock, response={201: ChangedOut}, summary="Enter a count")
def post_count(request: HttpRequest, body: CountIn) -> Status[Any]:
    """A physical fact: always accepted. What it leaves short opens a case that names the orders hit.

    One that writes off more than a person may alone opens a `write_off` case, which somebody else has to settle.
    """
    by = at_place(request, body.place).actor
    done = stories.set_count(body.sku, body.place, body.on_hand, by=by, now=clock.now(), reason=body.reason)
    return Status(201, {"sku": done.spot.sku, "place": done.spot.place, "level": level_answer(done.level)})


@router.post("/states", auth=adjust_stock, response={201: ChangedOut}, summary="Set units aside")
def post_state(request: HttpRequest, body: StateIn) -> Status[Any]:
    """Damaged, in quality control, or safety stock; negative to bring them back."""
    by = at_place(request, body.place).actor
    done = stories.change_state(
        body.sku, body.place, body.state, body.change, by=by, now=clock.now(), reason=body.reason
    )
    return Status(201, {"sku": done.spot.sku, "place": done.spot.place, "level": level_answer(done.level)})


@router.post(
    "/sales-elsewhere", auth=adjust_stock, response={201: ChangedOut}, summary="Record a sale elsewhere"
)
def post_sale(request: HttpRequest, body: SaleIn) -> Status[Any]:
    """Never refused; a shortfall opens a case."""
    by = at_place(request, body.place).actor
    done = stories.record_sale_elsewhere(
        body.sku, body.place, body.quantity, by=by, now=clock.now(), reference=body.reference
    )
    return Status(201, {"sku": done.spot.sku, "place": done.spot.place, "level": level_answer(done.level)})


class RequestOut(Schema):
    """An adjustment that waits for a second person."""

    id: UUID
    sku: str
    place: str
    change: int
    reason: str
    note: str
    value_minor: int | None
    currency: str
    asked_label: str
    asked_at: datetime


@router.get("/adjustment-requests", auth=view, response=PageOf[RequestOut], summary="Adjustments that wait")
def list_requests(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> dict[str, Any]:
    """For a second person to approve or decline, oldest first."""
    page = waiting_requests(cursor, limit, places=caller_of(request).places)
    same = RequestOut.model_fields
    rows = [{**{name: getattr(row, name) for name in same}, "place": row.code} for row in page.rows]
    return {"rows": rows, "next_cursor": page.next_cursor}


class AnsweredOut(Schema):
    """What became of a request."""

    id: UUID
    state: str


@router.post(
    "/adjustment-requests/{uuid:item}/approval",
    auth=approve,
    response=AnsweredOut,
    summary="Approve an adjustment",
)
def post_approval(request: HttpRequest, item: UUID) -> dict[str, Any]:
    """403 for who asked for it, 409 when someone was first."""
    stories.approve_adjustment(item, by=_answering(request, item), now=clock.now())
    return {"id": item, "state": "approved"}


@router.post(
    "/adjustment-requests/{uuid:item}/refusal",
    auth=approve,
    response=AnsweredOut,
    summary="Decline an adjustment",
)
def post_refusal(request: HttpRequest, item: UUID) -> dict[str, Any]:
    """403 for who asked for it, 409 when someone was first."""
    stories.decline_adjustment(item, by=_answering(request, item), now=clock.now())
    return {"id": item, "state": "declined"}


def _answering(request: HttpRequest, item: UUID) -> Actor:
    caller = caller_of(request)
    caller.need_place(*place_of_request(item))
    return caller.actor
