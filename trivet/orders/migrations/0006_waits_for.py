from typing import Any
from uuid import UUID

from django.db import migrations, models

from trivet.catalog.rules import line_key

BATCH = 5_000


def fill(apps: Any, schema_editor: Any) -> None:
    """Say of every line that no SKU is known for what it waits for."""
    line = apps.get_model("orders", "OrderLine")
    waiting = line.objects.filter(variant=None).order_by("pk")
    last = UUID(int=0)
    while batch := list(waiting.filter(pk__gt=last).only("sku", "title")[:BATCH]):
        for row in batch:
            row.waits_for = line_key(row.sku, row.title)
        line.objects.bulk_update(batch, ["waits_for"], batch_size=1_000)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_postal"), ("catalog", "0002_keys")]

    operations = [
        migrations.AddField("orderline", "waits_for", models.TextField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveIndex("orderline", "line_unmapped"),
        migrations.AddIndex(
            "orderline",
            models.Index(fields=["waits_for"], name="line_unmapped", condition=models.Q(variant__isnull=True)),
        ),
        migrations.AddConstraint(
            "orderline",
            models.CheckConstraint(
                condition=models.Q(variant__isnull=False) | models.Q(waits_for__isnull=False), name="line_sold_or_waits"
            ),
        ),
    ]
