from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_waits_for")]

    operations = [
        migrations.AddField("order", "gift", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("order", "gift_message", models.TextField(blank=True, default="", db_default="")),
    ]
