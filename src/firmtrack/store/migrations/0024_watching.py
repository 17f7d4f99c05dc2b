"""Keep which code may serve the tables, who sends notices, and find what waits."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP INDEX stalled_found_at;
DROP TABLE dispatcher;
DROP TABLE served_from;
"""


class Migration(migrations.Migration):
    """What is watched."""

    dependencies = [("store", "0023_input")]
    operations = [migrations.RunSQL(statement("0024_watching").decode(), UNDO)]
    is_served_by_older = True
