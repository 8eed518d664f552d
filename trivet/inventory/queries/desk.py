"""Stock as the desk shows it: a grid of SKUs by place, one SKU, its ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery, Sum

from trivet.catalog.models import Barcode, Variant
from trivet.catalog.queries.desk import titled
from trivet.catalog.rules import sku_key
from trivet.inventory.models import AdjustmentRequest, Allocation, BackorderLimit, StockEntry, StockLevel
from trivet.inventory.rules import COUNTERS, Level
from trivet.lib.cursor import (
    COUNT_CAP,
    Page,
    cut,
    decode,
    decode_as,
    decode_instant,
    decode_number,
    instant,
    whole,
)
from trivet.lib.errors import NotFound
from trivet.staff.rules import Places

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class StockRow:
    """One SKU of the grid; ``levels`` by key of the place, absent where it was never stocked."""

    variant: UUID
    sku: str
    title: str
    is_bundle: bool
    levels: dict[UUID, Level]

    @property
    def total(self) -> Level:
        """All places together."""
        return Level(*(sum(getattr(level, c) for level in self.levels.values()) for c in COUNTERS))


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What to list; empty means any. ``only`` is ``short`` (promised beyond stock) or ``out`` (nothing left);
    ``places`` bounds the levels that count, for who is tied to some.
    """

    search: str = ""
    place: str = ""
    only: str = ""
    places: Places = None


def stock_grid(wanted: StockFilter, cursor: str = "", limit: int = 50) -> Page[StockRow]:
    """SKUs in order of SKU, by keyset, with their levels at every place; two queries."""
    found = Variant.objects.filter(active=True)
    if text := wanted.search.strip():
        barcode = Exists(Barcode.objects.filter(variant=OuterRef("pk"), code=text))
        found = found.filter(Q(key__startswith=sku_key(text)) | titled(text) | Q(barcode))
    if wanted.place or wanted.only:
        found = found.filter(Exists(_levels(wanted)))
    if cursor:
        found = found.filter(key__gt=decode(cursor, 1)[0])
    variants = list(found.order_by("key").values_list("id", "sku", "title", "is_bundle")[: limit + 1])
    levels: dict[UUID, dict[UUID, Level]] = {}
    rows = _at(StockLevel.objects.filter(variant__in=[v[0] for v in variants]), wanted.places)
    for variant, location, *counters in rows.values_list("variant_id", "location_id", *COUNTERS):
        levels.setdefault(variant, {})[location] = Level(*counters)
    rows_out = [
        StockRow(key, sku, title, bundle, levels.get(key, {})) for key, sku, title, bundle in variants
    ]
    return cut(rows_out, limit, lambda row: (sku_key(row.sku),))


def _levels(wanted: StockFilter) -> QuerySet[StockLevel]:
    found = _at(StockLevel.objects.filter(variant=OuterRef("pk")), wanted.places)
    if wanted.place:
        found = found.filter(location__code=wanted.place)
    if wanted.only == "short":
        found = found.filter(shortfall__gt=0)
    elif wanted.only == "out":
        found = found.filter(available__lte=0)
    return found


@dataclass(frozen=True, slots=True)
class PlaceLevel:
    """The counters of a SKU at one place."""

    location: UUID
    code: str
    name: str
    level: Level


@dataclass(frozen=True, slots=True)
class SkuView:
    """One SKU and where it lies."""

    variant: UUID
    sku: str
    title: str
    product: str
    is_bundle: bool
    weight_g: int | None
    price_minor: int | None
    currency: str
    barcodes: tuple[str, ...]
    places: tuple[PlaceLevel, ...]
    backorder: tuple[tuple[int | None, int, date | None], ...]

    @property
    def total(self) -> Level:
        """All places together."""
        return Level(*(sum(getattr(p.level, c) for p in self.places) for c in COUNTERS))


def sku_view(sku: str, places: Places = None) -> SkuView:
    """One SKU by its code in any case, in four queries; :class:`NotFound`.

    Who is tied to ``places`` sees the levels there, and no backorders: those are of the company.
    """
    found = Variant.objects.select_related("product").filter(key=sku_key(sku)).first()
    if found is None:
        raise NotFound(f"there is no SKU {sku}")
    held = StockLevel.objects.filter(variant=found).select_related("location").order_by("location__name")
    levels = _at(held, places)
    limits = BackorderLimit.objects.filter(variant=found) if places is None else BackorderLimit.objects.none()
    return SkuView(
        found.id, found.sku, found.title, found.product.title, found.is_bundle, found.weight_g, found.price_minor,
        found.currency, tuple(Barcode.objects.filter(variant=found).values_list("code", flat=True)),
        tuple(
            PlaceLevel(v.location_id, v.location.code, v.location.name, Level(*(getattr(v, c) for c in COUNTERS)))
            for v in levels
        ),
        tuple(limits.values_list("limit", "taken", "available_on")),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One change of one level; ``after`` is what was on hand when it was done (None across places)."""

    id: int
    at: datetime
    place: str
    kind: str
    delta: dict[str, int]
    reason: str
    cause_kind: str
    cause_id: UUID
    actor_label: str
    asked_label: str = ""


def ledger(
    variant: UUID, place: str = "", cursor: str = "", limit: int = 50, *, kind: str = "",
    until: datetime | None = None, places: Places = None,
) -> Page[EntryRow]:  # fmt: skip
    """The changes of a SKU (at ``places``, for who is tied to some), newest first, by keyset; one query.

    Of one ``kind``, and up to and including ``until``: the rows behind a term of :func:`~.why.why`.
    """
    found = _at(StockEntry.objects.filter(variant=variant), places).select_related("location")
    if place:
        found = found.filter(location__code=place)
    if kind:
        found = found.filter(kind=kind)
    if until is not None:
        found = found.filter(at__lte=until)
    if cursor:
        found = found.filter(id__lt=decode_number(cursor))
    rows = [
        EntryRow(
            e.id, e.at, e.location.name, e.kind, {c: n for c in COUNTERS if (n := getattr(e, c))}, e.reason,
            e.cause_kind, e.cause_id, e.actor_label, e.asked or "",
        )
        for e in found.annotate(asked=_asked_by()).order_by("-id")[: limit + 1]
    ]  # fmt: skip
    return cut(rows, limit, lambda row: (row.id,))


def _asked_by() -> Subquery:
    """Who asked for a change that a second person approved."""
    request = AdjustmentRequest.objects.filter(id=OuterRef("cause_id")).values("asked_label")
    return Subquery(request[:1])


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """An order that holds units of a SKU at a place; ``place`` is a name, ``code`` its code."""

    order: UUID
    number: int
    placed_at: datetime
    name: str
    place: str
    code: str
    quantity: int


def promised_to(
    variant: UUID, cursor: str = "", limit: int = 50, *, places: Places = None
) -> Page[PromiseRow]:
    """Orders with units of a SKU allocated (at ``places``), oldest first, by keyset; one query."""
    found = _at(Allocation.objects.filter(variant=variant, quantity__gt=0), places)
    if cursor:
        at, number, code = decode_as(cursor, instant, whole, str)
        same = Q(order__placed_at=at)
        found = found.filter(
            Q(order__placed_at__gt=at)
            | same & Q(order__number__gt=number)
            | same & Q(order__number=number, location__code__gt=code)
        )
    held = (
        found.values_list(
            "order_id", "order__number", "order__placed_at", "order__name", "location__name", "location__code"
        )
        .annotate(units=Sum("quantity"))
        .order_by("order__placed_at", "order__number", "location__code")[: limit + 1]
    )
    return cut([PromiseRow(*row) for row in held], limit, lambda row: (row.placed_at, row.number, row.code))


@dataclass(frozen=True, slots=True)
class Allotment:
    """Units of one SKU at one place for one order line."""

    line: UUID
    variant: UUID
    sku: str
    place: str
    quantity: int


def allotments(order: UUID) -> list[Allotment]:
    """Where the units of an order come from; one query."""
    rows = Allocation.objects.filter(order=order, quantity__gt=0).select_related("variant", "location")
    return [
        Allotment(a.line_id, a.variant_id, a.variant.sku, a.location.name, a.quantity)
        for a in rows.order_by("location__name", "variant__sku")
    ]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """An adjustment above the limit that waits for a second person; ``place`` is a name, ``code`` its code."""

    id: UUID
    sku: str
    title: str
    place: str
    code: str
    change: int
    reason: str
    note: str
    value_minor: int | None
    currency: str
    asked_by: str
    asked_label: str
    asked_at: datetime


def place_of_request(key: UUID) -> tuple[UUID, str]:
    """(id, code) of the place that an adjustment is about; :class:`NotFound`."""
    found = AdjustmentRequest.objects.filter(id=key).values_list("location_id", "location__code").first()
    if found is None:
        raise NotFound("there is no such request")
    return found


def variant_of_request(key: UUID) -> UUID:
    """The SKU that an adjustment is about; :class:`NotFound`."""
    found = AdjustmentRequest.objects.filter(id=key).values_list("variant_id", flat=True).first()
    if found is None:
        raise NotFound("there is no such request")
    return found


def waiting_requests(cursor: str = "", limit: int = 50, *, places: Places = None) -> Page[RequestRow]:
    """Adjustments that wait, oldest first, at ``places`` or everywhere (None), by keyset; one query."""
    found = _waiting(places).select_related("variant", "location")
    if cursor:
        at, key = decode_instant(cursor)
        found = found.filter(Q(asked_at__gt=at) | Q(asked_at=at, id__gt=key))
    rows = [
        RequestRow(
            r.id, r.variant.sku, r.variant.title, r.location.name, r.location.code, r.change, r.reason, r.note,
            r.value_minor, r.currency, r.asked_by, r.asked_label, r.asked_at,
        )
        for r in found.order_by("asked_at", "id")[: limit + 1]
    ]  # fmt: skip
    return cut(rows, limit, lambda row: (row.asked_at, row.id))


def count_waiting(places: Places = None) -> int:
    """How many adjustments wait, counted up to the cap; one query."""
    return _waiting(places)[:COUNT_CAP].count()


def _waiting(places: Places) -> QuerySet[AdjustmentRequest]:
    return _at(AdjustmentRequest.objects.filter(state="waiting"), places)


def _at(found: QuerySet[M], places: Places) -> QuerySet[M]:
    return found if places is None else found.filter(location__in=places)


def available_of(variants: Iterable[UUID]) -> dict[UUID, int]:
    """Units that may be promised at all places together, by variant that was ever stocked; one query."""
    found = StockLevel.objects.filter(variant__in=list(variants), available__gt=0).values("variant")
    return {row["variant"]: row["units"] for row in found.annotate(units=Sum("available"))}


def any_stock() -> bool:
    """Whether anything was ever stocked."""
    return StockEntry.objects.exists()
