from django.db import migrations

REFUSE = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what happened is not rewritten', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$
"""

# The condition is compiled into the trigger: the sequencer, who gives positions, calls no function.
EVENTS = """
CREATE TRIGGER event_stays BEFORE UPDATE ON journal_event FOR EACH ROW
WHEN (
    OLD.position IS NOT NULL OR NEW.position IS NULL
    OR (NEW.id, NEW.kind, NEW.subject_kind, NEW.subject_id, NEW.actor_kind, NEW.actor_id, NEW.actor_label, NEW.at,
        NEW.facts)
    IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.subject_kind, OLD.subject_id, OLD.actor_kind, OLD.actor_id, OLD.actor_label, OLD.at,
        OLD.facts)
)
EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER event_is_kept BEFORE DELETE ON journal_event FOR EACH ROW EXECUTE FUNCTION journal_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_payload_as_text")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION journal_refuse()"),
        migrations.RunSQL(
            EVENTS, "DROP TRIGGER event_stays ON journal_event; DROP TRIGGER event_is_kept ON journal_event"
        ),
    ]
