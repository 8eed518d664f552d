"""Stock made from the sales themselves: what lies where when Trivet takes over, and what comes in after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trivet.demo.chance import draw, pick
from trivet.demo.goods import BUNDLES
from trivet.demo.orders import LIVE_DAYS, Story
from trivet.demo.source import Item
from trivet.lib.money import split

SHARES = {"dartford": 38, "birmingham": 18, "manchester": 18, "leipzig": 14, "glasgow": 8, "brighton": 4}
"""How the stock of an article that lies everywhere is spread, in percent."""

POPULAR, KNOWN = 500, 1600
"""Ranks up to which an article lies everywhere, or in three places; the tail lies in one or two."""

SCARCE, TIGHT = 14, 40
"""Of a thousand articles this many have less than the open orders want, or just as much. An order has some eight
lines, so a small share of articles holds up a large share of orders."""

SUPPLIERS = (
    "Hallam & Sons",
    "Oriental Trade Links",
    "Brightside Ceramics",
    "Moorland Tin Co.",
    "Papeterie du Nord",
)

_INSIDE = {sku: components for sku, _, _, components in BUNDLES}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Goods of one SKU that come in at a place."""

    at: datetime
    sku: str
    place: str
    quantity: int
    reference: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Goods that the shop's former desk still ships in the live weeks."""

    at: datetime
    sku: str
    place: str
    quantity: int
    invoice: str


@dataclass(slots=True)
class StockPlan:
    """What lies where at the start, what comes and goes later, and which articles are meant to run short."""

    opening: dict[tuple[str, str], int] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)
    scarce: list[str] = field(default_factory=list)
    popular: list[str] = field(default_factory=list)


def plan(stories: Sequence[Story], now: datetime) -> StockPlan:
    """The plan. ``stories`` are all orders; those of the live weeks decide how much is needed."""
    recent = [s for s in stories if s.at >= now - timedelta(weeks=16)]
    lines = Counter(item.sku for s in recent for item in parts(s))
    ranks = {sku: n for n, (sku, _) in enumerate(sorted(lines.items(), key=lambda x: (-x[1], x[0])))}
    eight = now - timedelta(weeks=8)
    sold: Counter[str] = Counter()
    live: Counter[str] = Counter()
    for s in recent:
        for item in parts(s):
            sold[item.sku] += item.quantity if s.at >= eight else 0
            live[item.sku] += item.quantity if s.mode == "live" else 0
    found = StockPlan(popular=[sku for sku, n in ranks.items() if n < POPULAR])
    for sku, rank in ranks.items():
        _plan_one(found, sku, rank, live[sku], sold[sku] // 8, now)
    _depart(found, recent, ranks, now)
    return found


def parts(s: Story) -> Iterator[Item]:
    """What an order takes from stock: its articles, bundles as what is in them."""
    for item in s.sale.items:
        inside = _INSIDE.get(item.sku)
        if inside is None:
            yield item
        else:
            yield from (Item(sku, n * item.quantity, 0) for sku, n in inside)


def places_of(sku: str, rank: int) -> list[str]:
    """Where an article lies."""
    if rank < POPULAR:
        return list(SHARES)
    if rank < KNOWN:
        others = ["birmingham", "manchester", "leipzig", "glasgow"]
        first = pick(f"a{sku}", others)
        return ["dartford", first, pick(f"b{sku}", [p for p in others if p != first])]
    main = pick(f"m{sku}", ["dartford", "dartford", "dartford", "dartford", "birmingham", "manchester"])
    return [main, "leipzig"] if draw(f"two{sku}", 3) == 0 else [main]


def _plan_one(found: StockPlan, sku: str, rank: int, live: int, weekly: int, now: datetime) -> None:
    places = places_of(sku, rank)
    mood = draw(f"mood{sku}", 1000)
    if mood < SCARCE and live:
        free = live * 4 // 10
        found.scarce.append(sku)
    elif mood < TIGHT:
        free = live
    else:
        free = live + weekly * (2 + draw(f"cover{sku}", 4)) + 4 + draw(f"more{sku}", 12)
    for place, units in zip(places, split(free, [SHARES[p] for p in places]), strict=True):
        comes = rank < POPULAR and mood >= TIGHT and draw(f"in{sku}{place}", 100) < 4
        later = units * 3 // 10 if comes else 0
        if later:
            found.deliveries.append(_delivery(sku, place, later, now))
        # Units of one line leave from one place, so the main place can serve the largest.
        found.opening[sku, place] = units - later + (live if mood >= TIGHT and place == places[0] else 0)


def _delivery(sku: str, place: str, quantity: int, now: datetime) -> Delivery:
    days = pick(f"day{sku}{place}", (15, 12, 8, 6, 5, 2, 1))
    at = (now - timedelta(days=days)).replace(
        hour=9, minute=draw(f"min{sku}{place}", 60), second=0, microsecond=0
    )
    reference = f"PO {4100 + draw(f'po{days}{place}', 800)}, {pick(f'sup{sku}', SUPPLIERS)}"
    return Delivery(at, sku, place, quantity, reference)


def _depart(found: StockPlan, recent: Sequence[Story], ranks: dict[str, int], now: datetime) -> None:
    # What the former desk ships is added to what was counted, so that it cannot take what is promised here.
    for s in recent:
        if s.mode != "skip" or s.at < now - timedelta(days=LIVE_DAYS):
            continue
        for item in parts(s):
            places = places_of(item.sku, ranks[item.sku])
            near = draw(f"from{s.sale.invoice}", 100) < 55
            place = places[0] if near else pick(f"from{s.sale.invoice}{item.sku}", places)
            found.opening[item.sku, place] = found.opening.get((item.sku, place), 0) + item.quantity
            found.departures.append(Departure(s.at, item.sku, place, item.quantity, s.sale.invoice))
