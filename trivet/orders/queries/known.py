"""Which orders are there already."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from trivet.orders.models import Order


def known_orders(channel: UUID, external_ids: Sequence[str]) -> dict[str, str]:
    """The content hash of the orders of a channel that are stored, by external id; unknown ones are absent."""
    found = Order.objects.filter(channel=channel, external_id__in=external_ids)
    return dict(found.values_list("external_id", "digest"))
