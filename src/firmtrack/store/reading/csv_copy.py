"""A request's distributions as CSV, made by the database: COPY … TO STDOUT passed through."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import request_parts, to_bigint
from firmtrack.store.reading.filtering import condition

_BLOCK_BYTES = 64 * 1024

# A cell that begins with one of these would be a formula in a spreadsheet; the last four are the
# full-width forms of = + - @, which some take as the same.
_SAFE = sql.SQL(
    "CASE WHEN {cell} ~ '^[-=+@\t\r\uff1d\uff0b\uff0d\uff20]' THEN '''' || {cell} ELSE {cell} END"
)

_QUERY = sql.SQL(
    """
COPY (
    SELECT
        {request_id},
        {firmware_version},
        upper(substr(h, 1, 2) || '-' || substr(h, 3, 2) || '-' || substr(h, 5, 2) || '-'
            || substr(h, 7, 2) || '-' || substr(h, 9, 2) || '-' || substr(h, 11, 2) || '-'
            || substr(h, 13, 2) || '-' || substr(h, 15, 2)),
        status_name.name,
        {reason},
        to_char(
            CASE
                WHEN {sees_all} OR c.addressee IS NULL OR c.addressee = ANY ({user_ids}::bigint[])
                    THEN c.occurred_at
                -- Of a word that was sent to another party, the day.
                ELSE date_trunc('day', c.occurred_at, 'UTC')
            END AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS"Z"'
        )
    FROM current_distribution AS c
    CROSS JOIN LATERAL (
        SELECT encode(int8send(c.device_id # (-9223372036854775808)), 'hex') AS h
    ) AS hexadecimal
    JOIN (VALUES {status_names}) AS status_name (stage, failed, name)
        ON status_name.stage = c.stage AND status_name.failed = c.failed
    LEFT JOIN (VALUES {reason_texts}) AS reason_text (code, text) ON reason_text.code = c.reason
    LEFT JOIN (VALUES {misfit_texts}) AS misfit_text (stage, failed, code, text)
        ON misfit_text.code = c.reason
        AND misfit_text.stage = c.stage AND misfit_text.failed = c.failed
    WHERE c.originator = {originator} AND c.target = {target} AND c.counter = {counter}
      AND {condition}
    ORDER BY c.device_id
) TO STDOUT (FORMAT csv)
"""
)


def query(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    status_names: Mapping[Status, str],
    reason_texts: Mapping[str, str],
    misfit_texts: Mapping[tuple[Status, str], str],
    now: datetime,
) -> sql.Composed:
    """Return the COPY statement for the distributions of one request that are wanted ``now``."""
    originator, target, counter = map(sql.Literal, request_parts(request_id))
    return _QUERY.format(
        request_id=sql.Literal(str(request_id)),
        firmware_version=_safe(sql.SQL("c.firmware_version")),
        reason=_safe(sql.SQL("coalesce(misfit_text.text, reason_text.text, c.reason)")),
        status_names=_values(
            (int(status.stage), status.is_bad, name) for status, name in status_names.items()
        ),
        reason_texts=_values([("", ""), *reason_texts.items()]),
        sees_all=sql.Literal(viewer.sees_all),
        user_ids=sql.Literal([to_bigint(user_id) for user_id in viewer.user_ids]),
        misfit_texts=_values(
            [(0, False, "", "")]
            + [
                (int(status.stage), status.is_bad, code, text)
                for (status, code), text in misfit_texts.items()
            ]
        ),
        originator=originator,
        target=target,
        counter=counter,
        condition=condition(viewer, request_id, wanted, now),
    )


def blocks(connection: Connection[TupleRow], statement: sql.Composed) -> Iterator[bytes]:
    """Yield what the statement copies in blocks of about 64 KiB, rows ended as RFC 4180 says."""
    block = bytearray()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in copy:
            block += row
            if len(block) >= _BLOCK_BYTES:
                yield bytes(block.replace(b"\n", b"\r\n"))
                block.clear()
    yield bytes(block.replace(b"\n", b"\r\n"))


def _safe(cell: sql.Composable) -> sql.Composed:
    return _SAFE.format(cell=cell)


def _values(rows: Iterable[tuple[object, ...]]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, row))) for row in rows
    )
