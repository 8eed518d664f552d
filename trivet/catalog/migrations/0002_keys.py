from collections.abc import Callable
from typing import Any

from django.db import migrations, models
from django.db.models.functions import Upper

import trivet.catalog.models
from trivet.catalog.rules import clean, line_key, sku_key

BATCH = 2_000


def fill(apps: Any, schema_editor: Any) -> None:
    """Compose what is stored and give every row its key; two SKUs that are one now have to be told apart first."""
    variant, listing = apps.get_model("catalog", "Variant"), apps.get_model("catalog", "ListingMap")
    _fill(variant, "sku", lambda row: sku_key(row.sku), lambda row, key: key)
    _fill(listing, "external_sku", lambda row: line_key(row.external_sku, ""), lambda row, key: (row.channel_id, key))


def _fill(
    model: Any, column: str, key_of: Callable[[Any], str], same: Callable[[Any, str], Any]
) -> None:
    seen: dict[Any, str] = {}
    batch: list[Any] = []
    for row in model.objects.order_by("pk").iterator(chunk_size=BATCH):
        text = getattr(row, column)
        setattr(row, column, clean(text))
        row.key = key_of(row)
        before = seen.setdefault(same(row, row.key), text)
        if before is not text:
            raise RuntimeError(f"{before!r} and {text!r} are one SKU from now on: rename one of them, then migrate")
        batch.append(row)
        if len(batch) == BATCH:
            model.objects.bulk_update(batch, [column, "key"])
            batch.clear()
    model.objects.bulk_update(batch, [column, "key"])


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AddField("variant", "key", models.TextField(default="")),
        migrations.AddField("listingmap", "key", models.TextField(default="")),
        migrations.AddField("listingmap", "title", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AlterField("listingmap", "external_sku", models.TextField(blank=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveConstraint("variant", "variant_sku"),
        migrations.RemoveConstraint("listingmap", "listing_once"),
        migrations.AlterField("variant", "key", trivet.catalog.models.Key(editable=False, unique=True)),
        migrations.AlterField("listingmap", "key", trivet.catalog.models.Key(editable=False)),
        migrations.AddConstraint(
            "listingmap", models.UniqueConstraint(fields=("channel", "key"), name="listing_once")
        ),
    ]
