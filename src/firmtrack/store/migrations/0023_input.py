"""Bound what waits in quarantine by submitter, record what is discarded, and whose arrivals are."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE source_user;
ALTER TABLE source_last DROP COLUMN earlier_at;
ALTER TABLE arrival DROP COLUMN user_id;
DROP TABLE quarantine_discarded, quarantine_overflow;
DROP INDEX quarantine_waiting;
ALTER TABLE quarantine DROP COLUMN unpacked_bytes;
"""


class Migration(migrations.Migration):
    """A submitter's quarantine has an end, and freshness tells of others in a crowd only."""

    dependencies = [("store", "0022_acts")]
    operations = [migrations.RunSQL(statement("0023_input").decode(), UNDO)]
