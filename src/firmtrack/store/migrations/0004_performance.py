"""Create the tables of delivery performance."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP TRIGGER device_inserted ON device;
DROP TRIGGER device_updated ON device;
DROP FUNCTION mark_device_stale();
DROP FUNCTION performance_request(boolean, bigint[], bigint, timestamptz, timestamptz);
DROP TABLE device_segment, performance_count, performance_duration, performance_dwell, usual_dwell,
    usual_dwell_age, stale_request, stale_device;
"""


class Migration(migrations.Migration):
    """Figures by request, and what is usual."""

    dependencies = [("store", "0003_wording")]
    operations = [migrations.RunSQL(statement("0004_performance").decode(), DROP)]
