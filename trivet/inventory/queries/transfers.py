"""Transfers as the desk and the API show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from trivet.catalog.rules import sku_key
from trivet.inventory.models import Transfer, TransferLine, TransferReceipt
from trivet.inventory.rules.transfer import TRANSFER, Units
from trivet.lib.cursor import Page, cut, decode_number
from trivet.lib.errors import NotFound
from trivet.staff.rules import Places

OPEN = tuple(s for s in TRANSFER.states if s not in {"received", "cancelled"})


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One transfer of the list; places by key, name and code."""

    id: UUID
    number: int
    state: str
    source: UUID
    source_code: str
    source_name: str
    destination: UUID
    destination_code: str
    destination_name: str
    note: str
    expected_on: date | None
    created_at: datetime
    created_label: str
    skus: int
    planned: int
    in_transit: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """One SKU of a transfer."""

    variant: UUID
    sku: str
    title: str
    units: Units


@dataclass(frozen=True, slots=True)
class Arrival:
    """One arrival: what came, as (SKU, good, damaged)."""

    reference: str
    at: datetime
    actor_label: str
    arrived: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer, its SKUs and its arrivals."""

    row: TransferRow
    shipped_at: datetime | None
    ended_at: datetime | None
    lines: tuple[LineRow, ...]
    arrivals: tuple[Arrival, ...]


def seen(places: Places) -> Q:
    """Transfers from or to one of ``places``; all for who is not tied."""
    return Q() if places is None else Q(source__in=places) | Q(destination__in=places)


def transfers(
    *,
    state: str = "",
    place: str = "",
    sku: str = "",
    cursor: str = "",
    limit: int = 50,
    places: Places = None,
) -> Page[TransferRow]:
    """Newest first, by keyset; one query. ``state`` may be ``open``; ``sku``: those with it on its way."""
    found = Transfer.objects.filter(seen(places))
    if state == "open":
        found = found.filter(state__in=OPEN)
    elif state:
        found = found.filter(state=state)
    if place:
        found = found.filter(Q(source__code=place) | Q(destination__code=place))
    if sku:
        coming = TransferLine.objects.filter(variant__key=sku_key(sku), in_transit__gt=0)
        found = found.filter(id__in=coming.values("transfer"))
    if cursor:
        found = found.filter(number__lt=decode_number(cursor))
    rows = [_row(t) for t in _summed(found).order_by("-number")[: limit + 1]]
    return cut(rows, limit, lambda row: (row.number,))


def transfer_view(number: int, places: Places = None) -> TransferView:
    """One transfer in three queries; :class:`NotFound` also where it cannot be seen from ``places``."""
    if not 0 <= number < 2**63:
        raise NotFound("there is no such transfer")
    found = _summed(Transfer.objects.filter(seen(places), number=number)).first()
    if found is None:
        raise NotFound("there is no such transfer")
    lines = TransferLine.objects.filter(transfer=found).select_related("variant").order_by("variant__key")
    receipts = TransferReceipt.objects.filter(transfer=found).order_by("at", "id")
    return TransferView(
        _row(found), found.shipped_at, found.ended_at,
        tuple(LineRow(x.variant_id, x.variant.sku, x.variant.title, units_of(x)) for x in lines),
        tuple(Arrival(r.reference, r.at, r.actor_label, tuple((s, g, d) for s, g, d in r.arrived)) for r in receipts),
    )  # fmt: skip


def units_of(line: TransferLine) -> Units:
    """The line as a value."""
    return Units(line.planned, line.shipped, line.received, line.damaged, line.missing)


def _summed(found: Any) -> Any:
    # A subquery a column and no join: the list stays one index scan with fifty look-ups.
    mine = TransferLine.objects.filter(transfer=OuterRef("pk")).order_by().values("transfer")
    return found.select_related("source", "destination").annotate(
        n_skus=Coalesce(Subquery(mine.annotate(n=Count("id")).values("n")), 0),
        n_planned=Coalesce(Subquery(mine.annotate(n=Sum("planned")).values("n")), 0),
        n_transit=Coalesce(Subquery(mine.annotate(n=Sum("in_transit")).values("n")), 0),
    )


def _row(t: Any) -> TransferRow:
    return TransferRow(
        t.id, t.number, t.state, t.source_id, t.source.code, t.source.name, t.destination_id, t.destination.code,
        t.destination.name, t.note, t.expected_on, t.created_at, t.created_label, t.n_skus, t.n_planned, t.n_transit,
    )  # fmt: skip
