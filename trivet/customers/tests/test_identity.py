"""Records are joined into one person and taken apart again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from trivet.customers.actions.join import join, separate
from trivet.customers.actions.profile import change_customer
from trivet.customers.models import Customer
from trivet.customers.queries import broad
from trivet.customers.queries.desk import customer_list, profile
from trivet.customers.queries.records import records_of
from trivet.customers.rules import profiles
from trivet.journal.models import Event
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import Invalid, NotFound, WrongState
from trivet.lib.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ALICE = Actor("user", "alice", "Alice")


def person(name: str, minutes: int = 0) -> UUID:
    key = new_id()
    Customer.objects.create(
        id=key,
        profile_id=key,
        name=name,
        email=f"{name.lower()}@example.com",
        created_at=NOW + timedelta(minutes=minutes),
    )
    return key


def heads(*keys: UUID) -> list[UUID]:
    stored = dict(Customer.objects.values_list("id", "profile_id"))
    return [stored[k] for k in keys]


def test_a_chain_of_joins_is_one_person_and_any_link_can_be_taken_back() -> None:
    a, b, c = person("Ann"), person("Anne", 1), person("Anna", 2)
    assert join(c, b, reason="same address", by=SYSTEM, now=NOW) == b
    assert join(c, a, reason="she said so", by=SYSTEM, now=NOW) == a
    assert heads(a, b, c) == [a, a, a]
    records, merges = records_of(c)
    assert [r.id for r in records] == [a, b, c] and len(merges) == 2
    separate(next(m.id for m in merges if m.reason == "same address"), by=SYSTEM, now=NOW)
    assert heads(a, b, c) == [a, b, a]
    with pytest.raises(WrongState):
        separate(next(m.id for m in merges if m.reason == "same address"), by=SYSTEM, now=NOW)
    join(b, c, reason="same address", by=ALICE, now=NOW)
    assert heads(a, b, c) == [a, a, a]
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["customer.joined", "customer.joined", "customer.separated", "customer.joined"]


def test_what_a_person_took_apart_the_system_does_not_join_by_any_way() -> None:
    a, b, c, d = person("Ann"), person("Bea", 1), person("Cat", 2), person("Dot", 3)
    join(a, b, reason="same order", by=SYSTEM, now=NOW)
    [edge] = records_of(a)[1]
    separate(edge.id, by=ALICE, now=NOW)
    assert join(b, a, reason="same order", by=SYSTEM, now=NOW) == b
    assert heads(a, b) == [a, b]
    # Each of them may be known by more records; one that both seem to share stays with whom it joined first.
    join(a, c, reason="same order", by=SYSTEM, now=NOW)
    join(d, b, reason="same order", by=SYSTEM, now=NOW)
    join(c, d, reason="same order", by=SYSTEM, now=NOW)
    assert heads(a, b, c, d) == [a, b, a, b]
    # A person may think better of it, and of that again.
    join(c, d, reason="she called", by=ALICE, now=NOW)
    assert heads(a, b, c, d) == [a, a, a, a]
    separate(next(m.id for m in records_of(a)[1] if m.reason == "she called"), by=ALICE, now=NOW)
    join(a, b, reason="same order", by=SYSTEM, now=NOW)
    assert heads(a, b, c, d) == [a, b, a, b]
    kinds = Event.objects.filter(kind="customer.joined").count()
    assert kinds == 4


def test_joining_twice_is_joining_once() -> None:
    a, b = person("Ann"), person("Anne", 1)
    join(a, b, reason="twin accounts", by=SYSTEM, now=NOW)
    assert join(b, a, reason="twin accounts", by=SYSTEM, now=NOW) == a
    assert Event.objects.count() == 1
    with pytest.raises(Invalid):
        join(a, a, reason="mirror", by=SYSTEM, now=NOW)
    with pytest.raises(NotFound):
        join(a, new_id(), reason="ghost", by=SYSTEM, now=NOW)


def test_a_note_changes_the_person_but_not_the_feed() -> None:
    a, b = person("Ann"), person("Anne", 1)
    join(a, b, reason="same", by=SYSTEM, now=NOW)
    change_customer(b, note="likes red", name="Ann Lee", by=SYSTEM, now=NOW)
    assert (profile(a).note, profile(a).name) == ("likes red", "Ann Lee")
    assert "likes red" not in str(Event.objects.filter(kind="customer.changed").get().facts)


def test_search_finds_the_person_through_any_record(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = person("Ann"), person("Bertha", 1)
    join(a, b, reason="renamed", by=SYSTEM, now=NOW)
    person("Carl", 2)
    for near in (0, 5_000):
        monkeypatch.setattr(broad, "NEAR", near)
        for text in ("erth", "BERTHA@exam", "ann", "an"):
            assert [row.id for row in customer_list(text).rows] == [a]
        assert not customer_list("nn").rows  # two letters are looked for at the start


def test_components_need_no_database() -> None:
    a, b, c, d = (new_id() for _ in range(4))
    assert profiles([a, b, c, d], [(d, c), (c, b)]) == {a: a, b: b, c: b, d: b}
