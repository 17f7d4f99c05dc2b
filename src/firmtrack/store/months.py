"""The tables that have a part for each month: their parts' names, and new months made.

A month is one of UTC. A row belongs to the month of a time of its own, so that whole months can go
at once. What is older than the months, and what stays of months that went, is in the part ``kept``;
what lies after the months that are made is in the part ``later``. So any time has its place.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg
from django.conf import settings
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.store.locks import AdvisoryKey, take, take_if_free

MONTHS_AHEAD = 3
"""How many months after the present one are made."""

_MOST_MONTHS_BACK = 36  # of a new database: each part costs every look-up
_MONTHS_A_YEAR = 12
_LOCK_MILLISECONDS = 100  # who asks for a row meanwhile waits as long, once
_logger = logging.getLogger(__name__)

_MADE_UNTIL = """
    SELECT parent.relname, max((regexp_match(
        pg_get_expr(part.relpartbound, part.oid), 'TO \\(''([^'']+)''\\)'
    ))[1]::timestamptz)
    FROM pg_class AS parent
    JOIN pg_inherits AS i ON i.inhparent = parent.oid
    JOIN pg_class AS part ON part.oid = i.inhrelid
    WHERE parent.oid = ANY (%s::regclass[]) AND part.relkind = 'r'
    GROUP BY parent.relname
"""
_KEPT_UNTIL = """
    SELECT (regexp_match(pg_get_expr(relpartbound, oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz
    FROM pg_class
    WHERE oid = %s::regclass AND relispartition
"""
_PARTS = """
    SELECT part.relname
    FROM pg_inherits AS i
    JOIN pg_class AS part ON part.oid = i.inhrelid
    WHERE i.inhparent = %s::regclass AND part.relkind = 'r'
"""


class Month(NamedTuple):
    """A month of the calendar, in UTC; months compare as they follow each other."""

    year: int
    month: int

    @property
    def begins_at(self) -> datetime:
        """When it begins."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    def after(self, months: int = 1) -> "Month":
        """Return the month that is so many months later; of a negative number, earlier."""
        number = self.year * _MONTHS_A_YEAR + self.month - 1 + months
        return Month(number // _MONTHS_A_YEAR, number % _MONTHS_A_YEAR + 1)


@dataclass(frozen=True, slots=True)
class MonthlyTable:
    """A table that has a part for each month, and the column that says which a row belongs to."""

    name: str
    column: str

    @property
    def kept(self) -> str:
        """The part of what is older than the months, and of what stayed of months that went."""
        return f"{self.name}_kept"

    @property
    def later(self) -> str:
        """The part of what lies after the months that are made."""
        return f"{self.name}_later"

    def part_of(self, month: Month) -> str:
        """Return the name of a month's part."""
        return f"{self.name}_{month.year:04}_{month.month:02}"

    def month_of(self, part: str) -> Month | None:
        """Return the month whose part is called so, None if it is ``kept`` or ``later``."""
        if part in (self.kept, self.later):
            return None
        year, month = part.removeprefix(f"{self.name}_").split("_")
        return Month(int(year), int(month))


EVENTS = MonthlyTable("recorded_event", "occurred_at")
MESSAGES = MonthlyTable("dated_message", "occurred_at")
LOOKUPS = MonthlyTable("lookup_audit", "looked_up_at")
ACTS = MonthlyTable("act", "acted_at")
TABLES = (EVENTS, MESSAGES, LOOKUPS, ACTS)


def month_of(moment: datetime) -> Month:
    """Return the month that a moment lies in."""
    moment = moment.astimezone(UTC)
    return Month(moment.year, moment.month)


def this_month(connection: Connection[TupleRow]) -> Month:
    """Return the present month, by the database's clock."""
    row = connection.execute("SELECT now()").fetchone()
    assert row is not None
    return month_of(row[0])


def months_of(connection: Connection[TupleRow], table: MonthlyTable) -> list[Month]:
    """Return the months that have a part in the table, the oldest first."""
    parts = connection.execute(_PARTS, (table.name,)).fetchall()
    return sorted(month for (part,) in parts if (month := table.month_of(part)) is not None)


def kept_until(connection: Connection[TupleRow], table: MonthlyTable) -> datetime:
    """Return where the table's part ``kept`` ends and its first month begins."""
    row = connection.execute(_KEPT_UNTIL, (table.kept,)).fetchone()
    assert row is not None, f"{table.name} has its part {table.kept}"
    ends_at: datetime = row[0]
    return ends_at.astimezone(UTC)


def made_until(
    connection: Connection[TupleRow], tables: Iterable[MonthlyTable] = TABLES
) -> Mapping[MonthlyTable, Month]:
    """Return of each table the first month that is not made."""
    of_name = {table.name: table for table in tables}
    rows = connection.execute(_MADE_UNTIL, (list(of_name),)).fetchall()
    return {of_name[name]: month_of(ends_at) for name, ends_at in rows}


def months_ahead(connection: Connection[TupleRow]) -> int:
    """Return how many months after the present one every table has, -1 if not even that."""
    made = min(made_until(connection).values())
    present = this_month(connection)
    between = (made.year - present.year) * _MONTHS_A_YEAR + made.month - present.month
    return max(between - 1, -1)


def begin(connection: Connection[TupleRow], tables: Iterable[MonthlyTable] = TABLES) -> None:
    """Give tables that have none their parts, in the transaction of the connection.

    The first month is as far back as facts are kept by the settings, 36 months at most.
    """
    take(connection, AdvisoryKey.MONTHS)
    present = this_month(connection)
    back = min(settings.ENVIRONMENT.retention_months, _MOST_MONTHS_BACK)
    first = present.after(-back)
    for table in tables:
        connection.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM (MINVALUE) TO ({})").format(
                sql.Identifier(table.kept),
                sql.Identifier(table.name),
                sql.Literal(first.begins_at.isoformat()),
            )
        )
        connection.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF {} DEFAULT").format(
                sql.Identifier(table.later), sql.Identifier(table.name)
            )
        )
        for months in range(back + MONTHS_AHEAD + 1):
            _make(connection, table, first.after(months))


def make_months(connection: Connection[TupleRow], ahead: int = MONTHS_AHEAD) -> bool:
    """Make what is missing up to so many months after the present one; return whether all are made.

    What the part ``later`` holds of them goes into them. Nobody is held up for longer than a
    moment: where somebody reads or writes the part ``later`` for long, or another process makes
    months, it is left to the next call. The connection is in autocommit.
    """
    end = this_month(connection).after(ahead + 1)
    for table, next_month in made_until(connection).items():
        month = next_month
        while month < end:
            if not _make_alone(connection, table, month):
                return False
            month = month.after()
    return True


def keep_months(connection: Connection[TupleRow]) -> None:
    """Make the months that are missing, if it can be done now; who is not able to says so."""
    try:
        make_months(connection)
    except psycopg.Error as error:
        # As long as there are months ahead nothing is amiss, and without them there is ``later``.
        _logger.warning("No month could be made ahead: %s", " ".join(str(error).split())[:500])


def _make_alone(connection: Connection[TupleRow], table: MonthlyTable, month: Month) -> bool:
    """Make a month unless another process does, or somebody is in the way; return whether it is."""
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
            if not take_if_free(connection, AdvisoryKey.MONTHS):
                return False
            if made_until(connection, [table])[table] == month:
                _make(connection, table, month)
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _make(connection: Connection[TupleRow], table: MonthlyTable, month: Month) -> None:
    """Make a month's part beside the table, move what belongs in it, and attach it."""
    names = {
        "parent": sql.Identifier(table.name),
        "part": sql.Identifier(table.part_of(month)),
        "later": sql.Identifier(table.later),
        "column": sql.Identifier(table.column),
        "begin": sql.Literal(month.begins_at.isoformat()),
        "end": sql.Literal(month.after().begins_at.isoformat()),
    }
    for step in _STEPS:
        connection.execute(sql.SQL(step).format(**names))


# Who writes goes by the parent first, and so does this.
_STEPS = (
    "LOCK TABLE ONLY {parent} IN SHARE UPDATE EXCLUSIVE MODE",
    "LOCK TABLE {later} IN ACCESS EXCLUSIVE MODE",
    "CREATE TABLE {part} (LIKE {parent} INCLUDING ALL)",
    """
    WITH moved AS (
        DELETE FROM {later} WHERE {column} >= {begin} AND {column} < {end} RETURNING *
    )
    INSERT INTO {part} SELECT * FROM moved
    """,
    "ALTER TABLE {parent} ATTACH PARTITION {part} FOR VALUES FROM ({begin}) TO ({end})",
)
