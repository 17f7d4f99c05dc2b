"""Let what is refused be read with how it stands."""

from django.db import migrations

from firmtrack.store.sql import created, statement

UNDO = f"""
DROP VIEW current_distribution;
{created("0011_withdrawals", "VIEW current_distribution AS")}
"""


class Migration(migrations.Migration):
    """One column more of the view of current statuses."""

    dependencies = [("store", "0019_statements_alone")]
    operations = [migrations.RunSQL(statement("0020_refused").decode(), UNDO)]
