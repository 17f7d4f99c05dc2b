"""Keep what is remembered of what went with its month, and what a prune works with."""

from django.db import migrations

from firmtrack.store.sql import statement

UNDO = """
DROP FUNCTION may_be_of(bytea, text, boolean, bytea, text[]);
DROP TABLE going_tie;
DROP TABLE going_activation;
DROP TABLE going_distribution;
DROP TABLE touched_fact;
DROP TABLE preparing_prune;
DROP TABLE pruned_distribution;
DROP TABLE pruned_request;
"""


class Migration(migrations.Migration):
    """Retention."""

    dependencies = [("store", "0031_months")]
    operations = [migrations.RunSQL(statement("0032_retention").decode(), UNDO)]
