"""Count how requests stand for lists of them, and keep until when people were shown news."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE person_visit;
DROP INDEX lookup_audit_of_viewer;
DROP INDEX request_by_time;
DELETE FROM last_count WHERE figures = 'standings';
ALTER TABLE last_count DROP CONSTRAINT last_count_figures_check;
ALTER TABLE last_count ADD CONSTRAINT last_count_figures_check
    CHECK (figures IN ('performance', 'arrivals', 'causes'));
DROP TABLE stalled_update;
DROP TABLE trouble_update;
DROP TABLE request_standing;
DROP TABLE standing_due;
"""


class Migration(migrations.Migration):
    """How requests stand.

    Older code that records would change requests and not tell whoever counts them.
    """

    dependencies = [("store", "0027_cause_notes")]
    operations = [migrations.RunSQL(statement("0028_standings").decode(), UNDO)]
