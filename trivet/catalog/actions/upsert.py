"""Bringing in products: new ones are added, known ones changed where they differ, wrong ones refused by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.db import connection, transaction

from trivet.catalog.actions.draft import Draft, price_changes, product_changes, variant_changes
from trivet.catalog.models import Barcode, BundleComponent, Product, UnitCost, Variant
from trivet.catalog.rules import ProductFacts, VariantFacts, clean, explode, sku_key
from trivet.journal.actions import record_many
from trivet.journal.rules import Actor, Fact
from trivet.lib.errors import Conflict, DomainError, Invalid

LOCK = 0x7472_6976_6574_02
"""One change of the catalogue at a time: bundles could otherwise close a circle from two sides."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one product; ``error`` says why it was refused. ``id`` is empty then."""

    outcome: Literal["created", "updated", "unchanged", "refused"]
    id: UUID | None = None
    error: DomainError | None = None


@dataclass(slots=True)
class _Stored:
    """What is there already of all that the call names."""

    products: dict[str, Product]
    variants: dict[str, Variant]
    barcodes: dict[str, UUID]
    codes: dict[UUID, set[str]]
    edges: dict[UUID, list[tuple[UUID, int]]]
    costs: dict[UUID, list[UnitCost]] = field(default_factory=dict)


@transaction.atomic
def upsert_products(
    items: Sequence[ProductFacts], *, by: Actor, now: datetime, at: str = ""
) -> list[Verdict]:
    """Add or change products; one verdict an item, in order. ``at`` is the path of the list in error fields.

    A refused product leaves no trace, and neither do products whose bundles need it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    stored = _read(items)
    verdicts: list[Verdict | None] = [None] * len(items)
    drafts: dict[int, Draft] = {}
    handles: set[str] = set()
    for n, item in enumerate(items):
        path = f"{at}[{n}]" if at else ""
        try:
            item.check(path)
            if item.handle.strip() in handles:
                raise Invalid(f"{path}.handle".lstrip("."), "comes twice")
            handles.add(item.handle.strip())
            drafts[n] = _draft(item, stored, path, now)
        except DomainError as error:
            verdicts[n] = Verdict("refused", error=error)
    for n, why in _unbuildable(drafts, stored).items():
        verdicts[n] = Verdict("refused", error=why)
        del drafts[n]
    facts = []
    for n, draft in drafts.items():
        outcome = draft.outcome
        verdicts[n] = Verdict(outcome, draft.product.id)
        if outcome != "unchanged":
            kind = "product.added" if outcome == "created" else "product.changed"
            facts.append(Fact(kind, "product", draft.product.id, by, now, draft.story()))
    _write(list(drafts.values()))
    record_many(facts)
    return [v for v in verdicts if v is not None]


def _read(items: Sequence[ProductFacts]) -> _Stored:
    handles = {i.handle.strip() for i in items}
    named = [v for i in items for v in i.variants]
    skus = {sku_key(v.sku) for v in named}
    skus |= {sku_key(sku) for v in named for sku, _ in v.components or ()}
    codes = {code.strip() for v in named for code in v.barcodes or ()}
    variants = {v.key: v for v in Variant.objects.filter(key__in=skus)}
    keys = [v.id for v in variants.values()]
    edges: dict[UUID, list[tuple[UUID, int]]] = {}
    for parent, child, quantity in BundleComponent.objects.values_list("parent_id", "child_id", "quantity"):
        edges.setdefault(parent, []).append((child, quantity))
    held: dict[UUID, set[str]] = {}
    for variant, code in Barcode.objects.filter(variant__in=keys).values_list("variant_id", "code"):
        held.setdefault(variant, set()).add(code)
    costs: dict[UUID, list[UnitCost]] = {}
    for cost in UnitCost.objects.filter(variant__in=keys):
        costs.setdefault(cost.variant_id, []).append(cost)
    return _Stored(
        products={p.handle: p for p in Product.objects.filter(handle__in=handles)},
        variants=variants,
        barcodes=dict(Barcode.objects.filter(code__in=codes).values_list("code", "variant_id")),
        codes=held, edges=edges,
        costs=costs,
    )  # fmt: skip


def _draft(item: ProductFacts, stored: _Stored, path: str, now: datetime) -> Draft:
    handle = item.handle.strip()
    product = stored.products.get(handle)
    new = product is None
    if product is None:
        product = Product(handle=handle, title=item.title or handle, created_at=now)
    draft = Draft(product=product, is_new=new, changes=product_changes(product, item))
    claimed: dict[str, UUID] = {}
    for n, facts in enumerate(item.variants):
        at = f"{path}.variants[{n}]".lstrip(".")
        variant = stored.variants.get(sku_key(facts.sku))
        if variant is not None and variant.product_id != product.id:
            raise Conflict(f"{facts.sku} belongs to another product", field=f"{at}.sku", sku=facts.sku)
        _draft_variant(draft, variant, facts, stored, at, now)
        for m, code in enumerate(facts.barcodes or ()):
            owner = claimed.get(code.strip()) or stored.barcodes.get(code.strip())
            if owner is not None and owner != draft.variants[-1].id:
                raise Conflict(f"barcode {code} is another SKU's", field=f"{at}.barcodes[{m}]", barcode=code)
            claimed[code.strip()] = draft.variants[-1].id
    # Only now is the product accepted, so a refused one claims nothing.
    stored.barcodes.update(claimed)
    stored.products[handle] = product
    for variant in draft.variants:
        stored.variants[sku_key(variant.sku)] = variant
    return draft


def _draft_variant(
    draft: Draft, variant: Variant | None, facts: VariantFacts, stored: _Stored, at: str, now: datetime
) -> None:
    if variant is None:
        variant = Variant(
            product_id=draft.product.id,
            sku=clean(facts.sku),
            title=facts.title or draft.product.title,
            created_at=now,
        )
        draft.new_variants.append(variant)
    draft.variants.append(variant)
    changes = variant_changes(variant, facts)
    if facts.components is not None:
        draft.components[variant.id] = tuple((sku_key(sku), n) for sku, n in facts.components)
        if variant.is_bundle != bool(facts.components):
            changes["is_bundle"] = variant.is_bundle = bool(facts.components)
    if facts.barcodes is not None:
        codes = {code.strip() for code in facts.barcodes}
        if codes != stored.codes.get(variant.id, set()):
            draft.barcodes[variant.id] = codes
            changes["barcodes"] = sorted(codes)
    if facts.cost_minor is not None:
        day = facts.cost_from or now.date()
        currency = facts.cost_currency or variant.currency
        if not currency:
            raise Invalid(f"{at}.cost_currency", "is needed: the SKU has no currency of its own")
        cost = price_changes(_cost_on(stored, variant.id, day), variant.id, day, facts.cost_minor, currency)
        if cost is not None:
            draft.costs.append(cost)
            changes["cost"] = {"minor": facts.cost_minor, "currency": currency, "from": day}
    if changes:
        draft.variant_changes[variant.id] = changes


def _cost_on(stored: _Stored, variant: UUID, day: date) -> UnitCost | None:
    # What counts on that day may have been said earlier: the same cost again on a later day changes nothing.
    known = [cost for cost in stored.costs.get(variant, ()) if cost.valid_from <= day]
    return max(known, key=lambda cost: cost.valid_from, default=None)


def _unbuildable(drafts: dict[int, Draft], stored: _Stored) -> dict[int, DomainError]:
    # Refusing one product can pull the ground from another's bundle, so this runs until nothing changes.
    refused: dict[int, DomainError] = {}
    settled = False
    while not settled:
        settled = True
        gone = {v.id for n in refused for v in drafts[n].new_variants}
        edges = dict(stored.edges)
        for n, draft in drafts.items():
            if n in refused:
                continue
            try:
                _check_bundles(draft, stored, gone, edges)
            except DomainError as error:
                refused[n] = error
                settled = False
                break
    return refused


def _check_bundles(
    draft: Draft, stored: _Stored, gone: set[UUID], edges: dict[UUID, list[tuple[UUID, int]]]
) -> None:
    draft.edges.clear()
    for parent, parts in draft.components.items():
        inside: list[tuple[UUID, int]] = []
        for sku, quantity in parts:
            child = stored.variants.get(sku)
            if child is None or child.id in gone:
                raise Invalid("components", f"there is no SKU {sku}", sku=sku)
            if any(key == child.id for key, _ in inside):
                raise Invalid("components", f"{sku} comes twice", sku=sku)
            inside.append((child.id, quantity))
        if sorted(map(str, edges.get(parent, []))) != sorted(map(str, inside)):
            draft.edges[parent] = inside
        edges[parent] = inside
    for bundle in edges if draft.edges else ():
        explode(bundle, edges)


def _write(drafts: list[Draft]) -> None:
    Product.objects.bulk_create([d.product for d in drafts if d.is_new], batch_size=1_000)
    changed = [d.product for d in drafts if d.changes and not d.is_new]
    Product.objects.bulk_update(changed, ["title", "description", "image"], batch_size=500)
    fresh = [v for d in drafts for v in d.new_variants]
    Variant.objects.bulk_create(fresh, batch_size=1_000)
    new = {v.id for v in fresh}
    touched = [v for d in drafts for v in d.variants if v.id in d.variant_changes and v.id not in new]
    Variant.objects.bulk_update(touched, list(VARIANT_COLUMNS), batch_size=500)
    codes = {variant: wanted for d in drafts for variant, wanted in d.barcodes.items()}
    Barcode.objects.filter(variant__in=[v for v in codes if v not in new]).delete()
    Barcode.objects.bulk_create(
        [Barcode(variant_id=v, code=c) for v, wanted in codes.items() for c in sorted(wanted)]
    )
    UnitCost.objects.bulk_create(
        [c for d in drafts for c in d.costs], batch_size=1_000, update_conflicts=True,
        unique_fields=["variant", "valid_from"], update_fields=["minor", "currency"],
    )  # fmt: skip
    edges = {parent: inside for d in drafts for parent, inside in d.edges.items()}
    BundleComponent.objects.filter(parent__in=list(edges)).delete()
    BundleComponent.objects.bulk_create(
        [
            BundleComponent(parent_id=p, child_id=c, quantity=n)
            for p, inside in edges.items()
            for c, n in inside
        ]
    )


VARIANT_COLUMNS = (
    "title", "weight_g", "length_mm", "width_mm", "height_mm", "hs_code", "origin", "price_minor", "currency",
    "active", "is_bundle",
)  # fmt: skip
