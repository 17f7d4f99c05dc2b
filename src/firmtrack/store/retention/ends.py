"""Rows that end by themselves: found by a condition, deleted in portions of the table's blocks.

Each portion is one short transaction that goes through its blocks once, so that no index is needed
for the time by which rows end, and a table is read once however much of it goes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg import Connection, sql
from psycopg.rows import TupleRow, dict_row

from firmtrack.answers.pruning import Ended, What

_BLOCKS_AT_ONCE = 512
"""Four megabytes: some ten thousand rows, which are locked for a moment."""

_SUM = """
    SELECT count(*), coalesce(sum(octets), 0)::bigint, {with_it} FROM gone
"""
_COUNT = """
    WITH gone AS (
        SELECT pg_column_size(t.*) AS octets, {key} AS key FROM {table} AS t WHERE {condition}
    )
"""
_DELETE = """
    WITH gone AS (
        DELETE FROM {table} AS t
        WHERE t.ctid >= %(first)s::tid AND t.ctid < %(last)s::tid AND ({condition})
        RETURNING pg_column_size(t.*) AS octets, {key} AS key
    )
"""
_WITH_IT = "(SELECT count(*) FROM {table} JOIN gone ON gone.key = {table}.{key})"
_STAYING = "SELECT count(*) FROM {table} AS t WHERE {staying}"
_BLOCKS = "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint"

Tell = Callable[[float], None]
"""Is told which share of a work is done, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Rows of a table that end, by a condition on ``t``, the row; it may name ``before``.

    ``asked`` is asked first, of what may lie elsewhere: one row, whose columns the condition may
    name. ``staying`` is of those as old that stay. Rows of the table ``with_it``, which name theirs
    by the same column ``key``, the database deletes with them.
    """

    what: What
    table: LiteralString
    condition: LiteralString
    asked: LiteralString | None = None
    staying: LiteralString | None = None
    key: LiteralString = "ctid"
    with_it: tuple[What, LiteralString] | None = None


def end_rows(
    connection: Connection[TupleRow],
    ending: Ending,
    given: Mapping[str, object],
    *,
    is_rehearsal: bool,
    tell: Tell = lambda _: None,
) -> list[Ended]:
    """Delete the rows that end, and return what went; of a rehearsal, what would.

    To be interrupted leaves whole portions undone, which the next time does. ``given`` has the
    moment ``before`` which rows end, and what else the condition names.
    """
    given = {**given, **_asked(connection, ending, given)}
    if is_rehearsal:
        gone = _row(connection, _query(ending, _COUNT + _SUM), given)
    else:
        gone = _delete(connection, ending, given, tell)
    rows, octets, rows_with_it = gone
    stays = 0
    if ending.staying is not None:
        (stays,) = _row(connection, _query(ending, _STAYING), given)
    kept_from = given.get("before")
    ended = [_ended(ending.what, kept_from, rows, octets, stays)]
    if ending.with_it is not None:
        ended.append(_ended(ending.with_it[0], kept_from, rows_with_it, 0, 0))
    return ended


def _asked(
    connection: Connection[TupleRow], ending: Ending, given: Mapping[str, object]
) -> Mapping[str, object]:
    if ending.asked is None:
        return {}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(ending.asked, given).fetchone() or {}


def _ended(what: What, kept_from: object, rows: int, octets: int, stays: int) -> Ended:
    assert kept_from is None or isinstance(kept_from, datetime)
    return Ended(what=what, kept_from=kept_from, rows=rows, octets=octets, stays=stays)


def _delete(
    connection: Connection[TupleRow], ending: Ending, given: Mapping[str, object], tell: Tell
) -> tuple[int, ...]:
    (blocks,) = _row(connection, _BLOCKS, (ending.table,))
    query = _query(ending, _DELETE + _SUM)
    gone: tuple[int, ...] = (0, 0, 0)
    for first in range(0, blocks, _BLOCKS_AT_ONCE):
        last = first + _BLOCKS_AT_ONCE
        within = {"first": f"({first},0)", "last": f"({last},0)"}
        found = _row(connection, query, {**given, **within})
        gone = tuple(map(sum, zip(gone, found, strict=True)))
        tell(min(1.0, last / blocks))
    return gone


def _query(ending: Ending, text: LiteralString) -> sql.Composed:
    with_it: sql.Composable = sql.SQL("0")
    if ending.with_it is not None:
        table = sql.Identifier(ending.with_it[1])
        with_it = sql.SQL(_WITH_IT).format(table=table, key=sql.Identifier(ending.key))
    return sql.SQL(text).format(
        table=sql.Identifier(ending.table),
        key=sql.Identifier("t", ending.key),
        condition=sql.SQL(ending.condition),
        staying=sql.SQL(ending.staying or "false"),
        with_it=with_it,
    )


def _row(
    connection: Connection[TupleRow],
    query: str | sql.Composed,
    given: Mapping[str, object] | tuple[object, ...],
) -> TupleRow:
    row: TupleRow | None = connection.execute(query, given).fetchone()
    assert row is not None
    return row
