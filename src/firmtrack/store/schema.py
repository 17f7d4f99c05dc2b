"""Whether this code can serve a database's tables: older ones, newer ones, or none at all.

A database keeps which migrations were applied (Django's table), and of each app the newest of those
that older code cannot do without (``served_from``). A migration after which older code goes on
serving says so: ``is_served_by_older = True``. One that says nothing ends older code's service.
"""

from collections.abc import Iterable
from enum import Enum, auto
from functools import cache
from pathlib import Path
from pkgutil import iter_modules

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError

_HAS_TABLES = """
    SELECT to_regclass('django_migrations') IS NOT NULL, to_regclass('served_from') IS NOT NULL,
        EXISTS (
            SELECT FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
        )
"""


class SchemaState(Enum):
    """What a database's tables are to this code."""

    EMPTY = auto()
    """There are none."""

    OLDER = auto()
    """They lack what this code needs."""

    SERVED = auto()
    """This code serves them."""

    NEWER = auto()
    """Newer code changed them so that this code cannot serve them."""


class SchemaOlder(FirmtrackError):
    """The database is of an earlier Firmtrack: back it up, then run firmtrack migrate."""


class SchemaNewer(FirmtrackError):
    """The database is of a later Firmtrack, and this one cannot serve it: install that one."""


def schema_state(connection: Connection[TupleRow]) -> SchemaState:
    """Return what the database's tables are to this code; reads a few hundred rows."""
    found = connection.execute(_HAS_TABLES).fetchone()
    assert found is not None
    is_known, says_who_serves, has_any = found
    if not has_any:
        return SchemaState.EMPTY
    if not is_known:
        return SchemaState.OLDER
    known = _known_migrations()
    if says_who_serves:
        needed = connection.execute("SELECT app, migration FROM served_from").fetchall()
        if not known.issuperset(needed):
            return SchemaState.NEWER
    applied = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    return SchemaState.SERVED if known.issubset(applied) else SchemaState.OLDER


def schema_version(connection: Connection[TupleRow]) -> int:
    """Return the number of the store's newest migration that was applied."""
    found = connection.execute(
        "SELECT coalesce(max(substr(name, 1, 4)), '0000') FROM django_migrations"
        " WHERE app = 'store'"
    ).fetchone()
    assert found is not None
    return int(found[0])


def note_who_serves(connection: Connection[TupleRow]) -> None:
    """Keep which code may serve the tables, after all of this code's migrations were applied."""
    rows = sorted(_newest_needed().items())
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM served_from")
        cursor.executemany("INSERT INTO served_from (app, migration) VALUES (%s, %s)", rows)


def _newest_needed() -> dict[str, str]:
    """Return of each app the newest migration that older code cannot do without."""
    from django.db.migrations.loader import MigrationLoader  # imports every migration

    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return {
        app: name
        for (app, name), migration in sorted(migrations.items())
        if not getattr(migration, "is_served_by_older", False)
    }


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Return app and name of each migration of this code; none of them is imported."""
    from django.apps import apps

    return frozenset(
        (app.label, name)
        for app in apps.get_app_configs()
        for name in _names_in(Path(app.path, "migrations"))
    )


def _names_in(directory: Path) -> Iterable[str]:
    return (each.name for each in iter_modules([str(directory)]) if each.name[0] not in "_~")
