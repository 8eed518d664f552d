from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("company", "0001_initial")]
    operations = [
        migrations.RunSQL("INSERT INTO company_revision (id, number) VALUES (1, 1)", migrations.RunSQL.noop),
    ]
