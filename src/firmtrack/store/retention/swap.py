"""Months exchanged for a table of what stays of them: written beside them, put in place in a moment."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.domain.facts import MessageKind
from firmtrack.errors import FirmtrackError
from firmtrack.store.database import HOLDING
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.months import EVENTS, MESSAGES, Month, MonthlyTable, kept_until, months_of
from firmtrack.store.numbers import KIND_NUMBERS
from firmtrack.store.retention import statement

_LOCK_MILLISECONDS = 100
"""Whoever asks for a row while a lock is waited for waits as long, too."""

_PAUSE_SECONDS = 0.25
_PATIENCE_SECONDS = 300.0
_FRESH = "_fresh"

_EARLIER = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_type = 'client backend' AND application_name <> %s AND xact_start < %s
    )
"""


class TableInUse(FirmtrackError):
    """Tables were in use for too long; what was done so far stays done: run prune again."""

    def __init__(self) -> None:
        super().__init__(
            f"Events and messages were in use for over {_PATIENCE_SECONDS:.0f} seconds without a "
            "pause. What was done so far stays done; to run it again does the rest."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many rows are older than the months that stay, how many of them stay, and the octets."""

    events: int
    messages: int
    kept_events: int
    kept_messages: int
    octets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Old:
    """What is older than the months that stay, before anything went."""

    events: int
    messages: int
    octets: int


def in_a_moment(connection: Connection[TupleRow], work: Callable[[], None]) -> None:
    """Do a short work in a transaction that waits for locks so briefly that nobody notices.

    Where somebody is in the way, it is tried again after a pause. Raises TableInUse.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
                work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() > until:
                raise TableInUse from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def wait_for_earlier(connection: Connection[TupleRow]) -> None:
    """Wait until every transaction has ended that had begun when this was called.

    Whatever was committed before, all others see from then on. Raises TableInUse.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    (moment,) = _row(connection.execute("SELECT clock_timestamp()").fetchone())
    while _row(connection.execute(_EARLIER, (HOLDING, moment)).fetchone())[0]:
        if time.monotonic() > until:
            raise TableInUse
        time.sleep(_PAUSE_SECONDS / 10)


class Swap:
    """The months before one, and all that was kept of earlier ones, on a connection in autocommit.

    ``given`` are the parameters of the statements.
    """

    def __init__(
        self, connection: Connection[TupleRow], month: Month, given: Mapping[str, Any]
    ) -> None:
        self._connection = connection
        self._month = month
        self.months = [each for each in months_of(connection, EVENTS) if each < month]
        self._end = max(
            month.begins_at, kept_until(connection, EVENTS), kept_until(connection, MESSAGES)
        )
        self._given = {
            **given,
            "end": self._end,
            "stage_report": KIND_NUMBERS[MessageKind.STAGE_REPORT],
        }
        self._old = _Old(
            events=self._count(EVENTS.name, "kept_from"),
            messages=self._count(MESSAGES.name, "kept_from"),
            octets=sum(self._size(part) for table in _TABLES for part in self._parts(table)),
        )

    @property
    def end(self) -> Any:
        """Before which moment lies what is exchanged."""
        return self._end

    def rehearse(self) -> Counted:
        """Count what would stay, in the transaction in which it was found what goes."""
        self._execute(
            "CREATE TEMPORARY TABLE rehearsed_event ON COMMIT DROP AS " + self._events_staying()
        )
        names = {"events": "rehearsed_event"}
        self._execute("ANALYZE rehearsed_event")
        kept_events = self._count("rehearsed_event")
        (kept_messages,) = self._ask(
            f"SELECT count(*) FROM ({self._statement('staying_messages', names)}) AS m"
        )
        share = (kept_events + kept_messages) / max(1, self._old.events + self._old.messages)
        return Counted(
            events=self._old.events - kept_events,
            messages=self._old.messages - kept_messages,
            kept_events=kept_events,
            kept_messages=kept_messages,
            octets=round(self._old.octets * (1 - share)),
        )

    def prepare(self) -> None:
        """Write what stays beside the months; nobody notices."""
        for table in _TABLES:
            self._execute(f"DROP TABLE IF EXISTS {_fresh(table)}")
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._write(EVENTS, self._events_staying())
            self._execute(f"ANALYZE {_fresh(EVENTS)}")
            names = {"events": _fresh(EVENTS)}
            self._write(MESSAGES, self._statement("staying_messages", names))
            self._execute(self._statement("gone_reports", names))
        self._execute(f"ANALYZE {_fresh(MESSAGES)}")

    def swap(self) -> Counted:
        """Put what was prepared in the place of the months, with what was recorded meanwhile."""
        in_a_moment(self._connection, self._exchange)
        kept_events = self._count(EVENTS.kept, "kept_from")
        kept_messages = self._count(MESSAGES.kept, "kept_from")
        kept_octets = sum(self._size(table.kept) for table in _TABLES)
        return Counted(
            events=self._old.events - kept_events,
            messages=self._old.messages - kept_messages,
            kept_events=kept_events,
            kept_messages=kept_messages,
            octets=max(0, self._old.octets - kept_octets),
        )

    def _write(self, table: MonthlyTable, staying: str) -> None:
        fresh = _fresh(table)
        for text in (
            f"CREATE TABLE {fresh} (LIKE {table.name} INCLUDING ALL)",
            # By this all of it is known to be older, so that nobody need look.
            f"ALTER TABLE {fresh} ADD CONSTRAINT is_older"
            f" CHECK ({table.column} < {sql.Literal(self._end).as_string(self._connection)})",
            f"INSERT INTO {fresh} {staying}",
            f"INSERT INTO {fresh} SELECT * FROM {table.kept} WHERE {table.column} >= %(kept_from)s",
        ):
            self._execute(text)

    def _exchange(self) -> None:
        take(self._connection, AdvisoryKey.MONTHS)
        # Messages first, as all who write.
        self._execute(
            f"LOCK TABLE ONLY {MESSAGES.name}, ONLY {EVENTS.name} IN ACCESS EXCLUSIVE MODE"
        )
        self._execute(self._statement("late_events", {"fresh": _fresh(EVENTS)}))
        self._execute(self._statement("late_messages", {"fresh": _fresh(MESSAGES)}))
        for table in _TABLES:
            fresh = _fresh(table)
            for part in self._parts(table):
                self._execute(f"ALTER TABLE {table.name} DETACH PARTITION {part}")
                self._execute(f"DROP TABLE {part}")
            self._execute(f"ALTER TABLE {fresh} RENAME TO {table.kept}")
            self._execute(
                f"ALTER TABLE {table.name} ATTACH PARTITION {table.kept} FOR VALUES FROM (MINVALUE)"
                f" TO ({sql.Literal(self._end).as_string(self._connection)})"
            )
            self._execute(f"ALTER TABLE {table.kept} DROP CONSTRAINT is_older")

    def _parts(self, table: MonthlyTable) -> list[str]:
        return [table.kept, *map(table.part_of, self.months)]

    def _events_staying(self) -> str:
        return self._statement("staying_events", {})

    def _statement(self, name: str, names: Mapping[str, str]) -> str:
        text = statement(name).decode()
        for placeholder, value in names.items():
            text = text.replace("{" + placeholder + "}", value)
        return text

    def _count(self, table: str, before: str | None = None) -> int:
        condition = "" if before is None else f" WHERE occurred_at < %({before})s"
        (count,) = self._ask(f"SELECT count(*) FROM {table}{condition}")
        return int(count)

    def _size(self, table: str) -> int:
        (octets,) = self._ask(f"SELECT pg_total_relation_size('{table}')")
        return int(octets)

    def _ask(self, text: str) -> TupleRow:
        return _row(self._connection.execute(text.encode(), self._given).fetchone())

    def _execute(self, text: str) -> None:
        self._connection.execute(text.encode(), self._given if "%(" in text else None)


_TABLES = (EVENTS, MESSAGES)


def _fresh(table: MonthlyTable) -> str:
    """Return the name of what is written beside a table's part ``kept``."""
    return table.kept + _FRESH


def _row(row: TupleRow | None) -> TupleRow:
    assert row is not None
    return row
