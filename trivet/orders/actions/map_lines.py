"""Lines whose SKU nobody knew get one. A bulk verb of flows: it needs an open transaction and locked orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from trivet.lib.ids import new_id
from trivet.orders.models import LineComponent, OrderLine


def map_lines(
    lines: Sequence[UUID], variant: UUID, sku: str, title: str, parts: Mapping[UUID, int], *, is_bundle: bool
) -> None:
    """Let lines without a variant be of ``variant``; what one unit of a bundle holds is pinned now."""
    OrderLine.objects.filter(id__in=lines).update(variant_id=variant, sku=sku, waits_for=None)
    OrderLine.objects.filter(id__in=lines, title="").update(title=title)
    if is_bundle:
        LineComponent.objects.bulk_create(
            LineComponent(id=new_id(), line_id=line, variant_id=part, quantity=n)
            for line in lines
            for part, n in sorted(parts.items())
        )
