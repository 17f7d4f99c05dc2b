"""Keep who does what one process alone does, without a lock that a session holds."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP TABLE lease, counting_turn, standings_turn;
"""


class Migration(migrations.Migration):
    """Leases, and turns of those who count."""

    dependencies = [("store", "0032_retention")]
    operations = [migrations.RunSQL(statement("0033_leases").decode(), UNDO)]
