"""Create the queue of notices, and say of each current status which message tells it."""

from django.db import migrations

from firmtrack.store.sql import statement

_INITIAL = statement("0001_initial").decode()
DROP = f"""
DROP SEQUENCE dcc_alert_counter;
DROP TABLE stalled_distribution, notice_try, notice, status_change;
DROP VIEW notice_subscriber;
DROP TABLE notice_lane, notice_endpoint;
DROP VIEW current_distribution;
{_INITIAL[_INITIAL.index("CREATE VIEW current_distribution") :]}
"""


class Migration(migrations.Migration):
    """What parties are told, and where."""

    dependencies = [("accounts", "0001_initial"), ("store", "0008_proposals")]
    operations = [migrations.RunSQL(statement("0009_notices").decode(), DROP)]
