"""Keep DCC's Response ID of each message, by which DCC's Service Centre finds it."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DELETE FROM rereading WHERE edition = 4;
ALTER TABLE message DROP COLUMN responder, DROP COLUMN response_counter;
"""


class Migration(migrations.Migration):
    """Response IDs."""

    dependencies = [("store", "0029_watches")]
    operations = [migrations.RunSQL(statement("0030_response_ids").decode(), UNDO)]
    is_served_by_older = True
