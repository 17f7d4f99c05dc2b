"""Keep when something came from each source, and of which moment a look-up asked."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP INDEX request_of_time;
DROP INDEX request_of_version;
DROP TABLE source_silence;
DROP TABLE source_last;
DROP TABLE arrival;
ALTER TABLE lookup_audit DROP COLUMN as_of;
"""


class Migration(migrations.Migration):
    """What freshness is told from; which past a look-up asked for; what finds peers."""

    dependencies = [("store", "0005_as_of")]
    operations = [migrations.RunSQL(statement("0007_freshness").decode(), DROP)]
