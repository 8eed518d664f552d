"""What we write down about a person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from trivet.customers.models import Customer
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Invalid, NotFound

_LONGEST = {"name": 300, "note": 10_000, "locale": 35}


@transaction.atomic
def change_customer(
    key: UUID,
    *,
    name: str | None = None,
    note: str | None = None,
    locale: str | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """Change name, note or locale of the person behind a record; None leaves it.

    The note itself is not in the fact recorded: a feed is no place for remarks about people.
    """
    given = {k: v for k, v in {"name": name, "note": note, "locale": locale}.items() if v is not None}
    for field, text in given.items():
        if len(text) > _LONGEST[field]:
            raise Invalid(field, f"may have {_LONGEST[field]} characters at most")
    profile = Customer.objects.filter(id=key).values_list("profile_id", flat=True).first()
    if profile is None:
        raise NotFound("there is no such customer")
    head = Customer.objects.select_for_update().get(id=profile)
    changed = {field: text for field, text in given.items() if getattr(head, field) != text}
    if changed:
        Customer.objects.filter(id=profile).update(**changed)
        record("customer.changed", ("customer", profile), by=by, at=now, fields=sorted(changed))
