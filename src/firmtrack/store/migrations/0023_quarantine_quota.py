"""Pack what waits in quarantine, add it up by submitter, and record what is discarded."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE quarantine_discarded, quarantine_overflow;
DROP INDEX quarantine_waiting;
ALTER TABLE quarantine DROP COLUMN unpacked_bytes;
"""


class Migration(migrations.Migration):
    """A submitter's quarantine has an end, and the operator can empty it."""

    dependencies = [("store", "0021_loose_events")]
    operations = [migrations.RunSQL(statement("0023_quarantine_quota").decode(), UNDO)]
