"""The catalogue: products with their variants, and what channels call them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from trivet.api.auth import BearerKey, caller_of
from trivet.api.kinds import Amount, Body, Count, Cursor, Flag, Limit, Name, PageOf, Search, Text
from trivet.api.problems import problem
from trivet.catalog.actions import unmap_listing, upsert_products
from trivet.catalog.queries.desk import ProductView, listings, product_list, product_view
from trivet.catalog.rules import ProductFacts, VariantFacts
from trivet.company.queries.desk import channel
from trivet.lib import clock

router = Router(tags=["catalog"])
view, edit = BearerKey("catalog.view"), BearerKey("catalog.edit")


class ProductRowOut(Schema):
    """A product in a list."""

    id: UUID
    handle: str
    title: str
    created_at: datetime


class CostOut(Schema):
    """What a unit costs us from a day on."""

    valid_from: date
    minor: int
    currency: str


class PartOut(Schema):
    """What one unit of a bundle holds."""

    sku: str
    quantity: int


class VariantOut(Schema):
    """A SKU. Sizes in mm, weight in g, price in minor units."""

    id: UUID
    sku: str
    title: str
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    hs_code: str
    origin: str
    price_minor: int | None
    currency: str
    is_bundle: bool
    active: bool
    barcodes: list[str]
    costs: list[CostOut]
    components: list[PartOut]


class ProductOut(Schema):
    """A product with its variants."""

    id: UUID
    handle: str
    title: str
    description: str
    image: str
    created_at: datetime
    variants: list[VariantOut]


class PartIn(Body):
    """Units of a SKU in one bundle."""

    sku: Name
    quantity: Count


class VariantIn(Body):
    """A SKU; what is left out stays as it is. ``components`` make it a bundle, an empty list a plain SKU."""

    sku: Name
    title: Text | None = None
    weight_g: Count | None = None
    length_mm: Count | None = None
    width_mm: Count | None = None
    height_mm: Count | None = None
    hs_code: Text | None = None
    origin: Text | None = None
    price_minor: Amount | None = None
    currency: Text | None = None
    active: Flag | None = None
    barcodes: Annotated[list[Name], Field(max_length=100)] | None = None
    cost_minor: Amount | None = None
    cost_currency: Text | None = None
    cost_from: date | None = None
    components: Annotated[list[PartIn], Field(max_length=200)] | None = None


class ProductIn(Body):
    """A product by its handle; variants that are not named stay."""

    handle: Name
    title: Text | None = None
    description: Annotated[str, Field(max_length=50_000, pattern=r"^[^\x00]*$")] | None = None
    image: Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")] | None = None
    variants: Annotated[list[VariantIn], Field(max_length=500)] = []


class ProductsIn(Body):
    """Products to add or change, each by itself."""

    products: Annotated[list[ProductIn], Field(min_length=1, max_length=1_000)]


class VerdictOut(Schema):
    """What became of one product."""

    handle: str
    outcome: str
    id: UUID | None
    problem: dict[str, Any] | None


def _facts(body: ProductIn) -> ProductFacts:
    variants = []
    for found in body.variants:
        values = found.model_dump(exclude={"barcodes", "components"})
        codes = None if found.barcodes is None else tuple(found.barcodes)
        parts = None if found.components is None else tuple((p.sku, p.quantity) for p in found.components)
        variants.append(VariantFacts(**values, barcodes=codes, components=parts))
    return ProductFacts(body.handle, body.title, body.description, body.image, tuple(variants))


def _answer(found: ProductView) -> dict[str, Any]:
    same = ("id", "sku", "title", "weight_g", "length_mm", "width_mm", "height_mm", "hs_code", "origin",
            "price_minor", "currency", "is_bundle", "active")  # fmt: skip
    variants = [
        {
            **{name: getattr(v.row, name) for name in same},
            "barcodes": v.barcodes,
            "costs": [{"valid_from": day, "minor": minor, "currency": code} for day, minor, code in v.costs],
            "components": [{"sku": sku, "quantity": n} for sku, n in v.components],
        }
        for v in found.variants
    ]
    row = found.row
    head = {
        name: getattr(row, name) for name in ("id", "handle", "title", "description", "image", "created_at")
    }
    return {**head, "variants": variants}


@router.get("/products", auth=view, response=PageOf[ProductRowOut], summary="List products")
def list_products(
    request: HttpRequest, search: Search = "", cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Newest first. Search by part of the title, the start of handle or SKU, or a barcode."""
    page = product_list(search, cursor, limit)
    return {"rows": page.rows, "next_cursor": page.next_cursor}


@router.post("/products", auth=edit, response=list[VerdictOut], summary="Add or change products")
def post_products(request: HttpRequest, body: ProductsIn) -> list[dict[str, Any]]:
    """One verdict a product: ``created``, ``updated``, ``unchanged`` or ``refused`` with its problem."""
    facts = [_facts(item) for item in body.products]
    verdicts = upsert_products(facts, by=caller_of(request).actor, now=clock.now(), at="products")
    return [
        {
            "handle": f.handle,
            "outcome": v.outcome,
            "id": v.id,
            "problem": problem(v.error) if v.error else None,
        }
        for f, v in zip(facts, verdicts, strict=True)
    ]


@router.get("/products/{str:handle}", auth=view, response=ProductOut, summary="One product")
def get_product(request: HttpRequest, handle: str) -> dict[str, Any]:
    """By its handle, with all variants."""
    return _answer(product_view(handle))


class ListingOut(Schema):
    """What a channel calls a SKU: by a SKU of its own or, where its lines have none, by their title."""

    id: UUID
    channel: str
    external_sku: str
    title: str
    variant: UUID
    sku: str
    created_at: datetime


@router.get("/listings", auth=view, response=PageOf[ListingOut], summary="Listing map")
def list_listings(
    request: HttpRequest, channel: Text = "", cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """What channels call our SKUs, by their name for it."""
    page = listings(channel, cursor, limit)
    return {"rows": page.rows, "next_cursor": page.next_cursor}


@router.delete(
    "/listings/{str:slug}/{str:external_sku}", auth=edit, response={204: None}, summary="Forget a mapping"
)
def delete_listing(request: HttpRequest, slug: str, external_sku: str) -> None:
    """Orders that came in under it keep their SKU."""
    unmap_listing(channel(slug).row.id, external_sku, by=caller_of(request).actor, now=clock.now())


@router.delete(
    "/listings/{str:slug}", auth=edit, response={204: None}, summary="Forget the mapping of a title"
)
def delete_title(request: HttpRequest, slug: str, title: Text) -> None:
    """As for a SKU; for what came in without one."""
    unmap_listing(channel(slug).row.id, "", by=caller_of(request).actor, now=clock.now(), title=title)
