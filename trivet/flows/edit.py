"""Changing an order after it was placed: units, lines, address, method, discount, note, day.

One transaction. Order rows are locked first (with those of orders that wait for the units that go), then stock. What
goes is free for who waits longest; what comes takes what is left. An order whose address or method changes is planned
anew while it keeps what it has: nobody takes that from it. A look ahead (:func:`preview`) is the edit itself, undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from trivet.catalog.queries import components, variants_by_sku
from trivet.catalog.rules import sku_key
from trivet.company.queries import setup
from trivet.flows import backorders, freeing, money, queue
from trivet.flows.backorders import Claimed, look_again
from trivet.flows.housekeeping import open_waiting
from trivet.flows.story import story
from trivet.fulfillment.actions.capacity import lock_capacity
from trivet.fulfillment.actions.change import (
    change_method,
    give_up_empty,
    hold_work,
    reschedule,
    take_off,
)
from trivet.fulfillment.models import FulfillmentOrder
from trivet.inventory.actions import allocations
from trivet.inventory.actions.levels import Key, lock_all, tell
from trivet.inventory.actions.limits import take_backorders
from trivet.inventory.models import Allocation
from trivet.inventory.queries.spots import allocated_variants
from trivet.inventory.rules import Level
from trivet.journal.rules import SYSTEM, Actor
from trivet.lib.errors import Invalid, NotFound, OutOfStock, WrongState
from trivet.orders.actions.counters import LineDelta, move_units
from trivet.orders.actions.edit import SoldLine, add_lines, close_edit, write_details, write_money
from trivet.orders.actions.hold import place_hold
from trivet.orders.models import Order, OrderChange, OrderLine
from trivet.orders.queries.editing import edit_lines, sums_of
from trivet.orders.queries.waiting import FRONT, waiting_lines
from trivet.orders.rules.edit import AddedLine, Edit, EditPlan, plan_edit
from trivet.orders.rules.payments import refund_due
from trivet.payments.actions.ledger import movements
from trivet.routing.queries.desk import DecisionView, decisions

ROUTING = frozenset({"ship_to", "country", "postal_code", "shipping_method"})
"""Details that decide where an order ships from."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Units of a SKU that the order has at a place, before and after."""

    sku: str
    place: str
    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did, or would do; amounts in minor units.

    ``version`` is the order's after it, ``to_collect`` what neither captures nor authorisations cover, ``refund_due``
    what the customer has paid too much, ``waits`` the units of lines that come without stock, by SKU.
    """

    order: UUID
    number: int
    currency: str
    version: int
    plan: EditPlan
    before: dict[str, Any]
    after: dict[str, Any]
    voided: int
    refund_due: int
    to_collect: int
    spots: tuple[Spot, ...]
    waits: tuple[tuple[str, int], ...]
    routing: tuple[DecisionView, ...]


class _Rehearsed(Exception):
    def __init__(self, told: Edited) -> None:
        super().__init__()
        self.told = told


def preview(order: UUID, wanted: Edit, *, now: datetime, expected_version: int | None = None) -> Edited:
    """What :func:`edit` would do, by doing it and undoing it. Errors as there."""
    try:
        _rehearse(order, wanted, now, expected_version)
    except _Rehearsed as done:
        return done.told
    raise AssertionError("a rehearsal ends by being undone")


@story
def _rehearse(order: UUID, wanted: Edit, now: datetime, expected_version: int | None) -> None:
    raise _Rehearsed(_edit(order, wanted, SYSTEM, now, expected_version))


@story
def edit(
    order: UUID, wanted: Edit, *, by: Actor, now: datetime, expected_version: int | None = None
) -> Edited:
    """Change an open order. :class:`WrongState` when someone was first (another version, or what is picked by now)
    and tells what changed; :class:`Invalid` names what cannot be; :class:`OutOfStock` where nothing may be short.
    """
    return _edit(order, wanted, by, now, expected_version)


def _edit(order: UUID, wanted: Edit, by: Actor, now: datetime, expected_version: int | None) -> Edited:
    sold = _sold(wanted)
    waiting = _claim(order, wanted, sold)
    row = waiting.orders.get(order)
    if row is None:
        raise NotFound("there is no such order")
    _guard(row, expected_version)
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    plan = plan_edit(sums_of(row), edit_lines(row), wanted)
    held = _held(order)
    before, after = write_details(row, wanted, now)
    _may_change(row, after)
    if not after and plan.before == plan.after and not plan.shifts:
        raise Invalid("edit", "changes nothing")
    levels = _cut(row, lines, plan, waiting, by, now)
    write_money(row, plan)
    _follow(row, after, now)
    again = bool(ROUTING & after.keys())
    taken, waits = _serve(row, plan, sold, again, by, now)
    voided = money.void_surplus(row, plan.after.due, by=by, now=now)
    owed = refund_due(row.captured_minor, row.refunded_minor, plan.after.due)
    spots = _spots(held, _held(order))
    version = close_edit(
        row, plan, _told(before, wanted, plan, forth=False), _told(after, wanted, plan, forth=True), by=by, now=now,
        facts={
            "voided": voided, "refund_due": owed, "waits": dict(waits),
            "stock": [{"sku": s.sku, "location": s.place, "change": s.after - s.before} for s in spots],
        },
    )  # fmt: skip
    if plan.cuts:
        freeing.lift_holds(row, by=by, now=now)
    queue.serve(look_again(waiting), {**levels, **taken}, by=by, now=now)
    live = sum(m.left for m in movements(order, now) if m.kind == "authorize")
    return Edited(
        order, row.number, row.currency, version, plan, before, after, voided, owed,
        max(0, plan.after.due - row.captured_minor - live), spots, waits,
        tuple(d for d in decisions(order) if d.cause == "edited" and d.at == now),
    )  # fmt: skip


def _sold(wanted: Edit) -> dict[str, SoldLine]:
    """The SKUs of lines to add, by key. Of lines of which more is wanted, too: they may need one of their own."""
    keys = {new.sku for new in wanted.add}
    keys |= set(OrderLine.objects.filter(id__in=list(wanted.quantities)).values_list("sku", flat=True))
    found = variants_by_sku(keys)
    for n, new in enumerate(wanted.add):
        if new.sku.strip() and sku_key(new.sku) not in found:
            raise Invalid(f"add[{n}].sku", "there is no such SKU")
    parts = components(v.id for v in found.values())
    blank = AddedLine("", 1, 0)
    return {
        key: SoldLine(blank, v.id, v.sku, v.title, parts[v.id] if v.is_bundle else {})
        for key, v in found.items()
    }


def _claim(order: UUID, wanted: Edit, sold: Mapping[str, SoldLine]) -> Claimed:
    """Lock the order, with those that wait for its units, and then all the stock that it has or may get."""
    variants = {*allocated_variants(order), *_parts_of(order)}
    for found in sold.values():
        variants |= set(found.parts) or {found.variant}
    claimed = queue.front(variants, orders=[order])
    if setup().capped:
        with connection.cursor() as cursor:
            lock_capacity(cursor)
    lock_all(variants)
    return claimed


def _parts_of(order: UUID) -> set[UUID]:
    keys = list(OrderLine.objects.filter(order=order).values_list("id", flat=True))
    return {part for line in waiting_lines(keys, ()).values() for part, _ in line.parts}


def _guard(row: Order, expected_version: int | None) -> None:
    if expected_version is not None and expected_version != row.version:
        since = OrderChange.objects.filter(order=row, version__gt=expected_version).order_by("version")
        raise WrongState(
            "someone changed the order meanwhile", version=row.version,
            changes=[
                {"version": c.version, "kind": c.kind, "by": c.actor_label, "at": c.at.isoformat()} for c in since
            ],
        )  # fmt: skip
    if row.lifecycle != "open":
        raise WrongState(f"the order is {row.lifecycle}", state=row.lifecycle)


def _may_change(row: Order, after: Mapping[str, Any]) -> None:
    if after.keys() - {"note"} and FulfillmentOrder.objects.filter(order=row, state="in_progress").exists():
        raise WrongState("a parcel of it is being packed: address, method and day stay as they are")


def _cut(
    row: Order, lines: list[OrderLine], plan: EditPlan, waiting: Claimed, by: Actor, now: datetime
) -> dict[Key, Level]:
    """Give back what goes, to who waits for it before anything of this order does."""
    if not plan.cuts:
        return {}
    freed = freeing.free(row, lines, plan.cuts)
    levels = freeing.release(row, freed, by=by, now=now)
    move_units(freed.deltas)
    tell(levels, by=by, at=now)
    return queue.serve(look_again(waiting), levels, by=by, now=now)


def _follow(row: Order, after: Mapping[str, Any], now: datetime) -> None:
    """Let the fulfillment orders have the method and the day of the order."""
    if "shipping_method" in after:
        change_method(row.id, row.shipping_method)
    if after.keys() & {"fulfill_at", "scheduled"}:
        known, begin = setup(), max(now, row.fulfill_at or now)
        places = set(FulfillmentOrder.objects.filter(order=row).values_list("location_id", flat=True))
        reschedule(
            row.id, row.fulfill_at, scheduled=row.scheduled,
            dispatch={place: known.places[place].dispatch_by(begin) for place in places},
        )  # fmt: skip


def _serve(
    row: Order, plan: EditPlan, sold: Mapping[str, SoldLine], again: bool, by: Actor, now: datetime
) -> tuple[dict[Key, Level], tuple[tuple[str, int], ...]]:
    """Promise what comes, or (``again``) all that is not begun from the places that routing finds now."""
    new = [_named(line, sold[sku_key(line.sku)]) for line in plan.added]
    move_units([LineDelta(row.id, one.line, cancelled=-one.quantity) for one in plan.back])
    idle = _idle(row.id)
    fresh = [*add_lines(row, new, row.version + 1), *(one.line for one in plan.back)]
    if not fresh and not again:
        return {}, ()
    for one in plan.back:
        idle[one.line] = max(0, idle[one.line] - one.quantity)
    loose = _loosen(row, by, now) if again else {}
    turn = list(OrderLine.objects.filter(order=row).order_by("position").values_list("id", flat=True))
    found = waiting_lines(turn if again else fresh, [row.id] if row.ship_together else [])
    # A look ahead must come to the same, so that lines are served in their order on the page.
    found = {key: found[key] for key in turn if key in found}
    mine = Claimed((), {row.id: row}, found, FRONT, more=False)
    taken = backorders.fill(mine, by=by, now=now, cause="edited", anew=[row.id] if again else [])
    give_up_empty(row.id, by=by, now=now)
    left = {key: level for key, level in loose.items() if key not in taken}
    tell(left, by=by, at=now)
    return {**left, **taken}, _short(row, idle, now)


def _named(new: AddedLine, sold: SoldLine) -> SoldLine:
    return SoldLine(new, sold.variant, sold.sku, sold.title, sold.parts)


def _loosen(row: Order, by: Actor, now: datetime) -> dict[Key, Level]:
    """Let go of all that is promised and not begun, for the moment of planning; nobody else is served in between."""
    held = dict(Allocation.objects.filter(order=row, quantity__gt=0).values_list("id", "quantity"))
    lines = OrderLine.objects.filter(order=row, allocated__gt=0)
    move_units([LineDelta(row.id, line.id, allocated=-line.allocated) for line in lines])
    levels = allocations.release(row.id, held, by=by, now=now)
    take_off(row.id, held)
    return levels


def _idle(order: UUID) -> dict[UUID, int]:
    """Units by line that have neither stock nor a backorder."""
    rows = OrderLine.objects.filter(order=order, variant__isnull=False).annotate(
        idle=F("quantity") - F("cancelled") - F("shipped") - F("allocated") - F("backordered")
    )
    return dict(rows.values_list("id", "idle"))


def _short(row: Order, before: Mapping[UUID, int], now: datetime) -> tuple[tuple[str, int], ...]:
    """What becomes of units that no place has, by the order's own rule for shortage; how many of which SKU."""
    short = {key: n for key, idle in _idle(row.id).items() if (n := idle - before.get(key, 0)) > 0}
    if not short:
        return ()
    lines = {line.id: line for line in OrderLine.objects.filter(id__in=short).order_by("position")}
    waits = tuple((line.sku, short[key]) for key, line in lines.items())
    if row.on_shortage == "refuse":
        raise OutOfStock("not enough stock", lines=[{"sku": sku, "short": n} for sku, n in waits])
    if row.on_shortage == "backorder":
        units: dict[tuple[UUID, UUID], int] = {}
        for key, line in lines.items():
            if line.variant_id is not None:
                sold = (line.variant_id, row.channel_id)
                units[sold] = units.get(sold, 0) + short[key]
        days = take_backorders(units)
        move_units([LineDelta(row.id, key, backordered=n) for key, n in short.items()])
        for key, line in lines.items():
            if line.variant_id in days:
                OrderLine.objects.filter(id=key).update(backorder_from=days[line.variant_id])
        if not row.ship_together:
            return waits
    why = (
        "ships together and waits for the rest"
        if row.ship_together
        else "not enough stock for the whole order"
    )
    place_hold(row, "stock", by=SYSTEM, now=now, reason=why)
    hold_work(row.id)
    open_waiting([row.id], now=now)
    row.refresh_from_db(fields=["holds_open"])
    return waits


def _held(order: UUID) -> dict[tuple[str, UUID], int]:
    rows = Allocation.objects.filter(order=order, quantity__gt=0)
    held: dict[tuple[str, UUID], int] = {}
    for sku, place, n in rows.values_list("variant__sku", "location_id", "quantity"):
        held[sku, place] = held.get((sku, place), 0) + n
    return held


def _spots(before: Mapping[tuple[str, UUID], int], after: Mapping[tuple[str, UUID], int]) -> tuple[Spot, ...]:
    places = setup().places
    return tuple(
        Spot(sku, places[p].code, places[p].name, before.get((sku, p), 0), after.get((sku, p), 0))
        for sku, p in sorted(before.keys() | after.keys(), key=lambda k: (k[0], places[k[1]].code))
        if before.get((sku, p), 0) != after.get((sku, p), 0)
    )


def _told(details: Mapping[str, Any], wanted: Edit, plan: EditPlan, *, forth: bool) -> dict[str, Any]:
    """What differs, as the journal and the way back need it."""
    told = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in details.items()
        if name in {"ship_to", "shipping_method", "note", "fulfill_at"}
    }
    sums, other = (plan.after, plan.before) if forth else (plan.before, plan.after)
    for name in ("shipping", "shipping_tax"):
        if getattr(sums, name) != getattr(other, name):
            told[name] = getattr(sums, name)
    moved: dict[str, int] = {}
    for _, code, change in plan.shares:
        moved[code] = moved.get(code, 0) + change
    if moved:
        told["discounts"] = {
            code: wanted.discounts[code] - (0 if forth else change) for code, change in moved.items()
        }
    return told
