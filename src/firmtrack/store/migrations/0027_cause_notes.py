"""Keep what people of a party note about a cause."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = "DROP TABLE cause_note"


class Migration(migrations.Migration):
    """Notes on causes."""

    dependencies = [("store", "0026_incidents_of_parties")]
    operations = [migrations.RunSQL(statement("0027_cause_notes").decode(), UNDO)]
    is_served_by_older = True
