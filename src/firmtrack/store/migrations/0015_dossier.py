"""Let all facts of a device be read at once, and make the inventory's statements facts."""

from django.db import migrations

from firmtrack.store.sql import created, statement

_PERFORMANCE = statement("0004_performance").decode()

# The earlier suppliers are kept where they were before. What a device's row was at earlier moments,
# and what no form of it had, is given up.
UNDO = f"""
DELETE FROM supplier_word;
INSERT INTO supplier_word (device_id, learnt_at, message_id, responsible_supplier, recorded_at)
SELECT device_id, learnt_at, message_id, responsible_supplier, recorded_at
FROM (
    SELECT *, rank() OVER (
        PARTITION BY device_id ORDER BY coalesce(learnt_at, '-infinity') DESC, message_id DESC
    ) AS place
    FROM (
        SELECT DISTINCT ON (device_id, learnt_at, message_id) *
        FROM inventory_statement
        WHERE responsible_supplier IS NOT NULL
        ORDER BY device_id, learnt_at, message_id, recorded_at DESC
    ) AS word
) AS placed
WHERE place > 1
UNION ALL
SELECT device_id, told_at, message_id, NULL, recorded_at FROM supplier_change
ON CONFLICT DO NOTHING;
DROP VIEW inventory_statement, supplier_change, withdrawal_period;
DROP TABLE recorded_inventory_statement, recorded_supplier_change;
DROP VIEW told_activation;
DROP VIEW event, request_step, activation_word, device_incident, request_incident,
    comms_hub_incident;
ALTER TABLE recorded_event DROP COLUMN message_kind, DROP COLUMN code;
ALTER TABLE recorded_request_step
    DROP COLUMN message_kind, DROP COLUMN code, DROP COLUMN user_id;
ALTER TABLE recorded_activation_word DROP COLUMN message_kind, DROP COLUMN code;
ALTER TABLE recorded_device_incident
    DROP COLUMN message_kind, DROP COLUMN code, DROP COLUMN user_id;
ALTER TABLE recorded_request_incident
    DROP COLUMN message_kind, DROP COLUMN code, DROP COLUMN user_id;
ALTER TABLE recorded_comms_hub_incident
    DROP COLUMN message_kind, DROP COLUMN code, DROP COLUMN user_id;
ALTER TABLE device DROP COLUMN changed_segment;
{_PERFORMANCE[_PERFORMANCE.index("CREATE FUNCTION mark_device_stale") :]}
{created("0011_withdrawals", "VIEW event")}
{created("0011_withdrawals", "VIEW request_step")}
{created("0011_withdrawals", "VIEW activation_word")}
{created("0011_withdrawals", "VIEW told_activation AS")}
{created("0012_incidents", "VIEW device_incident")}
{created("0012_incidents", "VIEW request_incident")}
{created("0012_incidents", "VIEW comms_hub_incident")}
DELETE FROM rereading WHERE edition = 3;
"""  # noqa: S608 - made of our own statements alone


class Migration(migrations.Migration):
    """Kinds beside facts; statements of the inventory; marks that the ledger writes."""

    dependencies = [("store", "0014_rereading")]
    operations = [migrations.RunSQL(statement("0015_dossier").decode(), UNDO)]
