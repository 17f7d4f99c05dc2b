"""Let all facts of a device be read at once, and make the inventory's statements facts."""

from django.db import migrations

from firmtrack.store.sql import statement


class Migration(migrations.Migration):
    """Kinds beside facts; statements of the inventory; marks that the ledger writes."""

    dependencies = [("store", "0014_rereading")]
    operations = [migrations.RunSQL(statement("0015_dossier").decode())]
