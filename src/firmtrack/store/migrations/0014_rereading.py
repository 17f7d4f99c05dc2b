"""Keep how far kept bodies have been read again."""

from django.db import migrations

from firmtrack.store.sql import statement


class Migration(migrations.Migration):
    """The bookmark of a re-reading; and weeks of requests of any time."""

    dependencies = [("store", "0013_waits")]
    operations = [migrations.RunSQL(statement("0014_rereading").decode(), "DROP TABLE rereading")]
