"""The record of every look-up: who asked, when, for what, of which moment, how many rows."""

from datetime import datetime

from firmtrack.domain.viewer import Viewer
from firmtrack.store import statement
from firmtrack.store.database import pool

_TERM_CHARACTERS = 200


def record_lookup(
    viewer: Viewer, kind: str, term: str, rows: int, *, as_of: datetime | None = None
) -> None:
    """Record that ``viewer`` looked for a ``kind`` of thing, by ``term``, and got ``rows`` rows.

    ``as_of`` is the past moment that was answered for; None is the present.
    """
    with pool().connection() as connection:
        connection.execute(
            statement("record_lookup"),
            (viewer.name, kind, term[:_TERM_CHARACTERS], rows, as_of),
            prepare=True,
        )
