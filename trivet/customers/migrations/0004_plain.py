"""Names are searched for without accents: a function that takes them off, and a column that holds the outcome."""

import django.contrib.postgres.indexes
from django.db import migrations, models


def make_function(apps, schema_editor):
    # Immutable as indexes need it: the dictionary is named with its schema, so no search path can change it.
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'unaccent'")
        (schema,) = cursor.fetchone()
    schema_editor.execute(
        "CREATE OR REPLACE FUNCTION trivet_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS "
        f"$$SELECT upper({schema}.unaccent('{schema}.unaccent'::regdictionary, $1))$$",
        params=None,
    )


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_joined_records"), ("journal", "0002_start")]

    operations = [
        migrations.RunPython(make_function, lambda apps, editor: editor.execute("DROP FUNCTION trivet_plain(text)")),
        migrations.RemoveIndex(model_name="customer", name="customer_name"),
        migrations.RemoveIndex(model_name="customer", name="customer_joined_name"),
        migrations.AddField(
            model_name="customer",
            name="plain",
            field=models.GeneratedField(
                expression=models.Func("name", function="trivet_plain"), output_field=models.TextField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("plain", "gin_trgm_ops"), name="customer_name"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("plain", "gin_trgm_ops"), condition=models.Q(("speaks", False)),
                name="customer_joined_name",
            ),
        ),
    ]
