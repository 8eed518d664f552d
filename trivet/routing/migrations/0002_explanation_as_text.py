from django.db import migrations

from trivet.journal.models import Document


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]

    operations = [migrations.AlterField("routingdecision", "explanation", Document())]
