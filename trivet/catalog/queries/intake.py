"""What intake asks of the catalogue, for a whole group at once."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from trivet.lib.bulk import Cursor, to_json
from trivet.lib.sql import load


def ask_variants(cursor: Cursor, asked: Iterable[tuple[UUID, str]]) -> None:
    """Ask which variants (channel, key of a line) mean.

    Rows of (channel, key as asked, variant, own SKU, title, weight in g, parts); ``parts`` is a JSON list of
    [component, units per unit, weight in g, SKU] with nested bundles unfolded, or NULL for a plain variant.
    """
    rows = [{"channel_id": channel, "key": key} for channel, key in sorted(asked)]
    cursor.execute(load("catalog", "for_intake"), [to_json(rows)])
