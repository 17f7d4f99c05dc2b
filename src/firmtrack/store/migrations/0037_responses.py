"""Keep DCC's Response ID beside each fact, so that a look-up of a device reads no message."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
ALTER TABLE recorded_event DROP COLUMN responder, DROP COLUMN response_counter;
ALTER TABLE recorded_activation_event
    DROP COLUMN addressee, DROP COLUMN responder, DROP COLUMN response_counter;
ALTER TABLE recorded_inventory_statement DROP COLUMN responder, DROP COLUMN response_counter;
ALTER TABLE recorded_supplier_change DROP COLUMN responder, DROP COLUMN response_counter;
ALTER TABLE recorded_request_step DROP COLUMN responder, DROP COLUMN response_counter;
ALTER TABLE recorded_device_incident DROP COLUMN responder, DROP COLUMN response_counter;
ALTER TABLE recorded_request_incident DROP COLUMN responder, DROP COLUMN response_counter;
ALTER TABLE recorded_comms_hub_incident DROP COLUMN responder, DROP COLUMN response_counter;
"""


class Migration(migrations.Migration):
    """Response IDs beside facts."""

    dependencies = [("store", "0036_shards")]
    operations = [migrations.RunSQL(statement("0037_responses").decode(), UNDO)]
