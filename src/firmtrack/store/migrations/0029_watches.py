"""Keep what people watch, and what was recorded of it."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE watch_change;
DROP TABLE watch;
DELETE FROM notice_endpoint WHERE person_id IS NOT NULL;
ALTER TABLE notice_endpoint
    DROP COLUMN person_id, DROP COLUMN person_party_id, ALTER COLUMN party_id SET NOT NULL;
"""


class Migration(migrations.Migration):
    """Watches of people."""

    dependencies = [("accounts", "0001_initial"), ("store", "0028_standings")]
    operations = [migrations.RunSQL(statement("0029_watches").decode(), UNDO)]
    is_served_by_older = True
