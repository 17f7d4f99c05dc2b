"""Find the events that name no request by when they happened, and the newest messages."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP INDEX event_loose_at;
DROP TABLE unfolded_device;
DROP INDEX message_recorded_at;
CREATE INDEX message_recorded_at ON message USING brin (recorded_at);
"""


class Migration(migrations.Migration):
    """Loose events and messages are found by their times."""

    dependencies = [("store", "0020_refused")]
    operations = [migrations.RunSQL(statement("0021_loose_events").decode(), UNDO)]
