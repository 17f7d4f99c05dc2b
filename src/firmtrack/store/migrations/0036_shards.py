"""Let tables be spread over several machines."""

from django.db import migrations

from firmtrack.store.sql import created, statement

# Not the statement that drops an earlier one.
_ATTRIBUTED = "FUNCTION attributed_request(\n"
UNDO = f"""
DROP FUNCTION fact_origin(timestamptz, uuid), fact_learnt_at(jsonb), fact_origins(text[], jsonb[]);
{created("0011_withdrawals", _ATTRIBUTED)}
{created("0014_rereading", "FUNCTION performance_request")}
{created("0025_causes", "VIEW update_profile")}
"""


class Migration(migrations.Migration):
    """Statements that several shards can be asked."""

    dependencies = [("store", "0035_stream")]
    operations = [migrations.RunSQL(statement("0036_shards").decode(), UNDO)]
