"""Keep when figures were last counted."""

from django.db import migrations

from firmtrack.store.sql import statement


class Migration(migrations.Migration):
    """How old figures are."""

    dependencies = [("store", "0015_dossier")]
    operations = [
        migrations.RunSQL(statement("0017_last_counts").decode(), "DROP TABLE last_count")
    ]
