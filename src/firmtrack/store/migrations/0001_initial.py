"""Create the store's tables."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP VIEW current_distribution;
DROP FUNCTION attributed_request(bigint, timestamptz, bytea, text);
DROP TABLE lookup_audit, ignored_count, quarantine, device_acquaintance, device, distribution,
    event, request_step, request, message;
"""


class Migration(migrations.Migration):
    """The first form of the ledger."""

    initial = True
    dependencies = []
    operations = [migrations.RunSQL(statement("0001_initial").decode(), DROP)]
