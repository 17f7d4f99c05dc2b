"""Find the events that name no request by when they happened."""

from django.db import migrations

from firmtrack.store.sql import statement


class Migration(migrations.Migration):
    """Loose events are found by time, too."""

    dependencies = [("store", "0020_refused")]
    operations = [
        migrations.RunSQL(
            statement("0021_loose_events").decode(),
            "DROP INDEX event_loose_at; DROP TABLE unfolded_device",
        )
    ]
