"""Which databases this code serves: an older one is migrated by ``firmtrack migrate`` alone."""

from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command

from firmtrack.environment import read_environment
from firmtrack.store import database as the_database
from firmtrack.store.ledger.rereading import EDITION
from firmtrack.store.schema import SchemaNewer, SchemaOlder, SchemaState, schema_state
from tests.databases import used
from tests.journeys.processes import called, on


def state_of(conninfo: str) -> SchemaState:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return schema_state(connection)


def execute(conninfo: str, *statements: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for each in statements:
            connection.execute(each.encode())


def migrated_to(conninfo: str, name: str) -> None:
    with used(conninfo):
        call_command("migrate", "store", name, verbosity=0, interactive=False)


NEWER = "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_later', now())"
NEWER_IS_NEEDED = "UPDATE served_from SET migration = '9999_later' WHERE app = 'store'"
ANOTHER_APP_IS_NEEDED = "INSERT INTO served_from VALUES ('later', '0001_initial')"
EDITION_OF_NEWER = f"INSERT INTO rereading (edition, phase) VALUES ({EDITION + 1}, 'done')"


def emptied(conninfo: str) -> None:
    execute(conninfo, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def test_an_empty_database_is_made_by_whoever_comes_first(
    own_database: str, tmp_path: Path
) -> None:
    emptied(own_database)
    assert state_of(own_database) is SchemaState.EMPTY

    listed = called("quarantine", "list", "--json", env=on(own_database, tmp_path))

    assert listed.returncode == 0, listed.stderr
    assert state_of(own_database) is SchemaState.SERVED


def test_an_older_database_is_refused_with_the_command_that_migrates_it(
    own_database: str, tmp_path: Path
) -> None:
    migrated_to(own_database, "0020")
    env = on(own_database, tmp_path)

    refused = called("quarantine", "list", env=env)

    assert refused.returncode == 1
    assert "firmtrack migrate" in str(SchemaOlder())
    assert refused.stderr.splitlines() == [f"firmtrack: {SchemaOlder()}"]
    assert state_of(own_database) is SchemaState.OLDER
    migrated = called("migrate", "--json", env=env)
    assert migrated.returncode == 0, migrated.stderr
    assert state_of(own_database) is SchemaState.SERVED
    assert called("quarantine", "list", env=env).returncode == 0


def test_what_older_readers_read_is_read_again_by_the_same_command_alone(
    own_database: str, tmp_path: Path
) -> None:
    execute(own_database, "DELETE FROM rereading")
    env = on(own_database, tmp_path)

    refused = called("quarantine", "list", env=env)

    assert refused.returncode == 1
    assert "firmtrack migrate" in refused.stderr
    assert called("migrate", env=env).returncode == 0
    assert called("quarantine", "list", env=env).returncode == 0


@pytest.mark.parametrize(
    "changes", [(NEWER, NEWER_IS_NEEDED), (ANOTHER_APP_IS_NEEDED,), (EDITION_OF_NEWER,)]
)
def test_a_newer_database_that_this_code_cannot_serve_is_refused_even_by_migrate(
    own_database: str, tmp_path: Path, changes: tuple[str, ...]
) -> None:
    execute(own_database, *changes)

    for command in (["quarantine", "list"], ["migrate"]):
        refused = called(*command, env=on(own_database, tmp_path))

        assert refused.returncode == 1
        assert refused.stderr.startswith("firmtrack: The database is of a later Firmtrack")
        assert len(refused.stderr.splitlines()) == 1


def test_a_newer_database_that_leaves_older_code_serving_is_served(own_database: str) -> None:
    execute(own_database, NEWER)

    assert state_of(own_database) is SchemaState.SERVED


def test_each_app_names_the_newest_migration_that_older_code_cannot_do_without(
    own_database: str,
) -> None:
    with psycopg.connect(own_database) as connection:
        rows: dict[str, str] = dict(
            connection.execute("SELECT app, migration FROM served_from").fetchall()
        )

    assert {"store", "accounts", "web", "sessions"} <= set(rows)
    assert rows["store"] != "0024_watching"  # which says that older code goes on without it


def test_whoever_may_not_migrate_is_told_and_whoever_may_does(
    own_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrated_to(own_database, "0020")
    environment = read_environment(on(own_database, tmp_path))
    monkeypatch.setattr("django.conf.settings.ENVIRONMENT", environment)

    with pytest.raises(SchemaOlder), the_database.opened():
        pass
    with the_database.opened(may_migrate=True):
        pass

    assert state_of(own_database) is SchemaState.SERVED
    execute(own_database, NEWER, NEWER_IS_NEEDED)
    with pytest.raises(SchemaNewer), the_database.opened(may_migrate=True):
        pass
