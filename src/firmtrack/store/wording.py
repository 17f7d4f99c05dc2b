"""What the operators say that a code means: one table, the same for all servers of a database.

Every process keeps a copy, so that showing a reason costs no query of its own.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from psycopg.rows import class_row

from firmtrack.answers.side_parts import UNTOLD, side_part
from firmtrack.errors import FirmtrackError
from firmtrack.store import database, statement
from firmtrack.store.acts import OPERATOR, Act, ActKind, record_act

TEXT_CHARACTERS = 300
MAXIMUM_AGE_SECONDS = 10

_CODE = re.compile(r"[!-~]{1,64}")  # what a stage report may give as its reason, too


class UnfitWording(FirmtrackError):
    """A code is 1 to 64 visible ASCII characters, a text one printable line of 1 to 300."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWording:
    """What operators say that ``code`` means, and who set it when."""

    code: str
    text: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class _Copy:
    """The table as it was read of one database; ``read_at`` is of the monotonic clock."""

    conninfo: str | None
    read_at: float
    wordings: Mapping[str, CodeWording]

    def is_current(self, conninfo: str) -> bool:
        """Return whether this is still good enough for the database ``conninfo``."""
        is_young = time.monotonic() - self.read_at <= MAXIMUM_AGE_SECONDS
        return self.conninfo == conninfo and is_young


_NO_COPY = _Copy(conninfo=None, read_at=0.0, wordings={})


class _Kept:
    """The process's copy; module state, because a process has exactly one database."""

    copy = _NO_COPY
    lock = Lock()


def list_wordings() -> list[CodeWording]:
    """Return all of the operators' wording as it is now, by code."""
    with (
        database.reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(CodeWording)) as cursor,
    ):
        return cursor.execute(statement("list_wordings")).fetchall()


def set_wording(code: str, text: str, *, set_by: str, actor: str = OPERATOR) -> None:
    """Say what ``code`` means, in place of what was said before. Raises UnfitWording.

    ``actor`` is how the audit names who does.
    """
    if not _CODE.fullmatch(code) or not _is_line(text):
        raise UnfitWording
    with database.pool().connection() as connection, connection.transaction():
        connection.execute(statement("set_wording"), (code, text, set_by))
        record_act(connection, _act(ActKind.WORDING_SET, code, actor, text))
    _forget()


def clear_wording(code: str, *, actor: str = OPERATOR) -> bool:
    """Take back what was said of ``code``; return whether anything had been."""
    with database.pool().connection() as connection, connection.transaction():
        is_cleared = connection.execute(statement("clear_wording"), (code,)).rowcount == 1
        if is_cleared:
            record_act(connection, _act(ActKind.WORDING_CLEARED, code, actor))
    _forget()
    return is_cleared


def current_wordings() -> Mapping[str, CodeWording]:
    """Return the operators' wording by code, as it was at most MAXIMUM_AGE_SECONDS ago.

    Empty if the process has no database open, or the wording could not be read.
    """
    if not database.is_open():
        return {}
    conninfo = database.conninfo_in_use()
    copy = _Kept.copy
    if not copy.is_current(conninfo):
        with _Kept.lock:
            copy = _Kept.copy
            if not copy.is_current(conninfo):
                read = side_part("operators' wording", lambda: _read(conninfo))
                copy = _Copy(conninfo, time.monotonic(), {}) if read is UNTOLD else read
                _Kept.copy = copy
    return copy.wordings


def _read(conninfo: str) -> _Copy:
    read_at = time.monotonic()
    return _Copy(conninfo, read_at, {wording.code: wording for wording in list_wordings()})


def _act(kind: ActKind, code: str, actor: str, text: str = "") -> Act:
    return Act(actor=actor, party=None, kind=kind, subject=code, detail=text)


def _forget() -> None:
    _Kept.copy = _NO_COPY


def _is_line(text: str) -> bool:
    return 0 < len(text) <= TEXT_CHARACTERS and text.isprintable() and text == text.strip()
