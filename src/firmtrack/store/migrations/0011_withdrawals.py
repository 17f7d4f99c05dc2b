"""Let messages be taken back, and attribute by what is known."""

from django.db import migrations

from firmtrack.store.sql import statement


def _created(migration: str, what: str) -> str:
    """Return the statement of an earlier migration that creates ``what``, up to its end."""
    text = statement(migration).decode()
    start = text.rindex("CREATE ", 0, text.index(what))
    return text[start : text.index(";\n", start) + 1]


# What was withdrawn counts again. Which distributions a withdrawal ended is no more known.
DROP = f"""
DROP VIEW current_distribution, told_activation, told_candidate, known_distribution;
DROP FUNCTION attributed_request(bigint, timestamptz, bytea, text, bigint);
DROP FUNCTION withdrawn_message(timestamptz);
DROP VIEW event, request_step, request_statement, request_naming, activation_word;
DROP TABLE recorded_request_statement, recorded_request_naming, distribution_history,
    withdrawal, withdrawn_again;
ALTER TABLE recorded_event RENAME TO event;
ALTER TABLE event DROP COLUMN addressee;
ALTER TABLE recorded_request_step RENAME TO request_step;
ALTER TABLE request_step DROP COLUMN variant;
ALTER TABLE recorded_activation_word RENAME TO activation_word;
DROP INDEX message_recorded_at, request_of_time, distribution_refused;
ALTER TABLE message DROP COLUMN submitter, DROP COLUMN token;
ALTER TABLE distribution DROP COLUMN named_at, DROP COLUMN declined, DROP COLUMN addressee;
ALTER TABLE request DROP COLUMN comparable_versions, DROP COLUMN submitted_at, DROP COLUMN whole_at;
ALTER TABLE request DROP COLUMN stepped_at, DROP COLUMN statement_count;
ALTER TABLE request ADD COLUMN submitted_at timestamptz
    GENERATED ALWAYS AS (coalesce(sent_at, answered_at, named_at)) STORED;
DROP FUNCTION comparable_version(text);
{_created("0007_freshness", "INDEX request_of_time")}
{_created("0001_initial", "FUNCTION attributed_request")}
{_created("0002_activation", "VIEW told_activation")}
{_created("0009_notices", "VIEW current_distribution").replace("CREATE OR REPLACE", "CREATE")}
"""


class Migration(migrations.Migration):
    """Withdrawals; whose each word is; what ties a word to a request."""

    dependencies = [("store", "0010_notices_of_device")]
    operations = [migrations.RunSQL(statement("0011_withdrawals").decode(), DROP)]
