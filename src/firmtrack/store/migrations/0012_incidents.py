"""Keep what befell updates besides their stages."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP FUNCTION told_incidents(bigint, bigint, bigint);
DROP FUNCTION told_incidents(bigint);
DROP TABLE comms_hub_incident;
DROP TABLE request_incident;
DROP TABLE device_incident;
"""


class Migration(migrations.Migration):
    """Incidents of devices, of requests and of hubs."""

    dependencies = [("store", "0010_notices_of_device")]
    operations = [migrations.RunSQL(statement("0012_incidents").decode(), DROP)]
