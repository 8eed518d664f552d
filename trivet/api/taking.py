"""An order that waits takes units of later orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Count
from trivet.flows import take
from trivet.lib import clock

router = Router(tags=["orders"])
work = BearerKey("order.allocate")


class GiftOut(Schema):
    """Units that a later order gives, of which SKU, from which place (its code)."""

    order: UUID
    number: int
    sku: str
    place: str
    units: int


class TakingOut(Schema):
    """What the order would take, or took. ``version`` is that of the order."""

    number: int
    version: int
    gifts: list[GiftOut]


class TakingIn(Body):
    """``expected_version``: that of the look before; 409 when the order is another by now."""

    expected_version: Count | None = None


@router.get("/{uuid:order}/taking", auth=work, response=TakingOut, summary="Whose units an order could take")
def get_taking(request: HttpRequest, order: UUID) -> Any:
    """Nothing is taken. 409 when the order waits for nothing."""
    return take.preview(order, now=clock.now())


@router.post(
    "/{uuid:order}/taking", auth=work, response={201: TakingOut}, summary="Take units of later orders"
)
def post_taking(request: HttpRequest, order: UUID, body: TakingIn) -> Status[Any]:
    """The latest give first, and wait for the units then. 409 when nobody can give."""
    by, now = caller_of(request).actor, clock.now()
    return Status(201, take.take(order, by=by, now=now, expected_version=body.expected_version))
