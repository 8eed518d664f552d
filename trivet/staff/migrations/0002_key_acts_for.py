from django.db import migrations, models

# Keys of before name their maker in words; where these mean one person, it is known for whom the key acts.
MAKERS = """
UPDATE staff_apikey AS k SET person = m.id FROM (
    SELECT name, min(id::text) AS id FROM (
        SELECT id, username AS name FROM staff_user
        UNION SELECT id, trim(first_name || ' ' || last_name) FROM staff_user
    ) AS called WHERE name <> '' GROUP BY name HAVING count(DISTINCT id) = 1
) AS m WHERE m.name = k.created_by
"""


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.AddField("apikey", "person", models.TextField(blank=True, db_default="")),
        migrations.RunSQL(MAKERS, migrations.RunSQL.noop),
    ]
