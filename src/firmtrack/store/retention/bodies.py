"""What messages said word for word, which may go before what was read of them does.

A month of messages that have their bodies is written anew without them, beside the old one, and put
in its place in a moment: so the disk gets its room back. Where few have one, as what came late, it
is taken from these in their place.

Of two kinds of message the body stays as long as the message: of a request, because which devices
it names is read again when something about it is taken back; and of a stage report, because who may
see the report is read from what it says.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.answers.pruning import Ended, What
from firmtrack.domain.facts import MessageKind
from firmtrack.store.database import held
from firmtrack.store.known_from import Kind, note_kept_from
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.months import MESSAGES, Month, month_of, months_of
from firmtrack.store.numbers import KIND_NUMBERS
from firmtrack.store.retention.ends import Tell
from firmtrack.store.retention.whole_months import in_a_moment
from firmtrack.store.shards import settle_beside

KEPT_KINDS = (MessageKind.UPDATE_FIRMWARE_REQUEST, MessageKind.STAGE_REPORT)
"""Of these the body stays as long as the message."""

_UNDATED = "undated_message"
_IDS = 1 << 128
_WRITTEN_ANEW_FROM = 0.1
"""From which share of a month's messages with a body on it is written anew."""

_MESSAGES_AT_ONCE = 10_000

_MEASURE = sql.SQL("""
    SELECT count(*), count(body), coalesce(sum(octet_length(body)), 0)::bigint
    FROM {part} WHERE {condition}
""")
_CLEAR = sql.SQL("""
    WITH cleared AS (
        UPDATE {part} SET body = NULL
        WHERE message_id >= %(first)s AND message_id <= %(last)s
            AND body IS NOT NULL AND {condition}
        RETURNING 1
    )
    SELECT count(*) FROM cleared
""")
_COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
        string_agg(
            CASE attname WHEN 'body' THEN 'NULL' ELSE 'm.' || quote_ident(attname) END, ', '
            ORDER BY attnum
        )
    FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""
_COPY = "INSERT INTO {fresh} ({columns}) SELECT {values} FROM {part} AS m"
# What was recorded of the month since it was copied: found by when that was, and counted.
_LATE = """
    WHERE m.recorded_at >= %(since)s::timestamptz - interval '1 day'
      AND NOT EXISTS (SELECT FROM {fresh} AS f WHERE f.message_id = m.message_id)
"""
_ALL_LATE = " WHERE NOT EXISTS (SELECT FROM {fresh} AS f WHERE f.message_id = m.message_id)"
_ARE_AS_MANY = "SELECT (SELECT count(*) FROM {part}) = (SELECT count(*) FROM {fresh})"
_LEFT = """
    SELECT relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition
      AND relname LIKE %s
"""
_ANEW = "_anew"
_WITHIN = sql.SQL("occurred_at >= {begin} AND occurred_at < {end}")


class _Measured(NamedTuple):
    """How many messages a part has, how many of them with a body, and these bodies' octets."""

    messages: int
    bodies: int
    octets: int


def prune_bodies(
    connection: Connection[TupleRow], kept_from: datetime, *, is_rehearsal: bool, tell: Tell
) -> Ended:
    """Take the bodies of what is older than a month's beginning; of a rehearsal, say what would go.

    The connection is in autocommit. Whoever reads messages again waits, or is waited for. Raises
    TableInUse.
    """
    months = [each for each in months_of(connection, MESSAGES) if each < month_of(kept_from)]
    kept_kinds = sql.SQL(", ").join(KIND_NUMBERS[kind] for kind in KEPT_KINDS)
    before = sql.SQL("recorded_at < {}").format(kept_from)
    goes = sql.SQL("{} AND kind NOT IN ({})").format(before, kept_kinds)
    stays = sql.SQL("{} AND kind IN ({})").format(before, kept_kinds)
    parts: list[tuple[str, Month | None, sql.Composable]] = [
        (_UNDATED, None, goes),
        (MESSAGES.kept, None, sql.SQL("true")),
        *((MESSAGES.part_of(month), month, sql.SQL("true")) for month in months),
    ]
    rows, octets, whole = 0, 0, []
    with held(AdvisoryKey.REREADING):
        if not is_rehearsal:
            _drop_left(connection)
        for number, (part, month, condition) in enumerate(parts, 1):
            measured = _measure(connection, part, condition)
            rows, octets = rows + measured.bodies, octets + measured.octets
            is_written_anew = (
                month is not None
                and measured.bodies > 0
                and measured.bodies >= _WRITTEN_ANEW_FROM * measured.messages
            )
            if is_written_anew and month is not None:
                whole.append(month.begins_at)
            if not is_rehearsal and measured.bodies:
                note_kept_from(connection, Kind.BODIES, kept_from)
                if is_written_anew and month is not None:
                    _write_anew(connection, month)
                else:
                    _clear(connection, part, condition, measured.messages)
            tell(number / len(parts))
    return Ended(
        what=What.BODIES,
        kept_from=kept_from,
        rows=rows,
        octets=octets,
        months=tuple(whole),
        stays=_measure(connection, _UNDATED, stays).bodies,
    )


def _drop_left(connection: Connection[TupleRow]) -> None:
    """Drop the months written anew that a prune which was killed has left beside the others."""
    for (name,) in connection.execute(_LEFT, (f"{MESSAGES.name}%{_ANEW}",)).fetchall():
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))


def _measure(connection: Connection[TupleRow], part: str, condition: sql.Composable) -> _Measured:
    query = _MEASURE.format(part=sql.Identifier(part), condition=condition)
    return _Measured(*_row(connection.execute(query).fetchone()))


def _clear(
    connection: Connection[TupleRow], part: str, condition: sql.Composable, messages: int
) -> None:
    """Take bodies in their place, in portions: their IDs are digests, and evenly spread."""
    query = _CLEAR.format(part=sql.Identifier(part), condition=condition)
    portions = messages // _MESSAGES_AT_ONCE + 1
    width = _IDS // portions + 1
    for first in range(0, _IDS, width):
        last = min(first + width, _IDS) - 1
        connection.execute(query, {"first": UUID(int=first), "last": UUID(int=last)})


def _write_anew(connection: Connection[TupleRow], month: Month) -> None:
    """Write a month anew without bodies beside itself, then put that in its place."""
    part = MESSAGES.part_of(month)
    fresh = part + _ANEW
    columns, values = _row(connection.execute(_COLUMNS, (MESSAGES.name,)).fetchone())
    names = {
        "parent": sql.Identifier(MESSAGES.name),
        "part": sql.Identifier(part),
        "fresh": sql.Identifier(fresh),
        "columns": sql.SQL(columns),
        "values": sql.SQL(values),
        "within": _WITHIN.format(begin=month.begins_at, end=month.after().begins_at),
        "begin": sql.Literal(month.begins_at),
        "end": sql.Literal(month.after().begins_at),
    }
    (since,) = _row(connection.execute("SELECT clock_timestamp()").fetchone())
    with connection.transaction():
        connection.execute(
            sql.SQL("CREATE TABLE {fresh} (LIKE {parent} INCLUDING ALL)").format(**names)
        )
        settle_beside(connection, fresh, MESSAGES.name)
        # By this the part is known to be of its month, so that nobody need look.
        connection.execute(
            sql.SQL("ALTER TABLE {fresh} ADD CONSTRAINT of_month CHECK ({within})").format(**names)
        )
        connection.execute(sql.SQL(_COPY).format(**names))
    connection.execute(sql.SQL("ANALYZE {fresh}").format(**names))

    def swap() -> None:
        take(connection, AdvisoryKey.MONTHS)
        lock = "LOCK TABLE {part} IN SHARE ROW EXCLUSIVE MODE"  # who writes to this old month
        connection.execute(sql.SQL(lock).format(**names))
        _copy_late(connection, names, since)
        for text in (
            "ALTER TABLE {parent} DETACH PARTITION {part}",
            "DROP TABLE {part}",
            "ALTER TABLE {fresh} RENAME TO {part}",
            "ALTER TABLE {parent} ATTACH PARTITION {part} FOR VALUES FROM ({begin}) TO ({end})",
            "ALTER TABLE {part} DROP CONSTRAINT of_month",
        ):
            connection.execute(sql.SQL(text).format(**names))

    in_a_moment(connection, MESSAGES.name, swap)


def _copy_late(
    connection: Connection[TupleRow], names: Mapping[str, sql.Composable], since: datetime
) -> None:
    """Copy what was recorded since the month was copied, while nobody writes to it."""
    connection.execute(sql.SQL(_COPY + _LATE).format(**names), {"since": since})
    (is_all,) = _row(connection.execute(sql.SQL(_ARE_AS_MANY).format(**names)).fetchone())
    if not is_all:  # from a transaction that had been open for a day
        connection.execute(sql.SQL(_COPY + _ALL_LATE).format(**names))


def _row(row: TupleRow | None) -> TupleRow:
    assert row is not None
    return row
