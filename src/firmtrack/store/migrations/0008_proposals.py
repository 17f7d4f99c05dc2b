"""Keep what Users ask DCC to enter in its inventory, until DCC has answered and after."""

from django.db import migrations

from firmtrack.store.sql import statement

DROP = """
DROP TABLE verdict;
DROP TABLE proposal;
"""


class Migration(migrations.Migration):
    """Proposals to the inventory, and DCC's verdicts on them."""

    dependencies = [("store", "0007_freshness")]
    operations = [migrations.RunSQL(statement("0008_proposals").decode(), DROP)]
