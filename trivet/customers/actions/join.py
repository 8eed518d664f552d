"""Who is the same person: joining records, and taking that back. Orders stay with their records either way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from trivet.customers.models import Customer, IdentityEdge
from trivet.customers.rules import profiles
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid, NotFound, WrongState

LOCK = 0x7472_6976_6574_03
"""One change of identities at a time: two joins that meet in one profile would each see half of it."""


@transaction.atomic
def join(one: UUID, other: UUID, *, reason: str, by: Actor, now: datetime) -> UUID:
    """Say that two records are one person; the profile of ``one`` from now on. Nothing happens when they share it.

    What a person took apart stays apart for the system, by whatever way round; a person may join it again.
    """
    if not 0 < len(reason.strip()) <= 500:
        raise Invalid("reason", "must have 1 to 500 characters")
    if one == other:
        raise Invalid("other", "is the same record")
    _lock()
    heads = dict(Customer.objects.filter(id__in=[one, other]).values_list("id", "profile_id"))
    if len(heads) != 2:
        raise NotFound("there is no such customer")
    if heads[one] == heads[other] or (by.kind == "system" and _taken_apart(heads[one], heads[other])):
        return heads[one]
    first, second = sorted((one, other))
    IdentityEdge.objects.create(
        one_id=first, other_id=second, reason=reason.strip(), actor_label=by.label, created_at=now
    )
    _rebuild(heads.values())
    profile = Customer.objects.values_list("profile_id", flat=True).get(id=one)
    absorbed = next(head for head in heads.values() if head != profile)
    record(
        "customer.joined", ("customer", profile), by=by, at=now, one=one, other=other, reason=reason.strip(),
        absorbed=absorbed,
    )  # fmt: skip
    return profile


@transaction.atomic
def separate(edge: UUID, *, by: Actor, now: datetime) -> None:
    """Take a join back: records that nothing else connects get their own profiles again, and keep them."""
    _lock()
    found = IdentityEdge.objects.filter(id=edge).first()
    if found is None:
        raise NotFound("there is no such join")
    if found.undone_at is not None:
        raise WrongState("someone took this back already")
    head = Customer.objects.values_list("profile_id", flat=True).get(id=found.one_id)
    IdentityEdge.objects.filter(id=edge).update(undone_at=now)
    _rebuild([head])
    record(
        "customer.separated", ("customer", head), by=by, at=now, one=found.one_id, other=found.other_id,
        reason=found.reason,
    )  # fmt: skip


def _taken_apart(one: UUID, other: UUID) -> bool:
    # Between two profiles no edge holds, so one that was undone was undone for good until a person says otherwise.
    between = Q(one__profile_id=one, other__profile_id=other) | Q(
        one__profile_id=other, other__profile_id=one
    )
    return IdentityEdge.objects.filter(between, undone_at__isnull=False).exists()


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _rebuild(heads: Collection[UUID]) -> None:
    rows = (
        Customer.objects.select_for_update().filter(profile_id__in=list(heads)).order_by("created_at", "id")
    )
    stored = dict(rows.values_list("id", "profile_id"))
    edges = IdentityEdge.objects.filter(one__in=list(stored), undone_at=None).values_list(
        "one_id", "other_id"
    )
    wanted = profiles(list(stored), [(a, b) for a, b in edges if b in stored])
    moved = [Customer(id=key, profile_id=head) for key, head in wanted.items() if stored[key] != head]
    Customer.objects.bulk_update(moved, ["profile_id"], batch_size=500)
