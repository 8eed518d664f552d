"""Simulating a draft of the routing policy on past orders, against the policy in force: asked for, done, stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import merge
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from trivet.company.queries import Setup, setup
from trivet.company.rules import zone_of
from trivet.flows.jobs import run_simulation
from trivet.inventory.queries.moves import available_before, moves_between
from trivet.journal.rules import Actor
from trivet.lib import clock
from trivet.routing.actions import simulation as verbs
from trivet.routing.models import Simulation
from trivet.routing.queries.past import arrivals, made_between
from trivet.routing.rules import Policy
from trivet.routing.rules.compare import Comparison, GivenBack, Moment, Moved
from trivet.routing.rules.values import Key
from trivet.routing.rules.worlds import Planner, World

MOST = 50_000
"""Orders that are planned again; of a longer time the latest."""
BEAT = 0.5
"""Seconds between two notes of progress, and until a wish to stop is seen."""
_BATCH = 200


class Stopped(Exception):
    """Somebody stopped the simulation."""


@transaction.atomic(durable=True)
def simulate(
    key: UUID, *, edition: int, weeks: int | None, target_days: int, by: Actor, now: datetime
) -> UUID:
    """Have a draft simulated on the orders of the last ``weeks`` (None: on all that are kept); the simulation's key."""
    made = verbs.ask(key, edition=edition, weeks=weeks, target_days=target_days, by=by, now=now)
    run_simulation.defer(simulation=str(made))
    return made


@transaction.atomic(durable=True)
def stop(key: UUID, *, by: Actor, now: datetime) -> None:
    """Stop a simulation; what it has found so far is not kept."""
    verbs.stop(key, by=by, now=now)


def carry_out(key: UUID) -> None:
    """Do a simulation that waits; one that was stopped meanwhile leaves nothing."""
    if not verbs.begin(key):
        return
    row = Simulation.objects.get(id=key)
    try:
        with _noted(key) as note:
            comparison, changed, begin = _compare(row, note)
    except Stopped:
        return
    except Exception:
        verbs.note_fault(key)
        raise
    with transaction.atomic():
        verbs.finish(key, comparison, changed, begin=begin, now=clock.now())


def _compare(
    row: Simulation, note: Callable[[int, int], None]
) -> tuple[Comparison, list[dict[str, Any]], datetime]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One picture of everything, however many orders come in meanwhile; nothing is locked.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        made = made_between(row.begin, row.until, MOST)
        known = setup()
        past = Past(known, {order for _, order, _ in made})
        if made:
            past.read(made[0][2], row.until)
        comparison = past.comparison(row)
        moments: Iterable[Moment] = merge(past.moments, arrivals(made), key=_when)
        changed: list[dict[str, Any]] = []
        done = 0
        note(0, len(made))
        for found in comparison.run(moments):
            done += 1
            if found is not None:
                changed.append(verbs.plans_of(found))
            if done % _BATCH == 0:
                note(done, len(made))
        note(done, len(made))
    return comparison, changed, made[0][2] if made else row.begin


def _when(moment: Moment) -> tuple[datetime, bool]:
    # What happened in the same instant as an order came in had happened when it was decided: a reservation of its own.
    return moment.at, not isinstance(moment, Moved | GivenBack)


@dataclass(slots=True)
class Past:
    """The ledger of a time beside the orders that are planned again, by the codes of places."""

    known: Setup
    orders: set[UUID]
    stock: dict[tuple[Key, Key], int] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    kept: set[UUID] = field(default_factory=set)

    def read(self, begin: datetime, until: datetime) -> None:
        """Stock just before ``begin``, and what happened to it until ``until``."""
        codes = {place.id: place.code for place in self.known.places.values()}
        texts: dict[UUID, str] = {}
        back: list[GivenBack] = []
        for variant, location, units in available_before(begin):
            if units:
                self.stock[codes[location], texts.setdefault(variant, str(variant))] = units
        net: dict[tuple[datetime, UUID, UUID], int] = {}
        for move in moves_between(begin, until):
            if move.kind in {"allocate", "release"} and move.cause in self.orders:
                # What these orders were promised is for each policy to say; moved by hand, units stay the order's.
                moment = (move.at, move.cause, move.variant)
                net[moment] = net.get(moment, 0) + move.allocated
            elif move.available:
                called = texts.setdefault(move.variant, str(move.variant))
                self.moments.append(Moved(move.at, codes[move.location], called, move.available))
        for (at, order, variant), units in sorted(net.items()):
            if units < 0:
                back.append(GivenBack(at, order, texts.setdefault(variant, str(variant)), -units))
                self.kept.add(order)
        self.moments = list(merge(self.moments, back, key=_when))

    def comparison(self, row: Simulation) -> Comparison:
        """Both policies in a world each."""
        zones = {place.code: zone_of(place.timezone) for place in self.known.places.values()}
        live = Planner(Policy.from_dict(row.against_rules), row.against, "live")
        draft = Planner(Policy.from_dict(row.rules), 0, "draft")
        kept = frozenset(self.kept)
        return Comparison(
            World(live, dict(self.stock), kept), World(draft, dict(self.stock), kept), row.target_days, day_at(zones)
        )  # fmt: skip


def day_at(zones: dict[str, ZoneInfo]) -> Callable[[str, datetime], date]:
    """The day of an instant at a place; in UTC where the place is not there any more."""
    utc = zone_of("UTC")

    def day(place: str, at: datetime) -> date:
        return at.astimezone(zones.get(place, utc)).date()

    return day


@contextmanager
def _noted(key: UUID) -> Iterator[Callable[[int, int], None]]:
    # On a connection of its own: the simulation reads in one transaction, which nobody sees into.
    latest, over, stopped = [(0, 0)], threading.Event(), threading.Event()

    def write() -> None:
        try:
            while not over.wait(BEAT):
                if not verbs.progress(key, *latest[0]):
                    stopped.set()
                    return
        finally:
            connection.close()

    def note(done: int, total: int) -> None:
        latest[0] = (done, total)
        if stopped.is_set():
            raise Stopped

    writer = threading.Thread(target=write, name="simulation-progress", daemon=True)
    writer.start()
    try:
        yield note
    finally:
        over.set()
        writer.join()
