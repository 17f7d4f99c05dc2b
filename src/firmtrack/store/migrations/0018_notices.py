"""Let a channel of notices be added without the database's knowing."""

from django.db import migrations

from firmtrack.store.sql import statement

# What an older Firmtrack cannot send by is removed from it.
DROP = """
DELETE FROM notice_endpoint WHERE channel NOT IN ('webhook', 'duis', 'email');
ALTER TABLE notice_endpoint ADD CONSTRAINT notice_endpoint_channel_check
    CHECK (channel IN ('webhook', 'duis', 'email'));
ALTER TABLE endpoint_queue
    RENAME CONSTRAINT endpoint_queue_endpoint_id_fkey TO notice_lane_endpoint_id_fkey;
ALTER TABLE endpoint_queue RENAME CONSTRAINT endpoint_queue_pkey TO notice_lane_pkey;
ALTER TABLE endpoint_queue RENAME TO notice_lane;
"""


class Migration(migrations.Migration):
    """Endpoint queues, and channels of any name."""

    dependencies = [("store", "0017_last_counts")]
    operations = [migrations.RunSQL(statement("0018_notices").decode(), DROP)]
