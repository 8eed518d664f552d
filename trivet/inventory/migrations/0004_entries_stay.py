from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_person_of_an_entry"), ("journal", "0004_events_stay")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON inventory_stockentry FOR EACH ROW "
            "EXECUTE FUNCTION journal_refuse()",
            "DROP TRIGGER entry_stays ON inventory_stockentry",
        ),
    ]
