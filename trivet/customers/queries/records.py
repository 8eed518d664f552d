"""The records behind one profile, and why they are one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trivet.customers.models import Customer, Identifier, IdentityEdge
from trivet.customers.queries.desk import IdentifierView
from trivet.lib.errors import NotFound


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of a person, with what points to it."""

    id: UUID
    name: str
    email: str
    phone: str
    created_at: datetime
    identifiers: tuple[IdentifierView, ...]


@dataclass(frozen=True, slots=True)
class MergeView:
    """Two records are one person, for a reason; by its ``id`` it can be undone."""

    id: UUID
    one: UUID
    other: UUID
    reason: str
    actor_label: str
    at: datetime


def records_of(key: UUID) -> tuple[list[RecordView], list[MergeView]]:
    """All records of the person behind ``key``, oldest first, and their merges; four queries, :class:`NotFound`."""
    asked = Customer.objects.filter(id=key).values_list("profile_id", flat=True).first()
    if asked is None:
        raise NotFound("there is no such customer")
    found = list(Customer.objects.filter(profile_id=asked).order_by("created_at", "id"))
    keys = [c.id for c in found]
    pointing: dict[UUID, list[IdentifierView]] = {}
    for i in Identifier.objects.filter(customer__in=keys).order_by("kind", "scope", "value"):
        pointing.setdefault(i.customer_id, []).append(IdentifierView(i.kind, i.scope, i.value))
    edges = IdentityEdge.objects.filter(one__in=keys, undone_at=None).order_by("created_at")
    records = [
        RecordView(c.id, c.name, c.email, c.phone, c.created_at, tuple(pointing.get(c.id, ()))) for c in found
    ]
    merges = [MergeView(e.id, e.one_id, e.other_id, e.reason, e.actor_label, e.created_at) for e in edges]
    return records, merges


def same_person(key: UUID) -> tuple[UUID, ...]:
    """The keys of all records of the person behind ``key``; itself alone for nobody's. One query."""
    profile = Customer.objects.filter(id=key).values("profile_id")
    return tuple(Customer.objects.filter(profile_id__in=profile).values_list("id", flat=True)) or (key,)
