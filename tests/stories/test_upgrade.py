"""A database of an older release is brought up to date with its rows in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import world
from tests.world import World
from trivet.catalog.models import ListingMap, Variant
from trivet.flows.intake import place_group, prepare
from trivet.flows.mapping import map_sku
from trivet.lib import clock
from trivet.orders.models import Order, OrderLine

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE_KEYS = [("orders", "0005_postal"), ("catalog", "0001_initial")]


def migrate(targets: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(targets)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[World]:
    """The shop as it is; whatever a test does to the schema is undone."""
    built = world.build()
    try:
        yield built
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE catalog_variant, orders_order CASCADE")
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def ask(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_skus_and_waiting_lines_get_their_keys(shop: World) -> None:
    shop.sku("STRAßE-1", {"leeds": 5})
    shop.sku("STRASSE-1", {"leeds": 5})
    cafe = shop.sku("CAFE", {"leeds": 5})
    map_sku("web", "old-1", "CAFE", by=world.ALICE, now=clock.now())
    new = world.order("1", {"later": 2, "CAFE": 1})
    place_group([prepare(new, actor=world.ALICE)])
    migrate(BEFORE_KEYS)
    ask("UPDATE catalog_variant SET sku = %s WHERE id = %s", "cafe\u0301", cafe.id)
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert set(Variant.objects.values_list("sku", "key")) == {
        ("STRAßE-1", "STRAßE-1"), ("STRASSE-1", "STRASSE-1"), ("caf\u00e9", "CAF\u00c9"),
    }  # fmt: skip
    assert ListingMap.objects.get().key == "OLD-1"
    assert set(OrderLine.objects.values_list("sku", "waits_for")) == {("later", "LATER"), ("CAFE", None)}
    assert map_sku("web", "LATER", "STRAßE-1", by=world.ALICE, now=clock.now()) == 1
    assert Order.objects.get().holds_open == 0
    assert not Order.objects.get().gift


def test_two_skus_that_became_one_are_named_before_anything_changes(shop: World) -> None:
    one, other = shop.sku("ONE"), shop.sku("OTHER")
    migrate(BEFORE_KEYS)
    ask("UPDATE catalog_variant SET sku = %s WHERE id = %s", "caf\u00e9", one.id)
    ask("UPDATE catalog_variant SET sku = %s WHERE id = %s", "CAFE\u0301", other.id)
    with pytest.raises(RuntimeError, match="are one SKU from now on"):
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
