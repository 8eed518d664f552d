"""Changing an order after it was placed: a look ahead, then the same with the version that was looked at."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Amount, Body, Count, Flag, Instant, LongText, Text, Units, given
from trivet.flows.edit import Edited
from trivet.flows.edit import edit as change
from trivet.flows.edit import preview as look_ahead
from trivet.fulfillment.queries.sight import need_hand
from trivet.lib import clock
from trivet.lib.errors import Invalid
from trivet.lib.geo import doubts
from trivet.orders.queries.editing import way_back
from trivet.orders.rules.edit import AddedLine, Edit, Release
from trivet.orders.rules.value import MAX_QUANTITY, Address

router = Router(tags=["orders"])
edit_orders = BearerKey("order.edit")


class LeftIn(Body):
    """How many units of a line shall be left, shipped ones among them; 0 removes it.

    Units that were cancelled come back at what they cost; beyond those it is a new line at the same price.
    """

    line: UUID
    quantity: Annotated[int, Field(strict=True, ge=0, le=MAX_QUANTITY)]


class AddIn(Body):
    """A line to add. ``discount`` and ``tax`` are for the whole line; tax is added where it is not included."""

    sku: Text
    quantity: Units
    unit_price: Amount
    discount: Amount = 0
    tax: Amount = 0
    tax_included: Flag = True
    title: Text = ""


class AddressIn(Body):
    """Where it goes from now on, whole: what is left out is empty."""

    name: Text = ""
    line1: Text = ""
    line2: Text = ""
    city: Text = ""
    region: Text = ""
    postal_code: Text = ""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
    phone: Text = ""


class ShippingIn(Body):
    """What of the shipping changes."""

    method: Text | None = None
    price: Amount | None = None
    tax: Amount | None = None


class DiscountIn(Body):
    """What the discount of a code shall come to in all; 0 removes it."""

    code: Text
    amount: Amount


class EditIn(Body):
    """What shall be different; what is left out stays. ``fulfill_at``: null lets the work begin at once.

    Without ``confirm`` it is worked out and nothing is done; with it ``expected_version`` says which version of the
    order that was. ``undo`` stands alone: the last change, an edit, is taken back.
    """

    lines: Annotated[list[LeftIn], Field(max_length=5_000)] = []
    add: Annotated[list[AddIn], Field(max_length=5_000)] = []
    ship_to: AddressIn | None = None
    shipping: ShippingIn | None = None
    discounts: Annotated[list[DiscountIn], Field(max_length=100)] = []
    note: LongText | None = None
    fulfill_at: Instant | None = None
    undo: Flag = False
    confirm: Flag = False
    expected_version: Count | None = None


class ShiftOut(Schema):
    """A line before and after: units that are left, and what they cost. ``line`` is null for one that is added."""

    line: UUID | None
    sku: str
    title: str
    units_before: int
    units_after: int
    value_before: int
    value_after: int
    tax_before: int
    tax_after: int


class SpotOut(Schema):
    """Units that the order has at a place, before and after."""

    sku: str
    location: str
    before: int
    after: int


class WaitsOut(Schema):
    """Units of lines that come without stock."""

    sku: str
    quantity: int


class EditOut(Schema):
    """What it did, or with ``preview`` would do. Amounts in minor units.

    ``version`` is the order's now: send it as ``expected_version``. ``to_collect`` is neither captured nor authorised,
    ``refund_due`` is paid too much, ``voided`` is given up of authorisations. ``doubts`` are about the new address and
    stop nothing. ``routing`` has the decisions for what is planned anew, for keys that are tied to no place.
    """

    order: UUID
    version: int
    preview: bool
    due_before: int
    due_after: int
    to_collect: int
    refund_due: int
    voided: int
    lines: list[ShiftOut]
    before: dict[str, Any]
    after: dict[str, Any]
    stock: list[SpotOut]
    waits: list[WaitsOut]
    doubts: list[Literal["country", "postal_code"]]
    routing: list[dict[str, Any]]


@router.post(
    "/{uuid:order}/edits",
    auth=edit_orders,
    response={200: EditOut, 201: EditOut},
    summary="Change an order",
)
def post_edit(request: HttpRequest, order: UUID, body: EditIn) -> Status[Any]:
    """201 when done, 200 for a look ahead. 409 when someone was first (`facts.changes`), or what is begun or stock
    does not allow it.
    """
    need_hand(caller_of(request).places, order)
    if body.confirm and body.expected_version is None:
        raise Invalid("expected_version", "is needed to confirm")
    wanted, expected = _wanted(order, body), body.expected_version
    if not body.confirm:
        seen = look_ahead(order, wanted, now=clock.now(), expected_version=expected)
        return Status(200, _told(request, wanted, seen, preview=True))
    done = change(order, wanted, by=caller_of(request).actor, now=clock.now(), expected_version=expected)
    return Status(201, _told(request, wanted, done, preview=False))


def _wanted(order: UUID, body: EditIn) -> Edit:
    sent = given(body)
    if body.undo:
        if sent.keys() - {"undo", "confirm", "expected_version"}:
            raise Invalid("undo", "stands alone")
        return way_back(order)[0]
    quantities = {row.line: row.quantity for row in body.lines}
    discounts = {row.code: row.amount for row in body.discounts}
    if len(quantities) != len(body.lines):
        raise Invalid("lines", "name a line twice")
    if len(discounts) != len(body.discounts):
        raise Invalid("discounts", "name a code twice")
    shipping = body.shipping or ShippingIn()
    return Edit(
        quantities=quantities, add=tuple(AddedLine(**row.model_dump()) for row in body.add),
        ship_to=Address(**body.ship_to.model_dump()) if body.ship_to else None, shipping_method=shipping.method,
        shipping_price=shipping.price, shipping_tax=shipping.tax, discounts=discounts, note=body.note,
        release=Release(body.fulfill_at) if "fulfill_at" in sent else None,
    )  # fmt: skip


def _told(request: HttpRequest, wanted: Edit, told: Edited, *, preview: bool) -> dict[str, Any]:
    to = wanted.ship_to
    return {
        "order": told.order, "version": told.version - preview, "preview": preview, "due_before": told.plan.before.due,
        "due_after": told.plan.after.due, "to_collect": told.to_collect, "refund_due": told.refund_due,
        "voided": told.voided,
        "lines": [{name: getattr(shift, name) for name in ShiftOut.model_fields} for shift in told.plan.shifts],
        "before": told.before, "after": told.after,
        "stock": [{"sku": s.sku, "location": s.place, "before": s.before, "after": s.after} for s in told.spots],
        "waits": [{"sku": sku, "quantity": n} for sku, n in told.waits],
        "doubts": doubts(to.country, to.postal_code, to.city) if to else [],
        # Explanations tell of the stock of all places.
        "routing": [] if caller_of(request).places is not None else [d.explanation for d in told.routing],
    }  # fmt: skip
