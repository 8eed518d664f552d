from django.db import migrations

# Limits that were set while units waited have counted too few of them.
RECOUNT = """
UPDATE inventory_backorderlimit AS b SET taken = coalesce((
    SELECT sum(l.backordered) FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE l.backordered > 0 AND l.variant_id = b.variant_id
      AND (b.channel_id IS NULL OR o.channel_id = b.channel_id)
), 0)
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("orders", "0005_postal")]

    operations = [migrations.RunSQL(RECOUNT, migrations.RunSQL.noop)]
