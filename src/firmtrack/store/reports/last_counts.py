"""When figures were last counted, kept by whoever counts."""

from datetime import datetime
from enum import StrEnum

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from firmtrack.answers.counted import Counted
from firmtrack.store.reports import statement


class CountedFigures(StrEnum):
    """What is counted together; the value is how ``last_count`` names it."""

    PERFORMANCE = "performance"
    ARRIVALS = "arrivals"
    CAUSES = "causes"
    STANDINGS = "standings"


def note_count(
    connection: Connection[TupleRow], figures: CountedFigures, counted_at: datetime
) -> None:
    """Keep that all recorded by ``counted_at`` is counted; only a later time replaces it."""
    asked = {"figures": figures, "counted_at": counted_at}
    connection.execute(statement("note_count"), asked)


def last_count(connection: Connection[TupleRow], figures: CountedFigures) -> Counted:
    """Return when figures were last counted, read now."""
    with connection.cursor(row_factory=class_row(Counted)) as cursor:
        found = cursor.execute(statement("find_last_count"), {"figures": figures}).fetchone()
    assert found is not None
    return found
