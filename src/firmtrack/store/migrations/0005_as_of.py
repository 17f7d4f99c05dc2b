"""Keep when rows came, and what a device's row was before."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP TRIGGER device_history ON device;
DROP FUNCTION keep_device_history();
DROP TABLE device_history;
ALTER TABLE device DROP COLUMN recorded_at;
ALTER TABLE device_acquaintance DROP COLUMN recorded_at;
ALTER TABLE supplier_word DROP COLUMN recorded_at;
ALTER TABLE distribution DROP COLUMN recorded_at;
"""


class Migration(migrations.Migration):
    """What an answer as of a past moment is made from."""

    dependencies = [("store", "0004_performance")]
    operations = [migrations.RunSQL(statement("0005_as_of").decode(), DROP)]
