"""The script: every beat of the demo in the order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from uuid import UUID

from trivet.catalog.actions import map_listing, upsert_products
from trivet.catalog.queries import variants_by_sku
from trivet.company.queries import setup
from trivet.demo import goods, source, stock, world
from trivet.demo.orders import LIVE_DAYS, MARKET_PREFIX, UNKNOWN, Story, stories
from trivet.demo.scenes import scenes
from trivet.flows.imports.levels import apply_changes, apply_counts
from trivet.flows.intake import place_many, prepare
from trivet.inventory.models import StockLevel
from trivet.inventory.queries.spots import Spot
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.ids import new_id

CHANNELS = {
    "web": "Web shop",
    "wholesale": "Wholesale",
    "brocante": "Brocante",
    "vietnam": "Cửa hàng Việt Nam",
}

WHOLE_HISTORY = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happens at ``at``. A ``durable`` beat brings its own transactions; the others get one."""

    at: datetime
    name: str
    tell: Callable[[], None]
    orders: int = 0
    durable: bool = False


def script(now: datetime, history: timedelta = WHOLE_HISTORY) -> list[Beat]:
    """All beats, oldest first. ``now`` is the world's present, orders reach ``history`` back."""
    told = stories(source.sales(now), now, now - history)
    begin = told[0].at - timedelta(days=1)
    plan = stock.plan(told, now)
    took_over = now - timedelta(days=LIVE_DAYS, hours=1)
    beats = [
        Beat(begin, "set-up", partial(world.set_up, begin)),
        Beat(begin, "catalogue", partial(_catalogue, begin)),
        Beat(took_over, "listings", partial(_listings, told, took_over)),
        Beat(took_over, "opening", partial(_opening, plan, took_over)),
        *_departures(plan),
        *_placing(told, now),
        *(Beat(s.at, s.name, s.tell, durable=True) for s in scenes(told, plan, now)),
    ]
    return sorted(beats, key=lambda beat: beat.at)


def _catalogue(now: datetime) -> None:
    for facts in (goods.products(source.articles(), now.date()), goods.bundles()):
        for verdict in upsert_products(facts, by=SYSTEM, now=now):
            if verdict.error is not None:
                raise verdict.error


def _listings(told: Sequence[Story], now: datetime) -> None:
    # Only what the marketplace sells while orders are live; it knew our own SKUs before.
    names = {
        line.sku
        for s in told
        if s.mode == "live" and s.order.channel == "brocante"
        for line in s.order.lines
        if line.sku not in UNKNOWN
    }
    channel = setup().channels["brocante"].id
    found = variants_by_sku(name.removeprefix(MARKET_PREFIX) for name in names)
    for name in sorted(names):
        map_listing(channel, name, found[name.removeprefix(MARKET_PREFIX)].id, by=world.actor("dan"), now=now)


def _opening(plan: stock.StockPlan, now: datetime) -> None:
    spots = _spots(plan.opening)
    counts = {spots[key]: units for key, units in plan.opening.items()}
    apply_counts(counts, cause=("count", new_id()), by=world.actor("bob"), now=now)


def _departures(plan: stock.StockPlan) -> Iterator[Beat]:
    def day(departure: stock.Departure) -> str:
        return f"{departure.at:%Y-%m-%d}"

    for name, group in groupby(sorted(plan.departures, key=lambda d: d.at), key=day):
        gone = list(group)
        at = gone[-1].at
        yield Beat(at, f"former desk {name}", partial(_depart, gone, at))


def _depart(gone: Sequence[stock.Departure], now: datetime) -> None:
    spots = _spots((d.sku, place) for d in gone for place in stock.SHARES)
    free = _free({spot.variant for spot in spots.values()})
    why = "offline_sale: invoice {}, shipped by the former desk"
    changes = []
    for d in gone:
        # It knew what was promised here meanwhile: it took from another place then, or shipped less.
        spot = max(
            (spots[d.sku, place] for place in stock.SHARES),
            key=lambda s: (min(free[s.key], d.quantity), s.place == d.place, s.place),
        )
        units = min(free[spot.key], d.quantity)
        if units > 0:
            free[spot.key] -= units
            changes.append((spot, -units, why.format(d.invoice)))
    apply_changes(changes, cause=("adjust", new_id()), by=world.actor("bob"), now=now)


def _free(variants: set[UUID]) -> defaultdict[tuple[UUID, UUID], int]:
    rows = StockLevel.objects.filter(variant__in=variants).values_list(
        "variant_id", "location_id", "available"
    )
    found: defaultdict[tuple[UUID, UUID], int] = defaultdict(int)
    found.update({(variant, location): available for variant, location, available in rows})
    return found


def _spots(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Spot]:
    wanted = set(keys)
    found = variants_by_sku(sku for sku, _ in wanted)
    places = setup().place_by_code
    return {
        (sku, place): Spot(found[sku].id, places[place].id, found[sku].sku, place) for sku, place in wanted
    }


def _placing(told: Sequence[Story], now: datetime) -> Iterator[Beat]:
    # History comes in by the day, what is still open by the hour it came in.
    def key(s: Story) -> str:
        recent = s.at >= now - timedelta(days=LIVE_DAYS)
        return f"{s.at:%Y-%m-%d %H}" if recent else f"{s.at:%Y-%m-%d}"

    for name, group in groupby(told, key=key):
        orders = list(group)
        at = min(orders[-1].at + timedelta(minutes=1), now)
        yield Beat(at, f"orders {name}", partial(_place, orders, at), len(orders))


def _place(group: Sequence[Story], now: datetime) -> None:
    requests = [
        prepare(
            s.order,
            actor=Actor("channel", s.order.channel, CHANNELS[s.order.channel]),
            mode=s.mode,
            invented=True,
        )
        for s in group
    ]
    refuse_errors(place_many(requests, now=now))


def refuse_errors(answers: Iterable[object]) -> None:
    """A demo order that is refused is a mistake in the demo."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
