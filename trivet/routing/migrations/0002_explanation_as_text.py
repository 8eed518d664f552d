from django.db import migrations

from trivet.journal.models import Document


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial"), ("journal", "0003_payload_as_text")]

    operations = [migrations.AlterField("routingdecision", "explanation", Document())]
