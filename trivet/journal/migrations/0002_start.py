from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL("INSERT INTO journal_feedhead (id, position) VALUES (1, 0)", migrations.RunSQL.noop),
    ]
