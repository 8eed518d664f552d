"""Deciding each order of a group in memory, against the picture: identity, mapping, routing, shortage.

Pure but for the picture, whose stock, counters and limits move with each decision.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from trivet.company.queries import ChannelRow, PlaceRow
from trivet.customers.rules import Resolution, resolve
from trivet.flows.intake.picture import Contested, Level, Picture, Sold, parts
from trivet.flows.intake.request import Request
from trivet.flows.intake.result import Result
from trivet.flows.routes import Router
from trivet.lib.errors import Conflict, Forbidden, Invalid, OutOfStock
from trivet.lib.ids import new_id
from trivet.orders.rules.freeze import FrozenLine
from trivet.orders.rules.value import NewLine
from trivet.routing.rules import Demand, Plan


@dataclass(slots=True)
class DecidedLine:
    """A line with what is promised of it; ``key`` is what the channel calls it.

    ``takes`` are (place, component, units) of its allocations.
    """

    id: UUID
    new: NewLine
    frozen: FrozenLine
    key: str
    sold: Sold | None
    allocated: int = 0
    backordered: int = 0
    backorder_from: date | None = None
    takes: list[tuple[UUID, UUID, int]] = field(default_factory=list)


@dataclass(slots=True)
class Decided:
    """An order ready to be written.

    It gets its ``number`` when it is sure to be written. Work on it may ``begin`` then; ``dispatch`` is when places
    with a capacity have room for it.
    """

    id: UUID
    number: int
    request: Request
    channel: ChannelRow
    pickup: PlaceRow | None
    customer: Resolution | None
    lines: list[DecidedLine]
    on_shortage: str
    scheduled: bool
    plan: Plan | None
    begin: datetime
    dispatch: dict[UUID, datetime] = field(default_factory=dict)
    holds: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Decisions:
    """The group's decisions: per request a decided order, a result or an error; and all that moves with them.

    ``final`` are the places in ``answers`` of those refused for want of stock that nobody of this group has taken.
    """

    answers: list[Decided | Result | Exception] = field(default_factory=list)
    moves: dict[Level, list[int]] = field(default_factory=dict)
    entries: list[tuple[Level, str, int, int, str, UUID, str]] = field(default_factory=list)
    backorders: dict[UUID, int] = field(default_factory=dict)
    ended: dict[UUID, str] = field(default_factory=dict)
    newcomers: list[tuple[Resolution, Request]] = field(default_factory=list)
    joins: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    forced: set[Level] = field(default_factory=set)
    final: list[int] = field(default_factory=list)

    def move(
        self, level: Level, kind: str, *, allocated: int, reserved: int, cause: tuple[str, UUID], by: str
    ) -> None:
        """Note one signed change of a level and its ledger entry."""
        sums = self.moves.setdefault(level, [0, 0])
        sums[0] += allocated
        sums[1] += reserved
        self.entries.append((level, kind, allocated, reserved, cause[0], cause[1], by))


def decide(picture: Picture, group: list[Request], router: Router) -> Decisions:
    """Decide every request of ``group`` in order; :class:`Contested` when an order is short and stock not locked."""
    out = Decisions()
    seen: dict[tuple[UUID, str], tuple[UUID, str]] = dict(picture.known)
    for request in group:
        answer: Decided | Result | Exception
        try:
            answer = _decide(picture, request, router, seen, out)
        except (Invalid, Conflict, Forbidden) as error:
            answer = error
            if isinstance(error, OutOfStock) and not _taken(picture, request, out):
                out.final.append(len(out.answers))
        out.answers.append(answer)
    return out


def _taken(picture: Picture, request: Request, out: Decisions) -> bool:
    """Whether the group has taken units of something that ``request`` asks for: its write may yet fail."""
    wanted = set(parts(picture, request))
    return any(sums[0] > 0 and variant in wanted for (_, variant), sums in out.moves.items())


def _decide(
    picture: Picture, request: Request, router: Router, seen: dict[tuple[UUID, str], tuple[UUID, str]],
    out: Decisions,
) -> Decided | Result:  # fmt: skip
    order = request.order
    if request.key_id in picture.dead_keys:
        raise Forbidden("the API key is expired or revoked", key=str(request.key_id))
    channel = picture.setup.channels.get(order.channel)
    if channel is None or not channel.active:
        raise Invalid("channel", f"there is no channel {order.channel!r}")
    known = seen.get((channel.id, order.external_id))
    if known is not None:
        if known[1] == request.digest:
            return Result("unchanged", known[0])
        raise Conflict(
            "another order with other content has this external id", channel=order.channel,
            external_id=order.external_id, order=str(known[0]),
        )  # fmt: skip
    pickup = None
    if order.pickup_location:
        pickup = picture.setup.place_by_code.get(order.pickup_location)
        if pickup is None:
            raise Invalid("pickup_location", f"there is no place {order.pickup_location!r}")
    decided = Decided(
        id=new_id(), number=0, request=request, channel=channel, pickup=pickup, customer=None,
        lines=[
            DecidedLine(new_id(), new, frozen, key, picture.variants.get((channel.id, key)))
            for new, frozen, key in zip(order.lines, request.frozen.lines, request.keys, strict=True)
        ],
        on_shortage=order.on_shortage or channel.on_shortage,
        scheduled=order.fulfill_at is not None and order.fulfill_at > picture.now, plan=None,
        begin=max(picture.now, order.fulfill_at or picture.now),
    )  # fmt: skip
    if request.mode != "skip":
        if any(line.sold is None for line in decided.lines):
            decided.holds.append(("mapping", "a SKU of the order is not known yet"))
        _promise(picture, decided, router, out)
    seen[channel.id, order.external_id] = (decided.id, request.digest)
    decided.customer = _customer(picture, request, out)
    return decided


def _promise(picture: Picture, decided: Decided, router: Router, out: Decisions) -> None:
    demands = tuple(
        Demand(
            line=i, quantity=line.new.quantity, components=line.sold.parts, weight_g=line.sold.weight_g,
            value_minor=line.frozen.paid,
        )
        for i, line in enumerate(decided.lines)
        if line.sold is not None
    )  # fmt: skip
    if not demands:
        return
    undo = _open_reservation(picture, decided)
    mode = decided.request.mode
    shortage = "accept" if mode == "force" else decided.on_shortage
    plan = router.plan(picture, decided, demands, shortage)
    if plan.short and not plan.refused and not picture.locked:
        raise Contested
    limits: dict[UUID, int] = {}
    try:
        if plan.refused:
            raise OutOfStock(
                "not enough stock", reasons=plan.explanation.get("refusal", []),
                lines=[
                    {"line": decided.lines[i].new.external_id, "sku": decided.lines[i].new.sku, "short": n}
                    for i, n in plan.short.items()
                ],
            )  # fmt: skip
        if plan.short and shortage == "backorder":
            limits = _backorder(picture, decided, plan)
    except OutOfStock:
        for level, quantity in undo:
            picture.stock[level] -= quantity
        raise
    decided.plan = plan
    _take(picture, decided, plan, out, undo)
    for key, n in limits.items():
        out.backorders[key] = out.backorders.get(key, 0) + n
    if plan.short and mode == "force":
        _force(picture, decided, plan, out)
    elif plan.short and shortage == "accept":
        decided.holds.append(("stock", "not enough stock for the whole order"))
    elif plan.waits:
        decided.holds.append(("stock", "ships together and waits for the rest"))
    places = {place for line in decided.lines for place, _, _ in line.takes}
    decided.dispatch = router.took(picture.loads, places, decided.begin)


def _open_reservation(picture: Picture, decided: Decided) -> list[tuple[Level, int]]:
    # Units that the order's own reservation keeps are free for this order alone.
    key = decided.request.reservation
    kept = picture.reservations.get(key) if key else None
    if kept is None or kept.channel != decided.channel.id:
        return []
    for level, quantity in kept.lines:
        picture.stock[level] += quantity
    return list(kept.lines)


def _take(
    picture: Picture, decided: Decided, plan: Plan, out: Decisions, opened: list[tuple[Level, int]]
) -> None:
    by = decided.request.actor.label
    key = decided.request.reservation
    if opened and key is not None:
        out.ended[key] = "converted"
        del picture.reservations[key]
        for level, quantity in opened:
            out.move(level, "unreserve", allocated=0, reserved=-quantity, cause=("order", decided.id), by=by)
    for given in plan.assignments:
        line = decided.lines[given.line]
        line.allocated += given.quantity
        sold = line.sold
        assert sold is not None
        for part, per_unit in sold.parts:
            _allocate(picture, out, decided, line, (given.place, part), given.quantity * per_unit)


def _allocate(
    picture: Picture, out: Decisions, decided: Decided, line: DecidedLine, level: Level, units: int
) -> None:
    line.takes.append((level[0], level[1], units))
    picture.stock[level] -= units
    out.move(
        level,
        "allocate",
        allocated=units,
        reserved=0,
        cause=("order", decided.id),
        by=decided.request.actor.label,
    )


def _backorder(picture: Picture, decided: Decided, plan: Plan) -> dict[UUID, int]:
    taken: dict[UUID, int] = {}
    for i, short in plan.short.items():
        line = decided.lines[i]
        assert line.sold is not None
        own = picture.limits.get((line.sold.id, decided.channel.id))
        shared = picture.limits.get((line.sold.id, None))
        for limit in (own, shared):
            if limit is None:
                continue
            if limit.limit is not None and limit.taken + short > limit.limit:
                for found in picture.limits.values():
                    found.taken -= taken.get(found.id, 0)
                raise OutOfStock(
                    f"no more backorders for {line.sold.sku}", reasons=["backorder_cap"],
                    lines=[{"line": line.new.external_id, "sku": line.new.sku, "short": short}],
                )  # fmt: skip
            limit.taken += short
            taken[limit.id] = taken.get(limit.id, 0) + short
            line.backorder_from = limit.available_on or line.backorder_from
        line.backordered = short
    return taken


def _force(picture: Picture, decided: Decided, plan: Plan, out: Decisions) -> None:
    # The sale has happened: what stock does not cover is recorded all the same, at the place that took most.
    place = next((a.place for a in plan.assignments), None) or picture.setup.first_place(decided.channel.id)
    if place is None:
        decided.holds.append(("stock", "no place serves this channel"))
        return
    for i, short in plan.short.items():
        line = decided.lines[i]
        assert line.sold is not None
        line.allocated += short
        for part, per_unit in line.sold.parts:
            level = (place, part)
            picture.stock.setdefault(level, 0)
            out.forced.add(level)
            _allocate(picture, out, decided, line, level, short * per_unit)


def _customer(picture: Picture, request: Request, out: Decisions) -> Resolution | None:
    person = request.order.customer
    if person is None or not (request.identifiers or person.name):
        return None
    resolution = resolve(request.identifiers, picture.people, person.name)
    name = person.name
    for key in resolution.fresh:
        picture.people[key] = (resolution.customer, resolution.profile, name)
    if resolution.is_new or resolution.fresh:
        out.newcomers.append((resolution, request))
    out.joins.extend((resolution.customer, other, reason) for other, reason in resolution.joins)
    return resolution
