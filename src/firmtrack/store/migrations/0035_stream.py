"""Keep what became of messages that came by the stream, and the signs of life of its workers."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE stream_outcome;
DROP TABLE stream_worker;
"""


class Migration(migrations.Migration):
    """Outcomes and workers of the stream."""

    dependencies = [("store", "0034_lives")]
    operations = [migrations.RunSQL(statement("0035_stream").decode(), UNDO)]
    is_served_by_older = True
