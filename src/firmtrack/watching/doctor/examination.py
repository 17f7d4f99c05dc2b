"""All checks, in their order: a new one is a function and a row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.conf import settings
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.environment import Environment
from firmtrack.errors import FirmtrackError
from firmtrack.store import database as the_database
from firmtrack.watching.doctor import database, machine, replica, stream
from firmtrack.watching.doctor.findings import Finding, Level, fail, warn

_CONNECT_SECONDS = 10

OF_THE_MACHINE: tuple[tuple[str, Callable[[Environment], Finding]], ...] = (
    ("settings", machine.check_settings),
    ("secret_key", machine.check_secret_key),
    ("data_directory", machine.check_data_directory),
    ("temporary_directory", machine.check_temporary_directory),
    ("trust_store", machine.check_trust_store),
    ("alert_signer", machine.check_alert_signer),
    ("mail_server", machine.check_mail_server),
)
STREAM = "stream"
DATABASE = "database"
OF_THE_DATABASE: tuple[tuple[str, Callable[[Connection[TupleRow]], Finding]], ...] = (
    (DATABASE, database.check_version),
    ("replica", replica.check_replica),
    ("clock", database.check_clock),
    ("schema", database.check_schema),
    ("months", database.check_months),
    ("proxies", database.check_proxies),
    ("administrators", database.check_administrators),
    ("dispatcher", database.check_dispatcher),
    ("folding", database.check_folding),
    ("figures", database.check_figures),
    ("retention", database.check_retention),
)
_NEEDS_TABLES_AFTER = "schema"


@dataclass(frozen=True, slots=True)
class Check:
    """A check's name and what it found."""

    name: str
    finding: Finding


def examine() -> Iterator[Check]:
    """Yield what each check finds, in their order.

    Without a database, or tables that this version serves, what is in them is not looked at.
    """
    environment: Environment = settings.ENVIRONMENT
    for name, check in OF_THE_MACHINE:
        yield Check(name, check(environment))
    for finding in stream.check_stream(environment):
        yield Check(STREAM, finding)
    if environment.database_url is None and not (environment.data_dir / "postgresql").exists():
        yield Check(DATABASE, warn("There is no database yet.", "The first command makes it."))
        return
    try:
        with _connected() as connection:
            for name, look in OF_THE_DATABASE:
                with connection.transaction():
                    connection.execute("SET LOCAL statement_timeout = '30s'")
                    finding = look(connection)
                yield Check(name, finding)
                if name == _NEEDS_TABLES_AFTER and finding.level is Level.FAIL:
                    return
    except (psycopg.Error, FirmtrackError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        yield Check(
            DATABASE,
            fail(
                f"The database cannot be asked: {lines[0]}",
                "See that it runs, and that DATABASE_URL names it.",
            ),
        )


@contextmanager
def _connected() -> Iterator[Connection[TupleRow]]:
    """Connect to the database as it is; nothing is migrated."""
    with (
        the_database.reached(),
        Connection.connect(
            the_database.conninfo_in_use(),
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            prepare_threshold=None,
        ) as connection,
    ):
        yield connection
