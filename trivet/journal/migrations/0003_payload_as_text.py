from django.db import migrations

from trivet.journal.models import Document


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_start")]

    operations = [migrations.AlterField("receipt", "payload", Document())]
