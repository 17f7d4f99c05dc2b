"""Create the table of the operators' wording."""

from django.db import migrations

from firmtrack.store.sql import statement


class Migration(migrations.Migration):
    """What operators say that a code means."""

    dependencies = [("store", "0002_activation")]
    operations = [migrations.RunSQL(statement("0003_wording").decode(), "DROP TABLE code_wording;")]
