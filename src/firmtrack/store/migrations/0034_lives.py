"""Let what messages said go before what was read of them does."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
ALTER TABLE rereading DROP COLUMN without_body;
UPDATE dated_message SET body = '' WHERE body IS NULL;
UPDATE undated_message SET body = '' WHERE body IS NULL;
ALTER TABLE dated_message ALTER COLUMN body SET NOT NULL;
ALTER TABLE undated_message ALTER COLUMN body SET NOT NULL;
"""


class Migration(migrations.Migration):
    """Bodies that have a life of their own."""

    dependencies = [("store", "0033_leases")]
    operations = [migrations.RunSQL(statement("0034_lives").decode(), UNDO)]
