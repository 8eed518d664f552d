"""Stories of transfers: what leaves may leave orders short, what arrives serves who waits, what differs is a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from trivet.catalog.queries import variants_by_sku
from trivet.flows import lapse, queue, shortfall, write_offs
from trivet.flows.story import story
from trivet.inventory.actions import transfers
from trivet.inventory.actions.transfers import Difference
from trivet.inventory.queries.write_offs import unit_costs
from trivet.journal.actions.exceptions import raise_exception
from trivet.journal.rules import Actor

create_transfer = story(transfers.create_transfer)
make_ready = story(transfers.make_ready)
cancel_transfer = story(transfers.cancel_transfer)


def ship(
    number: int,
    quantities: Mapping[str, int] | None = None,
    *,
    by: Actor,
    now: datetime,
    promised_too: bool = False,
) -> None:
    """It leaves; what lapsed reservations keep is free. With ``promised_too`` a shortfall opens a case."""
    lapse.sweep_reservations(now)
    _ship(number, quantities, by=by, now=now, promised_too=promised_too)


@story
def _ship(
    number: int, quantities: Mapping[str, int] | None, *, by: Actor, now: datetime, promised_too: bool
) -> None:
    after = transfers.ship_transfer(number, quantities, by=by, now=now, promised_too=promised_too)
    shortfall.refresh(after, by=by, now=now)


@story
def receive(
    number: int, arrived: Sequence[tuple[str, int, int]], reference: str, *, by: Actor, now: datetime
) -> None:
    """What arrives goes to those first who wait for it; when nothing is left under way the transfer is complete."""
    transfers.lock_transfer(number)
    known = variants_by_sku([sku for sku, _, _ in arrived])
    waiting = queue.front(variant.id for variant in known.values())
    after, whole = transfers.receive_transfer(number, arrived, reference, by=by, now=now)
    queue.serve(waiting, after, by=by, now=now)
    if whole and after:
        _, differs = transfers.complete_transfer(number, by=by, now=now)
        _look_at(differs, by, now)


@story
def complete(number: int, *, by: Actor, now: datetime) -> None:
    """That was all. What is missing, came broken or was too many opens a case."""
    _, differs = transfers.complete_transfer(number, by=by, now=now)
    _look_at(differs, by, now)


def _look_at(found: Difference, by: Actor, now: datetime) -> None:
    """A case for whatever differs; above the limit of one person neither who sent nor who received may settle it."""
    if not found.lines:
        return
    limit, costs = write_offs.approval_limit(), unit_costs({v for v, _, _ in found.lines}, now)
    dear = any(
        limit.exceeded(u.missing + u.damaged, costs.get(v))
        for v, _, u in found.lines
        if u.missing + u.damaged
    )
    missing, damaged, extra = (
        sum(getattr(u, name) for _, _, u in found.lines) for name in ("missing", "damaged", "extra")
    )
    raise_exception(
        "transfer", ("transfer", found.transfer), f"T{found.number} did not arrive as it was sent",
        by=by, at=now, transfer=found.number, location=found.destination, missing=missing, damaged=damaged, extra=extra,
        lines=[
            {"sku": sku, "missing": u.missing, "damaged": u.damaged, "extra": u.extra} for _, sku, u in found.lines
        ],
        done_by=sorted({found.shipped_by, found.ended_by} - {""}) if dear else [],
    )  # fmt: skip
