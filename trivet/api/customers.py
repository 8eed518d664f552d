"""Customers: one profile a person, its records, joining and taking apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Body, Cursor, Limit, LongText, Name, PageOf, Search, Text, not_null
from trivet.customers.actions.join import join, separate
from trivet.customers.actions.profile import change_customer
from trivet.customers.queries.desk import customer_list, profile
from trivet.customers.queries.records import records_of
from trivet.lib import clock
from trivet.orders.queries.totals import addresses, customer_totals

router = Router(tags=["customers"])
view, edit = BearerKey("customer.view"), BearerKey("customer.edit")


class CustomerRowOut(Schema):
    """A profile in a list."""

    id: UUID
    name: str
    email: str
    phone: str
    created_at: datetime
    invented: bool


class IdentifierOut(Schema):
    """What points to a record; ``scope`` is the channel for a channel's own ids."""

    kind: str
    scope: str
    value: str


class RecordOut(Schema):
    """One record of a person."""

    id: UUID
    name: str
    email: str
    phone: str
    created_at: datetime
    identifiers: list[IdentifierOut]


class MergeOut(Schema):
    """Why two records are one person."""

    id: UUID
    one: UUID
    other: UUID
    reason: str
    actor_label: str
    at: datetime


class SpentOut(Schema):
    """Orders less cancellations and refunds, in minor units of one currency."""

    currency: str
    minor: int
    orders: int


class CustomerOut(Schema):
    """A person: who they are, their records, what they bought."""

    id: UUID
    name: str
    email: str
    phone: str
    locale: str
    note: str
    invented: bool
    created_at: datetime
    records: list[RecordOut]
    merges: list[MergeOut]
    orders: int
    spent: list[SpentOut]
    first_order_at: datetime | None
    last_order_at: datetime | None


class CustomerChange(Body):
    """What may be changed of a person; what is left out stays."""

    name: Text | None = None
    note: LongText | None = None
    locale: Text | None = None


class JoinIn(Body):
    """The record that is the same person, and how you know."""

    other: UUID
    reason: Name


def _answer(key: UUID) -> dict[str, Any]:
    found = profile(key)
    records, merges = records_of(key)
    totals = customer_totals(*found.records)
    same = ("id", "name", "email", "phone", "locale", "note", "invented", "created_at")
    return {
        **{name: getattr(found, name) for name in same},
        "records": records,
        "merges": merges,
        "orders": totals.orders,
        "spent": totals.spent,
        "first_order_at": totals.first_at,
        "last_order_at": totals.last_at,
    }


@router.get("", auth=view, response=PageOf[CustomerRowOut], summary="List customers")
def list_customers(
    request: HttpRequest, search: Search = "", cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Newest first. Search by e-mail, phone, a channel's id or part of the name."""
    page = customer_list(search, cursor, limit)
    return {"rows": page.rows, "next_cursor": page.next_cursor}


@router.get("/{uuid:customer}", auth=view, response=CustomerOut, summary="One customer")
def get_customer(request: HttpRequest, customer: UUID) -> dict[str, Any]:
    """The person behind any of their records."""
    return _answer(customer)


class AddressOut(Schema):
    """An address that orders went to, and when last."""

    to: dict[str, str]
    last_used: datetime


@router.get(
    "/{uuid:customer}/addresses", auth=view, response=list[AddressOut], summary="Addresses of a customer"
)
def get_addresses(request: HttpRequest, customer: UUID) -> Any:
    """The different ones among the latest twenty orders of the person, newest first."""
    return addresses(profile(customer).records, limit=20)


@router.patch("/{uuid:customer}", auth=edit, response=CustomerOut, summary="Change a customer")
def patch_customer(request: HttpRequest, customer: UUID, body: CustomerChange) -> dict[str, Any]:
    """Name, note, locale."""
    values: dict[str, Any] = not_null(body)
    change_customer(customer, **values, by=caller_of(request).actor, now=clock.now())
    return _answer(customer)


@router.post("/{uuid:customer}/merges", auth=edit, response={201: CustomerOut}, summary="Join two records")
def post_merge(request: HttpRequest, customer: UUID, body: JoinIn) -> Status[Any]:
    """From now on both are one person; orders stay with their records. Reversible."""
    key = join(customer, body.other, reason=body.reason, by=caller_of(request).actor, now=clock.now())
    return Status(201, _answer(key))


@router.delete(
    "/{uuid:customer}/merges/{uuid:merge}", auth=edit, response=CustomerOut, summary="Take two records apart"
)
def delete_merge(request: HttpRequest, customer: UUID, merge: UUID) -> dict[str, Any]:
    """Records that nothing else connects are persons of their own again."""
    separate(merge, by=caller_of(request).actor, now=clock.now())
    return _answer(customer)
