"""Whether this server can do its work: the database answers, and this code serves its tables."""

from enum import StrEnum

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError
from firmtrack.store.ledger.rereading import is_of_newer
from firmtrack.store.schema import SchemaState, schema_state
from firmtrack.watching.asking import Asking, DatabaseSilent


class NotReady(StrEnum):
    """Why a server cannot do its work; the value is what is told of it."""

    DATABASE_AWAY = "the database cannot be reached"
    DATABASE_SILENT = "the database does not answer"
    SCHEMA_OLDER = "the database is of an earlier version: run firmtrack migrate"
    SCHEMA_NEWER = "the database is of a later version, which this one cannot serve"


_OF_SCHEMA = {
    SchemaState.EMPTY: NotReady.SCHEMA_OLDER,
    SchemaState.OLDER: NotReady.SCHEMA_OLDER,
    SchemaState.NEWER: NotReady.SCHEMA_NEWER,
    SchemaState.SERVED: None,
}


def readiness(asking: Asking) -> NotReady | None:
    """Return why the server is not ready, None if it is."""
    try:
        return asking.ask(_schema_problem)
    except DatabaseSilent:
        return NotReady.DATABASE_SILENT
    except (psycopg.Error, FirmtrackError):
        return NotReady.DATABASE_AWAY


def _schema_problem(connection: Connection[TupleRow]) -> NotReady | None:
    problem = _OF_SCHEMA[schema_state(connection)]
    if problem is None and is_of_newer(connection):
        problem = NotReady.SCHEMA_NEWER
    return problem
