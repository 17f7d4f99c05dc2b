"""Learn how long stages take from those that wait and fail, too."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE stay, stay_in_progress, cohort, stay_at_hub, hub_stay, wait_estimate, wait_limit,
    wait_limit_age, uncounted_request;
CREATE TABLE performance_dwell (
    LIKE performance_duration, PRIMARY KEY (request_key, segment_key, stage)
);
CREATE TABLE usual_dwell (
    variant  text NOT NULL,
    stage    smallint NOT NULL,
    facts    text[] NOT NULL,
    p50_step smallint NOT NULL,
    p95_step smallint NOT NULL,
    samples  bigint NOT NULL,
    PRIMARY KEY (variant, stage, facts)
);
CREATE TABLE usual_dwell_age (counted_at timestamptz NOT NULL);
INSERT INTO usual_dwell_age VALUES ('-infinity');
INSERT INTO stale_request SELECT request_key FROM request;
"""


class Migration(migrations.Migration):
    """Stays and the limits of waits."""

    dependencies = [("store", "0012_incidents")]
    operations = [migrations.RunSQL(statement("0013_waits").decode(), UNDO)]
