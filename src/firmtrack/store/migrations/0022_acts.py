"""Keep what people, tokens and operators did, and whose each look-up was."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE act;
DROP INDEX lookup_audit_of_party;
ALTER TABLE lookup_audit DROP COLUMN party;
"""


class Migration(migrations.Migration):
    """The audit of acts."""

    dependencies = [("store", "0021_loose_events")]
    operations = [migrations.RunSQL(statement("0022_acts").decode(), UNDO)]
