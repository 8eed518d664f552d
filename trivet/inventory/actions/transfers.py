"""Sending goods from one of our places to another: planned, made ready, shipped, received in parts, completed.

The transfer's row is locked first, before orders and levels, so two who act on one transfer take turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from trivet.catalog.queries import variants_by_sku
from trivet.catalog.rules import sku_key
from trivet.company.models import Location
from trivet.inventory.actions.facts import check_units
from trivet.inventory.actions.levels import Key, Move, ensure_and_lock, move, tell
from trivet.inventory.models import Transfer, TransferLine, TransferReceipt
from trivet.inventory.queries.transfers import units_of
from trivet.inventory.rules import MAX_UNITS, Delta, Level
from trivet.inventory.rules.transfer import MAX_LINES, TRANSFER, Units, arrival, not_free
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, Invalid, NotFound, OutOfStock
from trivet.lib.ids import new_id

Levels = dict[Key, Level]


@dataclass(frozen=True, slots=True)
class Difference:
    """What did not come as it was sent, by SKU; ``shipped_by`` and ``ended_by`` are the persons answerable for it."""

    transfer: UUID
    number: int
    destination: str
    lines: tuple[tuple[UUID, str, Units], ...]
    shipped_by: str
    ended_by: str


@transaction.atomic
def create_transfer(
    source: str, destination: str, lines: Sequence[tuple[str, int]], *, by: Actor, now: datetime, note: str = "",
    expected_on: date | None = None, key: UUID | None = None,
) -> int:  # fmt: skip
    """Plan a transfer; its number. The same ``key`` again is the same transfer.

    :class:`NotFound` for unknown places and SKUs, :class:`Invalid` for one place, bundles, nothing or too much.
    """
    if key is not None and (
        known := Transfer.objects.filter(id=key).values_list("number", flat=True).first()
    ):
        return int(known)
    _check_note(note)
    if source == destination:
        raise Invalid("destination", "must be another place than the source")
    codes = dict(Location.objects.filter(code__in=[source, destination]).values_list("code", "id"))
    for field, code in (("source", source), ("destination", destination)):
        if code not in codes:
            raise NotFound(f"there is no place {code}", field=field)
    wanted = _variants(lines)
    if not wanted:
        raise Invalid("lines", "must name at least one SKU")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('inventory_transfer_number_seq')")
        (number,) = cursor.fetchone()
    made = Transfer.objects.create(
        id=key or new_id(), number=number, source_id=codes[source], destination_id=codes[destination], note=note,
        expected_on=expected_on, created_at=now, created_label=by.label,
    )  # fmt: skip
    TransferLine.objects.bulk_create(
        TransferLine(transfer=made, variant_id=variant, planned=units)
        for variant, (_, units) in wanted.items()
    )
    _tell(made, "transfer.planned", by, now, source=source, destination=destination,
          units=sum(units for _, units in wanted.values()))  # fmt: skip
    return int(number)


@transaction.atomic
def make_ready(number: int, *, by: Actor, now: datetime) -> None:
    """Packed and waiting for the van. :class:`WrongState` when someone was first."""
    found = lock_transfer(number)
    _advance(found, "make_ready")
    _tell(found, "transfer.made_ready", by, now)


@transaction.atomic
def cancel_transfer(number: int, *, by: Actor, now: datetime) -> None:
    """Give it up before it leaves. :class:`WrongState` afterwards: what has left arrives or is missing."""
    found = lock_transfer(number)
    _advance(found, "cancel", ended_at=now)
    _tell(found, "transfer.cancelled", by, now)


@transaction.atomic
def ship_transfer(
    number: int,
    quantities: Mapping[str, int] | None = None,
    *,
    by: Actor,
    now: datetime,
    promised_too: bool = False,
) -> Levels:
    """It leaves: units come off the source and are expected at the destination. Sent twice it leaves once.

    ``quantities`` by SKU where fewer or more left than planned. Only what is free may leave, so neither what orders
    hold nor what is damaged, in quality control or safety stock: :class:`OutOfStock` names the SKUs. With
    ``promised_too`` a person says that they left all the same, which is a fact and never refused.
    """
    found = lock_transfer(number)
    TRANSFER.move("ship", found.state)
    lines = _lines(found)
    sent = _sent(lines, quantities)
    keys = {variant: (variant, found.source_id) for variant in sent}
    there = {variant: (variant, found.destination_id) for variant in sent}
    levels = ensure_and_lock([*keys.values(), *there.values()])
    if not promised_too:
        names = {variant: lines[variant].variant.sku for variant in sent}
        free = not_free(
            {names[v]: n for v, n in sent.items()}, {names[v]: levels[keys[v]].available for v in sent}
        )
        if free:
            first = min(free)
            raise OutOfStock(f"only {free[first]} of {first} are free", free=free)
    cause, why = ("transfer", found.id), f"T{found.number}"
    moves = [Move(keys[v], "transfer_out", Delta(on_hand=-n), cause, why) for v, n in sent.items()]
    moves += [Move(there[v], "incoming", Delta(incoming=n), cause, why) for v, n in sent.items()]
    after = move(moves, by=by, at=now)
    for variant, units in sent.items():
        TransferLine.objects.filter(id=lines[variant].id).update(shipped=units)
    _advance(found, "ship", shipped_at=now, shipped_by=by.person)
    _tell(found, "transfer.shipped", by, now, units=sum(sent.values()), promised_too=promised_too)
    tell(after, by=by, at=now)
    return after


@transaction.atomic
def receive_transfer(
    number: int, arrived: Sequence[tuple[str, int, int]], reference: str, *, by: Actor, now: datetime
) -> tuple[Levels, bool]:
    """Something arrived, as (SKU, good units, damaged units); the levels it changed, and whether nothing is left.

    A ``reference`` that was received already changes nothing: {} when it says the same, else :class:`Conflict`.
    What was not sent, or more than was, is there all the same: a fact, never refused.
    """
    _check_reference(reference)
    found = lock_transfer(number)
    names = {sku_key(sku) for sku, _, _ in arrived}
    known = variants_by_sku(names)
    told = sorted(
        [known[sku_key(s)].sku if sku_key(s) in known else s, good, bad] for s, good, bad in arrived
    )
    before = TransferReceipt.objects.filter(transfer=found, reference=reference).first()
    if before is not None:
        if before.arrived != told:
            raise Conflict("another arrival is recorded under this reference", field="reference")
        return {}, found.state == "received"
    TRANSFER.move("receive", found.state)
    sums = _arrived(arrived)
    lines = _lines(found)
    fresh = [TransferLine(transfer=found, variant_id=v) for v in sums if v not in lines]
    TransferLine.objects.bulk_create(fresh)
    lines |= {line.variant_id: line for line in fresh}
    ensure_and_lock([(variant, found.destination_id) for variant in sums])
    moves, cause = [], ("transfer", found.id)
    for variant, (good, bad) in sums.items():
        for delta, why in zip(arrival(units_of(lines[variant]), good, bad), ("", "damaged"), strict=True):
            if delta != Delta():
                text = f"T{number} {reference}" if not why else f"damaged: T{number} {reference}"
                moves.append(Move((variant, found.destination_id), "transfer_in", delta, cause, text))
        line = lines[variant]
        line.received, line.damaged = line.received + good, line.damaged + bad
        TransferLine.objects.filter(id=line.id).update(received=line.received, damaged=line.damaged)
    after = move(moves, by=by, at=now)
    TransferReceipt.objects.create(
        transfer=found, reference=reference, at=now, actor_label=by.label, arrived=told
    )
    _advance(found, "receive")
    units = sum(good + bad for good, bad in sums.values())
    _tell(found, "transfer.received", by, now, units=units, reference=reference)
    tell(after, by=by, at=now)
    return after, all(units_of(line).in_transit == 0 for line in lines.values())


@transaction.atomic
def complete_transfer(number: int, *, by: Actor, now: datetime) -> tuple[Levels, Difference]:
    """That was all: what is still under way is missing, by a ledger entry of its own. What differs from what was sent.

    :class:`WrongState` when it is not under way, or someone was first.
    """
    found = lock_transfer(number)
    TRANSFER.move("complete", found.state)
    lines = _lines(found)
    gone = {v: n for v, line in lines.items() if (n := units_of(line).in_transit)}
    ensure_and_lock([(variant, found.destination_id) for variant in gone])
    cause, why = ("transfer", found.id), f"lost: T{number}"
    lost = [
        Move((v, found.destination_id), "transfer_loss", Delta(incoming=-n), cause, why)
        for v, n in gone.items()
    ]
    after = move(lost, by=by, at=now)
    for variant, units in gone.items():
        TransferLine.objects.filter(id=lines[variant].id).update(missing=units)
    _advance(found, "complete", ended_at=now)
    _tell(found, "transfer.completed", by, now, missing=sum(gone.values()))
    tell(after, by=by, at=now)
    ended = [
        (v, line.variant.sku, replace(units_of(line), missing=gone.get(v, 0))) for v, line in lines.items()
    ]
    differs = tuple((v, sku, units) for v, sku, units in ended if units.differs)
    return after, Difference(
        found.id, found.number, found.destination.code, differs, found.shipped_by, by.person
    )


def lock_transfer(number: int) -> Transfer:
    """The transfer, locked for the rest of the transaction; :class:`NotFound`."""
    found = (
        Transfer.objects.select_for_update(of=("self",)).select_related("source", "destination")
        .filter(number=number).first()
    )  # fmt: skip
    if found is None:
        raise NotFound("there is no such transfer")
    return found


def _advance(found: Transfer, verb: str, **more: Any) -> None:
    target = TRANSFER.move(verb, found.state)
    moved = Transfer.objects.filter(id=found.id, state__in=TRANSFER.sources(verb))
    if moved.update(state=target, **more) == 0:
        TRANSFER.move(verb, Transfer.objects.values_list("state", flat=True).get(id=found.id))
    found.state = target


def _lines(found: Transfer) -> dict[UUID, TransferLine]:
    rows = TransferLine.objects.filter(transfer=found).select_related("variant")
    return {line.variant_id: line for line in rows.order_by("variant_id")}


def _variants(lines: Sequence[tuple[str, int]]) -> dict[UUID, tuple[str, int]]:
    """(SKU, units) by variant, what is named twice added up."""
    if len(lines) > MAX_LINES:
        raise Invalid("lines", f"must have 1 to {MAX_LINES} entries")
    known = variants_by_sku([sku for sku, _ in lines])
    found: dict[UUID, tuple[str, int]] = {}
    for n, (sku, units) in enumerate(lines):
        variant = known.get(sku_key(sku))
        if variant is None:
            raise NotFound(f"there is no SKU {sku}", field=f"lines[{n}].sku")
        if variant.is_bundle:
            raise Invalid(f"lines[{n}].sku", f"{variant.sku} is a bundle: stock is kept of its components")
        check_units(f"lines[{n}].quantity", units)
        units += found.get(variant.id, ("", 0))[1]
        check_units(f"lines[{n}].quantity", units)
        found[variant.id] = (variant.sku, units)
    return found


def _sent(lines: Mapping[UUID, TransferLine], quantities: Mapping[str, int] | None) -> dict[UUID, int]:
    sent = {variant: line.planned for variant, line in lines.items()}
    by_key = {line.variant.key: variant for variant, line in lines.items()}
    for sku, units in (quantities or {}).items():
        variant = by_key.get(sku_key(sku))
        if variant is None:
            raise Invalid("lines", f"{sku} is not part of this transfer")
        if not 0 <= units <= MAX_UNITS:
            raise Invalid("lines", f"must be from 0 to {MAX_UNITS}")
        sent[variant] = units
    leaving = {variant: units for variant, units in sent.items() if units}
    if not leaving:
        raise Invalid("lines", "at least one unit must leave")
    return leaving


def _arrived(arrived: Sequence[tuple[str, int, int]]) -> dict[UUID, tuple[int, int]]:
    if any(not 0 <= n <= MAX_UNITS for _, *units in arrived for n in units):
        raise Invalid("lines", f"must be from 0 to {MAX_UNITS}")
    wanted = _variants([(sku, good + bad) for sku, good, bad in arrived if good + bad])
    if not wanted:
        raise Invalid("lines", "at least one unit must arrive")
    keys = {sku_key(sku): variant for variant, (sku, _) in wanted.items()}
    sums: dict[UUID, tuple[int, int]] = {}
    for sku, good, bad in arrived:
        if good + bad:
            before = sums.get(keys[sku_key(sku)], (0, 0))
            sums[keys[sku_key(sku)]] = (before[0] + good, before[1] + bad)
    return dict(sorted(sums.items()))


def _check_note(note: str) -> None:
    if len(note) > 500 or "\x00" in note:
        raise Invalid("note", "may have 500 characters at most")


def _check_reference(reference: str) -> None:
    if not 1 <= len(reference) <= 200 or "\x00" in reference:
        raise Invalid("reference", "must have 1 to 200 characters")


def _tell(found: Transfer, kind: str, by: Actor, now: datetime, **facts: Any) -> None:
    record(kind, ("transfer", found.id), by=by, at=now, transfer=found.number, **facts)
