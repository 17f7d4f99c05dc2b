"""What people of a party noted about a cause: kept for their own party alone, and on record."""

from collections.abc import Sequence

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from firmtrack.answers.causes import Note
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.viewer import Viewer
from firmtrack.errors import FirmtrackError
from firmtrack.store import database, statement
from firmtrack.store.acts import Act, ActKind, record_act
from firmtrack.store.replica import look_up

NOTE_CHARACTERS = 2_000
MOST_NOTES = 100
"""How many notes about a cause are read: the newest."""


class UnfitNote(FirmtrackError):
    """A note has 1 to 2,000 characters, none of them the character NUL."""


class NotesAreAPartys(FirmtrackError):
    """Only somebody of a party can note something: an operator is of none."""


def add_note(viewer: Viewer, key: CauseKey, text: str, author: str) -> None:
    """Keep a note about a cause for the viewer's party, and record that ``author`` made it.

    Raises UnfitNote and NotesAreAPartys.
    """
    if viewer.party is None:
        raise NotesAreAPartys
    if not text.strip() or len(text) > NOTE_CHARACTERS or "\0" in text:
        raise UnfitNote
    act = Act(actor=author, party=viewer.party, kind=ActKind.CAUSE_NOTED, subject=str(key))
    with database.pool().connection() as connection, connection.transaction():
        connection.execute(statement("add_cause_note"), (viewer.party, key.cause_id, author, text))
        record_act(connection, act)


@look_up
def notes_of(connection: Connection[TupleRow], viewer: Viewer, key: CauseKey) -> Sequence[Note]:
    """Return what the viewer's party noted about a cause, newest first, up to MOST_NOTES.

    Nothing to an operator, who is of no party; DCC's staff see DCC's own.
    """
    if viewer.party is None:
        return ()
    with connection.cursor(row_factory=class_row(Note)) as cursor:
        return cursor.execute(
            statement("list_cause_notes"), (key.cause_id, viewer.party, MOST_NOTES)
        ).fetchall()
