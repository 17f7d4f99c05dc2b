"""Put events, dated messages, look-ups and acts into a table a month."""

from typing import Any

from django.db import migrations

from firmtrack.store import months
from firmtrack.store.sql import statement


def _begin(_: Any, editor: Any) -> None:
    """Make the parts of the four tables, so that the rows that are there find their months."""
    editor.connection.ensure_connection()
    months.begin(
        editor.connection.connection, (months.EVENTS, months.MESSAGES, months.LOOKUPS, months.ACTS)
    )


class Migration(migrations.Migration):
    """Months."""

    dependencies = [("store", "0030_response_ids")]
    operations = [
        migrations.RunSQL(statement("0031_months").decode(), migrations.RunSQL.noop),
        migrations.RunPython(_begin, migrations.RunPython.noop),
        migrations.RunSQL(
            statement("0031_months_filled").decode(), statement("0031_months_undone").decode()
        ),
    ]
