from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0002_explanation_as_text")]

    operations = [
        migrations.AddField("routingdecision", "cause", models.TextField(db_default="placed")),
        migrations.AddConstraint(
            "routingdecision",
            models.CheckConstraint(condition=models.Q(cause__in=("placed", "mapped", "filled")), name="decision_cause"),
        ),
    ]
