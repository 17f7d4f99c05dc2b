"""The record of every look-up: who asked, when, for what, and how many rows they got."""

from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.sql import statement

_TERM_CHARACTERS = 200


def record_lookup(viewer: Viewer, kind: str, term: str, rows: int) -> None:
    """Record that ``viewer`` looked for a ``kind`` of thing, by ``term``, and got ``rows`` rows."""
    with pool().connection() as connection:
        connection.execute(
            statement("record_lookup"),
            (viewer.name, kind, term[:_TERM_CHARACTERS], rows),
            prepare=True,
        )
