"""People come, change and go; an owner always stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trivet.journal.models import Event
from trivet.journal.rules import SYSTEM
from trivet.lib.errors import Conflict, Invalid
from trivet.staff.actions import add_user, change_user, deactivate_user, reactivate_user, set_password
from trivet.staff.models import User
from trivet.staff.queries import places_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PASSWORD = "three-legged-stool"


def alice() -> User:
    return add_user("alice", PASSWORD, role="owner", name="Alice Ng", by=SYSTEM, now=NOW)


def test_a_person_is_added_once_and_recorded() -> None:
    user = alice()
    assert user.check_password(PASSWORD) and user.get_full_name() == "Alice Ng" and places_of(user.id) is None
    with pytest.raises(Conflict):
        add_user("ALICE", PASSWORD, role="support", by=SYSTEM, now=NOW)
    (event,) = Event.objects.filter(subject_id=user.id)
    assert event.kind == "user.added" and PASSWORD not in str(event.facts)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("username", {"username": "a b"}),
        ("role", {"role": "wizard"}),
        ("password", {"password": "short"}),
        ("email", {"email": "nowhere"}),
    ],
)
def test_what_breaks_a_rule_is_named(field: str, values: dict[str, str]) -> None:
    given = {"username": "bob", "password": PASSWORD, "role": "support", "email": "", **values}
    with pytest.raises(Invalid) as caught:
        add_user(
            given["username"], given["password"], role=given["role"], email=given["email"], by=SYSTEM, now=NOW
        )
    assert caught.value.field == field


def test_the_last_owner_stays() -> None:
    first = alice()
    with pytest.raises(Conflict):
        change_user(first.id, role="support", by=SYSTEM, now=NOW)
    with pytest.raises(Conflict):
        deactivate_user(first.id, by=SYSTEM, now=NOW)
    second = add_user("bob", PASSWORD, role="owner", by=SYSTEM, now=NOW)
    deactivate_user(first.id, by=SYSTEM, now=NOW)
    with pytest.raises(Conflict):
        deactivate_user(second.id, by=SYSTEM, now=NOW)
    reactivate_user(first.id, by=SYSTEM, now=NOW)
    change_user(second.id, role="analyst", name="Bob", by=SYSTEM, now=NOW)
    second.refresh_from_db()
    assert (second.role, second.first_name) == ("analyst", "Bob")


def test_a_new_password_replaces_the_old() -> None:
    user = alice()
    set_password(user.id, "another-good-one", by=SYSTEM, now=NOW)
    user.refresh_from_db()
    assert user.check_password("another-good-one") and not user.check_password(PASSWORD)
