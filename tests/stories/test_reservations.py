"""Soft promises and what a channel may sell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stories.proofs import nothing_is_wrong
from tests.stories.test_cancel import placed
from tests.world import ALICE, World, build, order
from trivet.catalog.models import ListingMap
from trivet.company.actions import add_channel, change_channel, change_place, serve, stop_serving
from trivet.company.models import Channel, ChannelLocation, Location, Revision
from trivet.company.queries.facts import channel_facts, place_facts
from trivet.flows import lapse, promises, stock
from trivet.flows.intake import place_group, prepare
from trivet.flows.policy import change_policy
from trivet.flows.promises import availability
from trivet.inventory.models import Reservation
from trivet.inventory.rules import choose_places, shape
from trivet.journal.models import Event
from trivet.lib import clock
from trivet.lib.errors import Invalid, NotFound, OutOfStock, WrongState

pytestmark = pytest.mark.django_db(transaction=True)
TTL = timedelta(minutes=10)


def me() -> Any:
    return {"by": ALICE, "now": clock.now()}


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    yield build()
    nothing_is_wrong()


def free(*skus: str, at: datetime | None = None) -> list[int]:
    rows = availability("web", skus, at or clock.now()).rows
    return [row.available for row in rows]


def change_setup(**channel: Any) -> None:
    Channel.objects.update(**channel)
    Revision.objects.update(number=int(clock.now().timestamp() * 1_000_000))


def test_a_reservation_keeps_units_until_released(world: World) -> None:
    world.sku("SHIRT", {"leeds": 5})
    kept = promises.reserve("web", [("shirt", 3)], TTL, **me())
    assert free("SHIRT") == [2]
    with pytest.raises(OutOfStock) as error:
        promises.reserve("web", [("SHIRT", 3)], TTL, **me())
    assert error.value.facts["skus"] == ["SHIRT"]
    promises.release_reservation(kept.id, **me())
    assert free("SHIRT") == [5]
    with pytest.raises(WrongState):
        promises.release_reservation(kept.id, **me())


def test_a_line_comes_from_one_place_by_priority(world: World) -> None:
    world.sku("SHIRT", {"london": 2, "leeds": 9})
    kept = promises.reserve("web", [("SHIRT", 3)], TTL, **me())
    assert kept.lines[0][1] == world.places["leeds"].id
    kept = promises.reserve("web", [("SHIRT", 2)], TTL, **me())
    assert kept.lines[0][1] == world.places["london"].id


def test_all_lines_or_none_and_bundles_with_loose_units_of_the_same_part(world: World) -> None:
    world.sku("CUP", {"london": 4, "leeds": 3})
    world.sku("SAUCER", {"london": 9})
    world.bundle("SET", {"CUP": 2, "SAUCER": 1})
    with pytest.raises(OutOfStock):
        promises.reserve("web", [("SET", 2), ("CUP", 4)], TTL, **me())
    assert Reservation.objects.count() == 0
    # London alone has saucers, so the loose cups must come from Leeds though London comes first.
    kept = promises.reserve("web", [("CUP", 3), ("SET", 2)], TTL, **me())
    assert {(sku, place) for sku, place, _, _ in kept.lines} == {
        ("CUP", world.places["leeds"].id), ("SET", world.places["london"].id)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "lines", "ttl"),
    [
        ("lines", [], TTL),
        ("lines[0].sku", [("NOPE", 1)], TTL),
        ("lines[0].quantity", [("SHIRT", 0)], TTL),
        ("ttl", [("SHIRT", 1)], timedelta()),
    ],
)
def test_a_wrong_wish_names_its_field(
    world: World, field: str, lines: list[tuple[str, int]], ttl: timedelta
) -> None:
    world.sku("SHIRT", {"leeds": 5})
    with pytest.raises(Invalid) as error:
        promises.reserve("web", lines, ttl, **me())
    assert error.value.field == field


def test_a_lapsed_reservation_gives_way_to_the_next_without_any_sweep(world: World) -> None:
    world.sku("SHIRT", {"leeds": 5})
    world.sku("SCARF", {"leeds": 5})
    past = clock.now() - timedelta(hours=1)
    old = promises.reserve("web", [("SHIRT", 5), ("SCARF", 1)], TTL, by=ALICE, now=past)
    assert free("SHIRT", at=past) == [0]
    assert free("SHIRT") == [5]
    promises.reserve("web", [("SHIRT", 4)], TTL, **me())
    assert Reservation.objects.get(id=old.id).state == "expired"
    assert (world.level("SHIRT", "leeds").reserved, world.level("SCARF", "leeds").reserved) == (4, 0)
    told = Event.objects.filter(kind="stock.changed").order_by("-id")[:2]
    assert sorted(e.facts["sku"] for e in told) == ["SCARF", "SHIRT"]


def test_the_sweep_ends_what_lapsed_and_tells(world: World) -> None:
    world.sku("SHIRT", {"leeds": 5})
    world.sku("SCARF", {"leeds": 5})
    past = clock.now() - timedelta(hours=1)
    promises.reserve("web", [("SHIRT", 1)], TTL, **me())
    promises.reserve("web", [("SCARF", 1)], TTL, by=ALICE, now=past)
    assert lapse.sweep_reservations(clock.now()) == 1
    assert lapse.sweep_reservations(clock.now()) == 0
    assert Event.objects.filter(kind="reservation.expired").count() == 1
    assert (world.level("SHIRT", "leeds").reserved, world.level("SCARF", "leeds").reserved) == (1, 0)


def test_what_a_place_keeps_back_is_neither_told_nor_reserved(world: World) -> None:
    world.sku("SHIRT", {"leeds": 5})
    Location.objects.filter(code="leeds").update(min_stock=2)
    change_setup()
    assert free("SHIRT") == [3]
    with pytest.raises(OutOfStock):
        promises.reserve("web", [("SHIRT", 4)], TTL, **me())
    kept = promises.reserve("web", [("SHIRT", 3)], TTL, **me())
    placed = place_group([prepare(order("1", {"SHIRT": 3}, reservation=str(kept.id)), actor=ALICE)])
    assert not isinstance(placed[0], Exception)


def test_a_channel_is_told_what_its_places_have_shaped_by_buffer_floor_and_cap(world: World) -> None:
    world.sku("SHIRT", {"london": 6, "leeds": 6, "glasgow": 6})
    ChannelLocation.objects.filter(location__code="glasgow").delete()
    change_setup(buffer=2, cap=8)
    row = availability("web", ["SHIRT"], clock.now()).rows[0]
    assert (row.available, row.unshaped) == (8, 12)
    change_setup(buffer=5, cap=None)
    assert free("SHIRT") == [7]
    change_setup(buffer=50, floor=1, on_shortage="backorder")
    assert free("SHIRT") == [1]
    with pytest.raises(NotFound):
        availability("nowhere", None, clock.now())


def test_bundles_count_whole_ones_at_each_place_also_nested(world: World) -> None:
    world.sku("CUP", {"london": 5, "leeds": 4})
    world.sku("SAUCER", {"london": 1, "leeds": 9})
    world.bundle("SET", {"CUP": 2, "SAUCER": 1})
    world.bundle("PAIR", {"SET": 2})
    world.bundle("EMPTY", {})
    assert free("SET", "PAIR", "EMPTY") == [3, 1, 0]


def test_a_channels_own_names_and_pages_in_constant_queries(world: World) -> None:
    skus = [f"S{n:02}" for n in range(25)]
    for n, sku in enumerate(skus):
        world.sku(sku, {"leeds": n})
    ListingMap.objects.create(
        channel=world.channel, external_sku="web-7", variant=world.variants["S07"], created_at=clock.now()
    )
    row = availability("web", ["WEB-7", "nope"], clock.now()).rows
    assert [(r.asked, r.sku, r.available) for r in row] == [("WEB-7", "S07", 7)]
    seen, cursor = [], ""
    while True:
        with CaptureQueriesContext(connection) as queries:
            page = availability("web", None, clock.now(), cursor=cursor, limit=10)
        assert len(queries) <= 4
        seen += [r.sku for r in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == skus


def test_places_are_chosen_so_that_all_fit_or_not_at_all() -> None:
    stock = {("a", 1): 1, ("a", 2): 2, ("b", 1): 1}
    assert choose_places([{"a": 1}, {"a": 1, "b": 1}], stock, [1, 2]) == [2, 1]
    assert choose_places([{"a": 2}, {"a": 1, "b": 1}], stock, [1, 2]) == [2, 1]
    assert choose_places([{"a": 2}, {"a": 2}], stock, [1, 2]) is None
    assert shape(-3, buffer=0, floor=0, cap=5) == 0


def test_a_place_that_the_policy_excludes_is_neither_told_nor_reserved(world: World) -> None:
    world.sku("SHIRT", {"leeds": 10})
    change_policy({"rules": [{"allow": False, "places": ["leeds"]}]}, **me())
    assert free("SHIRT") == [0]
    with pytest.raises(OutOfStock):
        promises.reserve("web", [("SHIRT", 1)], TTL, **me())
    stock.receive("SHIRT", "london", 2, **me())
    assert free("SHIRT") == [2]
    kept = promises.reserve("web", [("SHIRT", 2)], TTL, **me())
    placed = place_group([prepare(order("1", {"SHIRT": 2}, reservation=str(kept.id)), actor=ALICE)])
    assert not isinstance(placed[0], Exception)


def test_kinds_of_places_that_never_ship_hold_nothing_for_buyers(world: World) -> None:
    world.sku("SHIRT", {"leeds": 10, "london": 3})
    Location.objects.filter(code="leeds").update(kind="supplier")
    change_setup()
    assert free("SHIRT") == [3]


def test_where_to_and_how_decide_what_is_there(world: World) -> None:
    world.sku("SHIRT", {"leeds": 10, "london": 3})
    serve("web", "leeds", ["express"], ["IE"], **me())
    change_policy({"rules": [{"allow": False, "places": ["london"], "countries": ["FR"]}]}, **me())

    def told(**asked: str) -> int:
        return promises.availability("web", ["SHIRT"], clock.now(), **asked).rows[0].available

    assert told() == 13
    assert (told(country="IE"), told(country="IE", method="standard")) == (13, 3)
    assert (told(country="GB"), told(country="FR"), told(method="standard")) == (3, 0, 3)
    with pytest.raises(OutOfStock):
        promises.reserve("web", [("SHIRT", 4)], TTL, country="GB", **me())
    kept = promises.reserve("web", [("SHIRT", 4)], TTL, country="IE", method="express", **me())
    assert {place for _, place, _, _ in kept.lines} == {world.places["leeds"].id}


def test_a_full_day_delays_and_takes_no_stock_away(world: World) -> None:
    world.sku("SHIRT", {"leeds": 10})
    Location.objects.filter(code="leeds").update(capacity_per_day=1)
    change_setup()
    placed(order("1", {"SHIRT": 1}))
    assert free("SHIRT") == [9]
    kept = promises.reserve("web", [("SHIRT", 1)], TTL, **me())
    taken = placed(order("2", {"SHIRT": 1}, on_shortage="refuse", reservation=str(kept.id)))
    assert (taken.units_allocated, free("SHIRT")) == (1, [8])
    Location.objects.filter(code="leeds").update(capacity_per_day=0)
    change_setup()
    assert free("SHIRT") == [0]


def test_each_number_names_the_skus_that_move_it(world: World) -> None:
    world.sku("CUP", {"london": 5})
    world.sku("SAUCER", {})
    world.bundle("SET", {"CUP": 2, "SAUCER": 1})
    world.bundle("PAIR", {"SET": 2})
    world.bundle("EMPTY", {})
    rows = promises.availability("web", ["CUP", "PAIR", "EMPTY"], clock.now()).rows
    assert [r.components for r in rows] == [("CUP",), ("CUP", "SAUCER"), ()]
    ChannelLocation.objects.all().delete()
    change_setup()
    assert promises.availability("web", ["SET"], clock.now()).rows[0].components == ("CUP", "SAUCER")


def asked_again(*actions: Callable[[], object]) -> list[list[str]]:
    """By action, the channels that are told to ask again."""
    told = []
    for action in actions:
        last = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
        action()
        facts = Event.objects.filter(kind="availability.changed", id__gt=last).order_by("id")
        told.append([e.facts["channel"] for e in facts])
    return told


def test_who_sells_on_is_told_when_the_set_up_changes_what_is_there(world: World) -> None:
    leeds, web = place_facts(world.places["leeds"]), channel_facts("web")
    add_channel(replace(web, slug="till"), **me())
    assert asked_again(
        lambda: change_place("leeds", replace(leeds, min_stock=2), **me()),
        lambda: change_place("leeds", replace(leeds, min_stock=2, name="Leeds North"), **me()),
        lambda: change_place("leeds", replace(leeds, active=False), **me()),
        lambda: change_channel("web", replace(web, buffer=3), **me()),
        lambda: change_channel("web", replace(web, buffer=3, name="Shop"), **me()),
        lambda: serve("till", "london", **me()),
        lambda: serve("till", "london", **me()),
        lambda: stop_serving("till", "london", **me()),
        lambda: stop_serving("till", "london", **me()),
        lambda: change_policy({"kinds": ["store"]}, **me()),
    ) == [["web"], [], ["web"], ["web"], [], ["till"], [], ["till"], [], ["till", "web"]]
    fact = Event.objects.filter(kind="availability.changed").order_by("-id")[0]
    assert fact.subject_kind == "channel"


def test_a_floor_needs_a_channel_that_takes_backorders(world: World) -> None:
    web = channel_facts("web")
    for on_shortage in ("refuse", "accept"):
        with pytest.raises(Invalid) as error:
            change_channel("web", replace(web, on_shortage=on_shortage, floor=1), **me())
        assert error.value.field == "floor"
    change_channel("web", replace(web, on_shortage="backorder", floor=1), **me())
    with pytest.raises(Invalid):
        change_channel("web", replace(web, on_shortage="refuse", floor=1), **me())
