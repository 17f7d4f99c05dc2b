"""What signing in by django-allauth needs: browsers that are known, what servers share.

Everybody signs in again, once: sessions from before do not say when they began.
"""

from typing import ClassVar

from django.db import migrations, models

CACHE = """
CREATE TABLE web_cache (
    cache_key varchar(255) PRIMARY KEY,
    value     text NOT NULL,
    expires   timestamptz NOT NULL
);
CREATE INDEX web_cache_expires ON web_cache (expires);
"""


class Migration(migrations.Migration):
    """Sign-in attempts tell the browser; a table for Django's cache."""

    dependencies: ClassVar = [
        ("web", "0001_initial"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]
    operations: ClassVar = [
        migrations.AddField(
            model_name="signinattempt",
            name="browser",
            field=models.CharField(default="", max_length=32),
        ),
        migrations.RunSQL(CACHE, "DROP TABLE web_cache"),
        migrations.RunSQL("DELETE FROM django_session", migrations.RunSQL.noop),
    ]
