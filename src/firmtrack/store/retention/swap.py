"""Months exchanged for a table of what stays of them: written beside them, put in place at once."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.domain.facts import MessageKind
from firmtrack.store.database import HOLDING
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.months import EVENTS, MESSAGES, Month, MonthlyTable, kept_until, months_of
from firmtrack.store.numbers import KIND_NUMBERS
from firmtrack.store.retention import statement
from firmtrack.store.retention.whole_months import TableInUse, in_a_moment
from firmtrack.store.shards import octets_of, settle_beside

_TABLES = (EVENTS, MESSAGES)
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 300.0
_EARLIER = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_type = 'client backend' AND application_name <> %s AND xact_start < %s
          -- Who waits to read messages again waits for the prune, and has recorded nothing.
          AND pid NOT IN (
              SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted
          )
    )
"""
_COUNT = "SELECT count(*) FROM {table} WHERE occurred_at < %(kept_from)s"
_DROP_FRESH = "DROP TABLE IF EXISTS {fresh}"
_REHEARSE = "CREATE TEMPORARY TABLE rehearsed_event ON COMMIT DROP AS {staying}"
_COUNT_ROWS = "SELECT count(*) FROM ({staying}) AS m"
_ANALYZE = "ANALYZE {fresh}"
_MAKE = "CREATE TABLE {fresh} (LIKE {table} INCLUDING ALL)"
_WRITE = (
    # By this all of it is known to be older, so that nobody need look when it is put in its place.
    "ALTER TABLE {fresh} ADD CONSTRAINT is_older CHECK (occurred_at < {end})",
    "INSERT INTO {fresh} {staying}",
    "INSERT INTO {fresh} SELECT * FROM {kept} WHERE occurred_at >= %(kept_from)s",
)
_LOCK = "LOCK TABLE ONLY {messages}, ONLY {events} IN ACCESS EXCLUSIVE MODE"
_TAKE_AWAY = ("ALTER TABLE {table} DETACH PARTITION {part}", "DROP TABLE {part}")
_PUT_IN_PLACE = (
    "ALTER TABLE {fresh} RENAME TO {kept}",
    "ALTER TABLE {table} ATTACH PARTITION {kept} FOR VALUES FROM (MINVALUE) TO ({end})",
    "ALTER TABLE {kept} DROP CONSTRAINT is_older",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many went of what is older than the months that stay, how many stay, and the octets."""

    events: int
    messages: int
    kept_events: int
    kept_messages: int
    octets: int


def wait_for_earlier(connection: Connection[TupleRow]) -> None:
    """Wait until every transaction has ended that had begun when this was called.

    What was committed before it, all others see from then on. Raises TableInUse.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    rereading = AdvisoryKey.REREADING.value
    (moment,) = _row(connection.execute("SELECT clock_timestamp()").fetchone())
    while _row(connection.execute(_EARLIER, (HOLDING, moment, rereading)).fetchone())[0]:
        if time.monotonic() > until:
            raise TableInUse(EVENTS.name)
        time.sleep(_LOOK_SECONDS)  # PostgreSQL tells nobody that others' transactions have ended


class Swap:
    """The months before one, and all that was kept of earlier ones, on a connection in autocommit.

    ``given`` are the parameters of the statements. ``end`` is before which moment lies what is
    exchanged.
    """

    def __init__(
        self, connection: Connection[TupleRow], month: Month, given: Mapping[str, Any]
    ) -> None:
        self._connection = connection
        self.months = [each for each in months_of(connection, EVENTS) if each < month]
        self.end: datetime = max(
            month.begins_at, kept_until(connection, EVENTS), kept_until(connection, MESSAGES)
        )
        self._given = {
            **given,
            "end": self.end,
            "but": [],
            "stage_report": KIND_NUMBERS[MessageKind.STAGE_REPORT],
        }
        self._events = self._count(EVENTS.name)
        self._messages = self._count(MESSAGES.name)
        self._octets = sum(self._size(part) for table in _TABLES for part in self._parts(table))

    def rehearse(self, going: Sequence[int]) -> Counted:
        """Count what would stay, in the transaction in which it was found what goes.

        ``going`` are the keys of the requests that would go whole.
        """
        self._given["but"] = list(going)
        names = {"fresh": _name("rehearsed_event"), "events": _name("rehearsed_event")}
        self._execute(_REHEARSE, {"staying": _text("staying_events", {})})
        self._execute(_ANALYZE, names)
        (kept_events,) = self._ask("SELECT count(*) FROM rehearsed_event", {})
        staying = _text("staying_messages", names)
        (kept_messages,) = self._ask(_COUNT_ROWS, {"staying": staying})
        kept_share = (kept_events + kept_messages) / max(1, self._events + self._messages)
        return self._counted(kept_events, kept_messages, round(self._octets * kept_share))

    def prepare(self) -> None:
        """Write what stays beside the months; nobody notices."""
        for table in _TABLES:
            self._execute(_DROP_FRESH, _names(table))
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._write(EVENTS, _text("staying_events", {}))
            events = {"events": _name(_fresh(EVENTS))}
            self._write(MESSAGES, _text("staying_messages", events))
            self._execute(_text("gone_reports", events), {})

    def swap(self) -> Counted:
        """Put what was prepared in the place of the months, with what was recorded meanwhile."""
        in_a_moment(self._connection, EVENTS.name, self._exchange)
        return self._counted(
            self._count(EVENTS.kept),
            self._count(MESSAGES.kept),
            sum(self._size(table.kept) for table in _TABLES),
        )

    def _counted(self, kept_events: int, kept_messages: int, kept_octets: int) -> Counted:
        return Counted(
            events=self._events - kept_events,
            messages=self._messages - kept_messages,
            kept_events=kept_events,
            kept_messages=kept_messages,
            octets=max(0, self._octets - kept_octets),
        )

    def _write(self, table: MonthlyTable, staying: sql.Composable) -> None:
        names = {**_names(table), "end": sql.Literal(self.end), "staying": staying}
        self._execute(_MAKE, names)
        settle_beside(self._connection, _fresh(table), table.name)
        for text in (*_WRITE, _ANALYZE):
            self._execute(text, names)

    def _exchange(self) -> None:
        take(self._connection, AdvisoryKey.MONTHS)
        # Messages first, as all who write.
        self._execute(_LOCK, {"messages": _name(MESSAGES.name), "events": _name(EVENTS.name)})
        self._execute(_text("late_events", _names(EVENTS)), {})
        self._execute(_text("late_messages", _names(MESSAGES)), {})
        for table in _TABLES:
            for part in self._parts(table):
                for text in _TAKE_AWAY:
                    self._execute(text, {**_names(table), "part": _name(part)})
            for text in _PUT_IN_PLACE:
                self._execute(text, {**_names(table), "end": sql.Literal(self.end)})

    def _parts(self, table: MonthlyTable) -> list[str]:
        return [table.kept, *map(table.part_of, self.months)]

    def _count(self, table: str) -> int:
        (count,) = self._ask(_COUNT, {"table": _name(table)})
        return int(count)

    def _size(self, part: str) -> int:
        return octets_of(self._connection, part)

    def _ask(self, text: str | sql.Composable, names: Mapping[str, sql.Composable]) -> TupleRow:
        return _row(self._connection.execute(_filled(text, names), self._given).fetchone())

    def _execute(self, text: str | sql.Composable, names: Mapping[str, sql.Composable]) -> None:
        query = _filled(text, names)
        # A statement that defines something takes no parameters.
        given = self._given if "%(" in query.as_string(self._connection) else None
        self._connection.execute(query, given)


def _filled(
    text: str | sql.Composable, names: Mapping[str, sql.Composable]
) -> sql.SQL | sql.Composed:
    if isinstance(text, str):
        return sql.SQL(text).format(**names)
    assert isinstance(text, sql.SQL | sql.Composed)
    return text


def _text(name: str, names: Mapping[str, sql.Composable]) -> sql.Composed:
    """Return a statement that names tables."""
    return sql.SQL(statement(name).decode()).format(**names)


def _names(table: MonthlyTable) -> dict[str, sql.Composable]:
    return {
        "table": _name(table.name),
        "kept": _name(table.kept),
        "fresh": _name(_fresh(table)),
    }


def _fresh(table: MonthlyTable) -> str:
    """Return the name of what is written beside a table's part ``kept``."""
    return f"{table.kept}_fresh"


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(table)


def _row(row: TupleRow | None) -> TupleRow:
    assert row is not None
    return row
