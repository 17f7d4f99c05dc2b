"""Count how updates stand by all that they may have in common."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP INDEX request_of_originator;
DELETE FROM last_count WHERE figures = 'causes';
ALTER TABLE last_count DROP CONSTRAINT last_count_figures_check;
ALTER TABLE last_count ADD CONSTRAINT last_count_figures_check
    CHECK (figures IN ('performance', 'arrivals'));
DROP VIEW update_profile;
DROP TABLE cause_due;
DROP TABLE cause_count;
DROP TABLE failure_reason;
DROP TABLE device_profile;
"""


class Migration(migrations.Migration):
    """What failures have in common."""

    dependencies = [("store", "0024_watching")]
    operations = [migrations.RunSQL(statement("0025_causes").decode(), UNDO)]
    is_served_by_older = True
