"""Keep what befell updates besides their stages."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP FUNCTION told_incidents(bigint, bigint, bigint);
DROP FUNCTION told_incidents(bigint);
DROP VIEW comms_hub_incident, request_incident, device_incident;
DROP TABLE recorded_comms_hub_incident, recorded_request_incident, recorded_device_incident;
"""


class Migration(migrations.Migration):
    """Incidents of devices, of requests and of hubs."""

    dependencies = [("store", "0011_withdrawals")]
    operations = [migrations.RunSQL(statement("0012_incidents").decode(), DROP)]
