"""What happened is not rewritten: the database refuses it, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, Model, Value
from django.db.utils import IntegrityError

from tests.world import ALICE, World, build
from trivet.flows import stock
from trivet.inventory.models import StockEntry
from trivet.journal.actions.sequence import sequence
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    found = build()
    found.sku("CUP", {"london": 9})
    stock.set_count("CUP", "london", 4, by=ALICE, now=clock.now())
    return found


def rows(model: type[Model]) -> list[dict[str, Any]]:
    found = list(model._default_manager.order_by("pk").values())
    assert found
    return found


def other(model: type[Model], name: str) -> Any:
    """Another value of a column than any row has."""
    kind = model._meta.get_field(name).get_internal_type()
    if kind == "JSONField":
        return {"rewritten": True}
    if kind == "UUIDField":
        return new_id()
    if kind == "DateTimeField":
        return clock.now()
    return Value("rewritten") if kind == "TextField" else F(name) + 1_000


def refused(model: type[Model], **values: Any) -> None:
    before = rows(model)
    with pytest.raises(IntegrityError, match="what happened is not rewritten"):
        model._default_manager.update(**values) if values else model._default_manager.all()._raw_delete(
            "default"
        )
    assert rows(model) == before


PLAIN = [f.attname for f in Event._meta.concrete_fields if f.attname != "position"]


@pytest.mark.parametrize("column", PLAIN)
@pytest.mark.parametrize("placed", [False, True])
def test_no_column_of_an_event_changes(world: World, column: str, placed: bool) -> None:
    if placed:
        assert sequence()
    refused(Event, **{column: other(Event, column)})


def test_a_place_in_the_feed_is_given_once_and_stays(world: World) -> None:
    refused(Event, position=None)
    with connection.cursor() as cursor, pytest.raises(IntegrityError):
        cursor.execute("UPDATE journal_event SET position = id, kind = 'rewritten'")
    assert sequence() == len(rows(Event))
    refused(Event, position=F("position") + 1)
    refused(Event, position=None)
    refused(Event)


@pytest.mark.parametrize("column", ["on_hand", "reason", "at", "cause_id"])
def test_the_ledger_only_grows(world: World, column: str) -> None:
    refused(StockEntry, **{column: other(StockEntry, column)})
    refused(StockEntry)


def test_an_operator_deletes_on_purpose_as_the_guide_says(world: World) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_event DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM journal_event")
        cursor.execute("ALTER TABLE journal_event ENABLE TRIGGER USER")
    assert not Event.objects.exists()
    stock.set_count("CUP", "london", 5, by=ALICE, now=clock.now())
    refused(Event)
