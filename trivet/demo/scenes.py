"""What people do with the orders and the stock of the last weeks: holds, cancellations, counts, reservations.

Every scene is one story of ``flows``. Told twice, a scene changes nothing or finds its order changed already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Count

from trivet.customers.actions.join import join
from trivet.customers.actions.profile import change_customer
from trivet.demo import goods
from trivet.demo.chance import draw, pick
from trivet.demo.orders import Story
from trivet.demo.source import articles
from trivet.demo.stock import StockPlan
from trivet.demo.world import actor
from trivet.flows import cancel, hold, money, promises
from trivet.flows import stock as flows_stock
from trivet.inventory.models import Allocation, StockLevel
from trivet.lib.errors import WrongState
from trivet.orders.models import Order, OrderLine
from trivet.payments.actions.ledger import Told

HOLDS: tuple[tuple[str, str, int, tuple[str, ...]], ...] = (
    ("fraud", "carol", 5, (
        "Card from another country than the address; asked the bank.",
        "Three orders in ten minutes to three addresses; waiting for the customer to call back.",
    )),
    ("address", "carol", 7, (
        "The carrier does not know this postcode; wrote to the customer.",
        "No house number. Rang twice, left a message.",
    )),
    ("payment", "dan", 8, (
        "Account is over its limit; goods leave when the transfer is in.",
        "Remittance advice received, money not yet on the account.",
    )),
    ("manual", "carol", 5, (
        "Customer wants to add a line by tonight.",
        "Wedding on Saturday: send together with the second order.",
    )),
    ("preorder", "dan", 3, ("Waits for the new Christmas range.",)),
)  # fmt: skip
"""Kind, who, how many, reasons."""

CANCELLED = ("customer", "customer", "fraud", "declined", "customer", "inventory", "other")
NOTES = (
    "Prefers delivery on Thursdays.", "Always asks for a printed invoice.",
    "Runs two shops; check which one it is for.",
    "Collects model railways and tells you about it.",
)  # fmt: skip
FINDINGS = (
    ("damaged", -3, "Crushed corner, bottom of the pallet"), ("damaged", -2, "Water under bay 14"),
    ("lost", -4, "Not in the bin, not in the next one"), ("found", 6, "Behind the returns cage"),
    ("sample", -1, "Photo studio"),
    ("correction", 12, "Inner carton counted as one"), ("found", 2, "Wrong shelf label"),
    ("lost", -2, ""),
)  # fmt: skip
LOSSES = (
    "Roof leak over the mezzanine, whole pallet wet",
    "Pallet missing since the move, insurance informed",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Something a person does at ``at``, with transactions of its own."""

    at: datetime
    name: str
    tell: Callable[[], None]


def scenes(told: Sequence[Story], plan: StockPlan, now: datetime) -> Iterator[Scene]:
    """All scenes, in no order."""
    taken: set[str] = set()
    yield from _deliveries(plan)
    yield from _limits(plan, now)
    yield from _counter_sales(plan, now)
    yield from _findings(plan, now)
    yield from _cancellations(told, taken, now)
    yield from _holds(told, taken, now)
    yield from _payments(told, taken, now)
    yield from _people(told, now)
    yield from _reservations(plan, now)
    yield Scene(
        now - timedelta(minutes=40), "count that oversells", partial(_oversell, now - timedelta(minutes=40))
    )


def _choose(
    told: Sequence[Story], name: str, count: int, taken: set[str], fits: Callable[[Story], bool]
) -> list[Story]:
    found = [s for s in told if s.sale.invoice not in taken and fits(s)]
    found.sort(key=lambda s: (draw(f"{name}{s.sale.invoice}", 1_000_000), s.sale.invoice))
    taken.update(s.sale.invoice for s in found[:count])
    return found[:count]


def _row(s: Story) -> Order:
    return Order.objects.get(channel__slug=s.order.channel, external_id=s.order.external_id)


def _live(now: datetime, *channels: str, paid: bool | None = None, days: int = 30) -> Callable[[Story], bool]:
    def fits(s: Story) -> bool:
        wanted = s.mode == "live" and s.order.channel in channels
        settled = any(p.kind == "capture" for p in s.order.payments)
        old = timedelta(hours=5) < now - s.at < timedelta(days=days)
        return wanted and old and (paid is None or paid == settled)

    return fits


def _soon(s: Story, now: datetime, name: str, hours: int) -> datetime:
    return min(s.at + timedelta(minutes=65 + draw(f"{name}{s.sale.invoice}", hours * 60)), now)


def _deliveries(plan: StockPlan) -> Iterator[Scene]:
    for d in plan.deliveries:
        tell = partial(_receive, d.sku, d.place, d.quantity, d.reference, d.at)
        yield Scene(d.at, f"delivery {d.sku} {d.place}", tell)


def _receive(sku: str, place: str, quantity: int, reference: str, now: datetime) -> None:
    flows_stock.receive(sku, place, quantity, by=actor("bob"), now=now, reference=reference)


def _limits(plan: StockPlan, now: datetime) -> Iterator[Scene]:
    begin = now - timedelta(days=21)
    for n, sku in enumerate(plan.scarce[:10]):
        due = (now + timedelta(days=4 + 3 * (n % 5))).date()

        def tell(sku: str = sku, due: object = due) -> None:
            flows_stock.set_backorder_limit(sku, None, 5_000, due, by=actor("dan"), now=begin)  # type: ignore[arg-type]

        yield Scene(begin, f"backorders of {sku}", tell)


def _counter_sales(plan: StockPlan, now: datetime) -> Iterator[Scene]:
    stocked = [sku for sku in plan.popular if plan.opening.get((sku, "brighton"), 0) >= 4]
    for n in range(36):
        sku = pick(f"counter{n}", stocked)
        at = now - timedelta(days=1 + n // 2, minutes=draw(f"till{n}", 400))

        def tell(sku: str = sku, n: int = n, at: datetime = at) -> None:
            flows_stock.record_sale_elsewhere(
                sku,
                "brighton",
                1 + n % 2,
                by=actor("bob"),
                now=at,
                reference=f"Till, Brighton, receipt {7300 + n}",
            )

        yield Scene(at, f"till {n}", tell)


def _findings(plan: StockPlan, now: datetime) -> Iterator[Scene]:
    deep = sorted(key for key, units in plan.opening.items() if units >= 25 and key[1] != "brighton")
    for n in range(24):
        sku, place = pick(f"finding{n}", deep)
        reason, change, note = FINDINGS[n % len(FINDINGS)]
        at = now - timedelta(days=n % 18, hours=2 + draw(f"findat{n}", 6))
        tell = partial(_adjust, sku, place, change, reason, note, at)
        yield Scene(at, f"finding {n}", tell)
    for n, (sku, place, units) in enumerate(_losses(plan)):
        at = now - timedelta(hours=4 + 19 * n)
        yield Scene(at, f"loss {n}", partial(_adjust, sku, place, -units, "write_off", LOSSES[n], at))
    for n in range(10):
        sku, place = pick(f"state{n}", deep)
        state, units = ("damaged", 2) if n % 2 else ("quality_control", 4)
        at = now - timedelta(days=n, hours=3)
        yield Scene(at, f"state {n}", partial(_state, sku, place, state, units, at))


def _losses(plan: StockPlan) -> list[tuple[str, str, int]]:
    # Large enough that nobody may write them off alone.
    costs = {a.sku: goods.cost_of(a.sku, a.pence) for a in articles()}
    most = sorted(plan.opening.items(), key=lambda x: (-x[1], x[0]))
    wanted = ((sku, place, 15_000 // costs[sku], units) for (sku, place), units in most)
    return [(sku, place, n) for sku, place, n, units in wanted if 3 * n < units][3 : 3 + len(LOSSES)]


def _adjust(sku: str, place: str, change: int, reason: str, note: str, now: datetime) -> None:
    flows_stock.adjust(sku, place, change, reason, by=actor("bob"), now=now, note=note)


def _state(sku: str, place: str, state: str, units: int, now: datetime) -> None:
    why = "Glaze is chipped" if state == "damaged" else "Supplier changed the paint; waits for the lab"
    flows_stock.change_state(sku, place, state, units, by=actor("bob"), now=now, reason=why)


def _cancellations(told: Sequence[Story], taken: set[str], now: datetime) -> Iterator[Scene]:
    web = _live(now, "web", "vietnam")
    for s, reason in zip(_choose(told, "cancel", len(CANCELLED), taken, web), CANCELLED, strict=True):
        at = _soon(s, now, "cancel", 4)
        yield Scene(at, f"cancel {s.sale.invoice}", partial(_cancel, s, reason, at))
    some = _choose(
        told, "part", 9, taken, lambda s: _live(now, "web", "wholesale")(s) and len(s.order.lines) > 2
    )
    for n, s in enumerate(some):
        at = _soon(s, now, "part", 4)
        yield Scene(at, f"cancel part {s.sale.invoice}", partial(_cancel_part, s, n % 2 == 0, at))


def _cancel(s: Story, reason: str, now: datetime) -> None:
    row = _row(s)
    try:
        done = cancel.cancel(row.id, None, reason=reason, by=actor("carol"), now=now)
    except WrongState:
        return  # told before, by a load that was interrupted
    if done.refund_due and reason in {"customer", "inventory"}:
        _refund(row, done.refund_due, now)


def _cancel_part(s: Story, refund: bool, now: datetime) -> None:
    row = _row(s)
    line = OrderLine.objects.filter(order=row, variant__isnull=False).order_by("position")[1]
    try:
        done = cancel.cancel(
            row.id, {line.id: max(1, line.quantity // 2)}, reason="customer", by=actor("carol"), now=now,
            note="Ordered too many by mistake", expected_version=1,
        )  # fmt: skip
    except WrongState:
        return  # told before, by a load that was interrupted
    if done.refund_due and refund:
        _refund(row, done.refund_due, now)


def _refund(row: Order, amount: int, now: datetime) -> None:
    reference = f"refund-{row.external_id}"
    method = "card" if row.currency != "VND" else "wallet"
    money.refund(row.id, amount, by=actor("dan"), now=now, told=Told(method=method, reference=reference))


def _holds(told: Sequence[Story], taken: set[str], now: datetime) -> Iterator[Scene]:
    for kind, who, count, reasons in HOLDS:
        channels = ("wholesale",) if kind == "payment" else ("web", "vietnam", "brocante", "wholesale")
        paid = False if kind == "payment" else None
        for n, s in enumerate(_choose(told, f"hold {kind}", count, taken, _live(now, *channels, paid=paid))):
            at = _soon(s, now, kind, 5)
            yield Scene(
                at, f"hold {s.sale.invoice}", partial(_hold, s, kind, who, reasons[n % len(reasons)], at)
            )
    for s in _choose(told, "released", 4, taken, _live(now, "web", "wholesale")):
        at = _soon(s, now, "released", 2)
        yield Scene(at, f"held for a while {s.sale.invoice}", partial(_hold_and_release, s, at, now))


def _hold(s: Story, kind: str, who: str, reason: str, now: datetime) -> None:
    expires = now + timedelta(days=4) if kind == "manual" else None
    expires = None if expires is not None and expires <= now else expires
    hold.place(_row(s).id, kind, by=actor(who), now=now, reason=reason, owner=who.title(), expires_at=expires)


def _hold_and_release(s: Story, at: datetime, now: datetime) -> None:
    row = _row(s)
    key = hold.place(
        row.id, "address", by=actor("carol"), now=at, reason="Flat number is missing.", owner="Carol"
    )
    try:
        hold.release(row.id, key, by=actor("carol"), now=min(at + timedelta(minutes=75), now))
    except WrongState:
        return  # told before, by a load that was interrupted


def _payments(told: Sequence[Story], taken: set[str], now: datetime) -> Iterator[Scene]:
    for s in _choose(told, "transfer", 6, taken, _live(now, "wholesale", paid=False)):
        at = _soon(s, now, "transfer", 5)
        yield Scene(at, f"transfer {s.sale.invoice}", partial(_transfer, s, at))
    shipped = _choose(
        told, "goodwill", 10, taken,
        lambda s: s.mode == "skip" and s.order.channel == "web" and timedelta(days=3) < now - s.at < timedelta(days=20)
        and sum(p.amount for p in s.order.payments) > 1_000,
    )  # fmt: skip
    for n, s in enumerate(shipped):
        at = min(s.at + timedelta(days=2, hours=3), now)
        amount = sum(p.amount for p in s.order.payments)
        yield Scene(
            at, f"goodwill {s.sale.invoice}", partial(_goodwill, s, amount if n % 5 == 0 else amount // 5, at)
        )


def _transfer(s: Story, now: datetime) -> None:
    row = _row(s)
    told = Told(method="bank_transfer", reference=f"BACS {s.sale.invoice}")
    money.capture(row.id, row.total_minor, by=actor("dan"), now=now, told=told)


def _goodwill(s: Story, amount: int, now: datetime) -> None:
    _refund(_row(s), amount, now)


def _people(told: Sequence[Story], now: datetime) -> Iterator[Scene]:
    at = now - timedelta(days=2)
    for n, s in enumerate(_choose(told, "note", len(NOTES), set(), _live(now, "web", "wholesale", days=9))):
        yield Scene(max(at, s.at + timedelta(hours=1)), f"note {n}", partial(_note, s, NOTES[n], now))
    pair = _choose(
        told, "same person", 2, set(), lambda s: _live(now, "web", days=9)(s) and not s.sale.customer
    )
    if len(pair) == 2:
        yield Scene(
            now - timedelta(hours=3),
            "same person",
            partial(_join, pair[0], pair[1], now - timedelta(hours=3)),
        )


def _note(s: Story, note: str, now: datetime) -> None:
    customer = _row(s).customer_id
    if customer is not None:
        change_customer(customer, note=note, by=actor("carol"), now=now)


def _join(one: Story, other: Story, now: datetime) -> None:
    a, b = _row(one).customer_id, _row(other).customer_id
    if a is not None and b is not None:
        join(a, b, reason="Rang about both orders: it is one person", by=actor("carol"), now=now)


def _reservations(plan: StockPlan, now: datetime) -> Iterator[Scene]:
    at = now - timedelta(minutes=12)
    for n in range(7):
        quote = n >= 5
        reference = f"Quote Q-{240 + n}" if quote else f"Checkout {draw(f'checkout{n}', 90_000) + 10_000}"
        ttl = timedelta(days=3) if quote else timedelta(minutes=45 + 30 * n)
        tell = partial(
            _reserve, "wholesale" if quote else "web", n, tuple(plan.popular[:200]), ttl, reference, at
        )
        yield Scene(at, f"reservation {n}", tell)


def _reserve(
    channel: str, n: int, skus: tuple[str, ...], ttl: timedelta, reference: str, now: datetime
) -> None:
    deep = StockLevel.objects.filter(variant__sku__in=skus, location__code="dartford", available__gte=40)
    free = sorted(deep.values_list("variant__sku", flat=True))
    lines = {
        free[(draw(f"cart{n}", 1000) + 7 * k) % len(free)]: 12 if ttl.days else 1 + k
        for k in range(1 + n % 3)
    }
    promises.reserve(channel, list(lines.items()), ttl, by=actor("carol"), now=now, reference=reference)


def _oversell(now: datetime) -> None:
    # The level with the least to spare of those that several orders hold units of: a count that lacks one unit more
    # than the latest of them holds hits two.
    held = Allocation.objects.filter(quantity__gt=0, location__kind="warehouse")
    levels = (
        held.values("variant", "location")
        .annotate(orders=Count("order", distinct=True))
        .filter(orders__gte=3)
    )
    wanted = {(row["variant"], row["location"]) for row in levels}
    scarce = StockLevel.objects.filter(variant__in={v for v, _ in wanted}).select_related(
        "variant", "location"
    )
    for level in scarce.order_by("available", "variant__sku", "location__code"):
        if (level.variant_id, level.location_id) not in wanted or level.available < 0:
            continue
        here = held.filter(variant=level.variant_id, location=level.location_id)
        latest = here.order_by("-order__placed_at", "-id").values_list("quantity", flat=True)[0]
        counted = max(0, level.on_hand - level.available - latest - 1)
        sku, place = level.variant.sku, level.location.code
        flows_stock.set_count(sku, place, counted, by=actor("bob"), now=now, reason="Cycle count, aisle 3")
        return
