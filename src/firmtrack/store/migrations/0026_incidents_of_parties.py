"""Keep what makes many updates of a party fail alike, or stand still, as one incident."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP INDEX notice_newest;
DROP INDEX notice_newest_of_incident;
DROP INDEX notice_of_incident;
ALTER TABLE notice DROP COLUMN is_newest, DROP COLUMN incident_id;
DROP TABLE party_cause_search;
DROP TABLE party_cause;
DROP TABLE party_incident_device;
DROP TABLE party_incident;
"""


class Migration(migrations.Migration):
    """Incidents of parties."""

    dependencies = [("store", "0025_causes")]
    operations = [migrations.RunSQL(statement("0026_incidents_of_parties").decode(), UNDO)]
    is_served_by_older = True
