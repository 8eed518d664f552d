"""Products and SKUs as pages, files and the API show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from trivet.catalog.models import Barcode, BundleComponent, ListingMap, Product, UnitCost, Variant
from trivet.catalog.rules import sku_key
from trivet.lib.cursor import Page, cut, decode_instant, decode_text
from trivet.lib.errors import NotFound


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product in a list."""

    id: UUID
    handle: str
    title: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VariantView:
    """A SKU with its barcodes, dated costs and, for a bundle, what one unit holds."""

    row: Variant
    barcodes: tuple[str, ...]
    costs: tuple[tuple[date, int, str], ...]
    components: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product with its variants in order of SKU. ``row`` is the stored product: read only."""

    row: Product
    variants: tuple[VariantView, ...]


@dataclass(frozen=True, slots=True)
class ListingRow:
    """What a channel calls a SKU: ``external_sku`` or, for lines that come without one, ``title``."""

    id: UUID
    channel: str
    external_sku: str
    title: str
    key: str
    variant: UUID
    sku: str
    created_at: datetime


def titled(text: str) -> Q:
    """Whose title has each word of ``text`` in it, in any order and case."""
    return Q(*(Q(title__icontains=word) for word in text.split()))


def product_list(search: str = "", cursor: str = "", limit: int = 50) -> Page[ProductRow]:
    """Products, newest first, by keyset; one query. Search by part of the title, handle or SKU start, or barcode."""
    found = Product.objects.all()
    if text := search.strip():
        skus = Variant.objects.filter(product=OuterRef("pk"), key__startswith=sku_key(text))
        codes = Barcode.objects.filter(variant__product=OuterRef("pk"), code=text)
        found = found.filter(titled(text) | Q(handle__startswith=text.lower()) | Exists(skus) | Exists(codes))
    if cursor:
        at, key = decode_instant(cursor)
        found = found.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=key))
    rows = found.order_by("-created_at", "-id").values_list("id", "handle", "title", "created_at")[
        : limit + 1
    ]
    return cut([ProductRow(*row) for row in rows], limit, lambda row: (row.created_at, row.id))


def product_view(handle: str) -> ProductView:
    """One product by handle, in five queries; :class:`NotFound`."""
    product = Product.objects.filter(handle=handle).first()
    if product is None:
        raise NotFound(f"there is no product {handle}")
    variants = list(Variant.objects.filter(product=product).order_by("sku"))
    keys = [v.id for v in variants]
    codes: dict[UUID, list[str]] = {}
    for variant, code in (
        Barcode.objects.filter(variant__in=keys).order_by("code").values_list("variant_id", "code")
    ):
        codes.setdefault(variant, []).append(code)
    costs: dict[UUID, list[tuple[date, int, str]]] = {}
    for cost in UnitCost.objects.filter(variant__in=keys).order_by("-valid_from"):
        costs.setdefault(cost.variant_id, []).append((cost.valid_from, cost.minor, cost.currency))
    parts: dict[UUID, list[tuple[str, int]]] = {}
    for edge in (
        BundleComponent.objects.filter(parent__in=keys).select_related("child").order_by("child__sku")
    ):
        parts.setdefault(edge.parent_id, []).append((edge.child.sku, edge.quantity))
    return ProductView(
        product,
        tuple(
            VariantView(v, tuple(codes.get(v.id, ())), tuple(costs.get(v.id, ())), tuple(parts.get(v.id, ())))
            for v in variants
        ),
    )


def product_of(sku: str) -> str:
    """The handle of the product a SKU (in any case) belongs to; :class:`NotFound`."""
    handle = Variant.objects.filter(key=sku_key(sku)).values_list("product__handle", flat=True).first()
    if handle is None:
        raise NotFound(f"there is no SKU {sku}")
    return handle


def listings(channel: str = "", cursor: str = "", limit: int = 50) -> Page[ListingRow]:
    """Mappings in order of what the channel calls it, titles first; by keyset, one query."""
    found = ListingMap.objects.all()
    if channel:
        found = found.filter(channel__slug=channel)
    if cursor:
        called, row_id = decode_text(cursor)
        found = found.filter(Q(key__gt=called) | Q(key=called, id__gt=row_id))
    found = found.select_related("channel", "variant").order_by("key", "id")
    rows = [
        ListingRow(m.id, m.channel.slug, m.external_sku, m.title, m.key, m.variant_id, m.variant.sku, m.created_at)
        for m in found[: limit + 1]
    ]  # fmt: skip
    return cut(rows, limit, lambda row: (row.key, row.id))
