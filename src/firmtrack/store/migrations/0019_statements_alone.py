"""Delete what was read before beside the facts of a device."""

from django.db import migrations

from firmtrack.store.sql import created, statement

_AS_OF = statement("0005_as_of").decode()
_INCIDENTS = statement("0012_incidents").decode()

# The rows of devices as they are, earlier suppliers and parties; what a row was before is given up.
UNDO = f"""
DROP INDEX distribution_history_ended;
DROP VIEW activation_event;
ALTER TABLE recorded_activation_event RENAME TO recorded_activation_word;
ALTER INDEX recorded_activation_event_pkey RENAME TO activation_word_pkey;
CREATE VIEW activation_word AS
    SELECT *
    FROM recorded_activation_word AS a
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = a.message_id AND w.restored_at IS NULL
    );
{_INCIDENTS[_INCIDENTS.index("CREATE FUNCTION told_incidents") :]}
{created("0011_withdrawals", "FUNCTION withdrawn_message")}
{created("0011_withdrawals", "VIEW told_candidate")}
{created("0011_withdrawals", "VIEW told_activation AS")}
{created("0001_initial", "INDEX device_of_comms_hub")}
ALTER TABLE device ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
{created("0001_initial", "TABLE device_acquaintance")}
ALTER TABLE device_acquaintance ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
INSERT INTO device_acquaintance (device_id, user_id, recorded_at)
SELECT device_id, user_id, min(recorded_at)
FROM inventory_statement
WHERE user_id IS NOT NULL
GROUP BY device_id, user_id;
{created("0002_activation", "TABLE supplier_word")}
ALTER TABLE supplier_word ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
{_AS_OF[_AS_OF.index("CREATE TABLE device_history") :]}
"""  # noqa: S608 - made of our own statements alone


class Migration(migrations.Migration):
    """A device is folded from its facts alone."""

    dependencies = [("store", "0018_notices")]
    operations = [migrations.RunSQL(statement("0019_statements_alone").decode(), UNDO)]
