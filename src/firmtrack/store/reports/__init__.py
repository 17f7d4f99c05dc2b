"""Figures over many requests: counted in the background, read beside the answers."""

from collections.abc import Mapping
from typing import Any, TypeVar

from psycopg import Connection
from psycopg.rows import class_row

from firmtrack.store.reading.seeing import statements_in

Row = TypeVar("Row")

statement = statements_in(__name__)


def rows_of(
    connection: Connection[Any],
    row_type: type[Row],
    name: str,
    asked: Mapping[str, object] | None = None,
) -> list[Row]:
    """Return the rows of the statement ``name``, each made of its columns by their names."""
    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return cursor.execute(statement(name), asked).fetchall()
