"""Make the notices about a device quick to find."""

from django.db import migrations

from firmtrack.store.sql import statement


class Migration(migrations.Migration):
    """Indexes on the notices."""

    dependencies = [("store", "0009_notices")]
    operations = [
        migrations.RunSQL(
            statement("0010_notices_of_device").decode(),
            "DROP INDEX notice_of_request, notice_of_device",
        )
    ]
