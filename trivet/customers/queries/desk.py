"""Customers as the desk shows them. A profile is one person, however many records channels made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Upper

from trivet.company.models import Channel
from trivet.customers.models import PLAIN, Customer, Identifier, IdentityEdge
from trivet.customers.queries.broad import Way, among, begins, newest, same
from trivet.customers.rules import normal_email, normal_phone
from trivet.lib.cursor import Page, cut, decode_instant
from trivet.lib.errors import NotFound
from trivet.lib.letters import capitals


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A profile in a list."""

    id: UUID
    name: str
    email: str
    phone: str
    created_at: datetime
    invented: bool


@dataclass(frozen=True, slots=True)
class IdentifierView:
    """What points to this person; ``scope`` is the channel for a channel's own ids."""

    kind: str
    scope: str
    value: str


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One person: the oldest record speaks, ``records`` are all keys that orders may carry."""

    id: UUID
    name: str
    email: str
    phone: str
    locale: str
    note: str
    invented: bool
    created_at: datetime
    records: tuple[UUID, ...]
    identifiers: tuple[IdentifierView, ...]
    merges: tuple[tuple[str, str, datetime], ...]


def customer_list(search: str = "", cursor: str = "", limit: int = 50) -> Page[CustomerRow]:
    """Profiles, newest first, by keyset; one query, with a text three.

    Search by e-mail, phone, a channel's id or part of the name, of the profile or of a record joined to it.
    """
    found = every = _before(Customer.objects.filter(speaks=True), cursor)
    text = search.strip()
    if text:
        keys = newest(found, every, _ways(text), "created_at", limit + 1)
        found = Customer.objects.filter(pk__in=keys)
    rows = found.order_by("-created_at", "-id").values_list(
        "id", "name", "email", "phone", "created_at", "invented"
    )
    return cut([CustomerRow(*row) for row in rows[: limit + 1]], limit, lambda row: (row.created_at, row.id))


HOME = ("GB", "VN", "US")
"""Countries whose phone numbers are understood without a country code."""


def phones(text: str) -> set[str]:
    """What ``text`` may be as an E.164 number, with a country code or as written at home."""
    return {found for land in ("", *HOME) if (found := normal_phone(text, land))}


SHORTEST_PART = 3
"""Letters of a name that its index finds anywhere in it; fewer are looked for at its start."""


def named(text: str) -> Q:
    """Customers whose name has each word of ``text`` in it, in any order and case, with accents or without."""
    words = sorted(set(text.split()), key=len, reverse=True)
    found = Q()
    for word in words:
        plain = Func(Value(word), function=PLAIN, output_field=TextField())
        begins_with = len(words) == 1 and len(word) < SHORTEST_PART
        found &= Q(plain__startswith=plain) if begins_with else Q(plain__contains=plain)
    return found


def _ways(text: str) -> list[Way]:
    joined = Customer.objects.filter(speaks=False)
    called, written = named(text), begins(Upper("email"), capitals(text))
    pointed = Identifier.objects.filter(
        Q(kind="email", scope="", value=normal_email(text) or text)
        | Q(kind="phone", scope="", value__in=phones(text))
        | Q(kind="external", scope__in=Channel.objects.values("slug"), value=text)
    )
    return [
        same(called),
        same(written),
        same(among("id", joined.filter(called).values("profile_id"))),
        same(among("id", joined.filter(written).values("profile_id"))),
        same(among("id", pointed.values("customer__profile_id"))),
    ]


def _before(found: QuerySet[Customer], cursor: str) -> QuerySet[Customer]:
    if not cursor:
        return found
    at, key = decode_instant(cursor)
    return found.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=key), created_at__lte=at)


def profile(key: UUID) -> ProfileView:
    """The person behind a record, in four queries; :class:`NotFound`."""
    asked = Customer.objects.filter(id=key).values_list("profile_id", flat=True).first()
    if asked is None:
        raise NotFound("there is no such customer")
    records = list(Customer.objects.filter(profile_id=asked).order_by("created_at", "id"))
    head = next(c for c in records if c.id == asked)
    keys = [c.id for c in records]
    identifiers = Identifier.objects.filter(customer__in=keys).order_by("kind", "scope", "value")
    edges = IdentityEdge.objects.filter(one__in=keys, undone_at=None).order_by("created_at")
    return ProfileView(
        head.id, head.name, head.email, head.phone, head.locale, head.note, head.invented, head.created_at,
        tuple(keys), tuple(IdentifierView(i.kind, i.scope, i.value) for i in identifiers),
        tuple(edges.values_list("reason", "actor_label", "created_at")),
    )  # fmt: skip
