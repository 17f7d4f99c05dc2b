"""What happened to the viewer's requests between two moments, as whoever counts has found it.

A request that has changed since it was counted is looked at anew: what is not so any more is not
told. What came since the last count is told by the next (docs/decisions/040).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, dict_row

from firmtrack.answers.happenings import Happenings, OpenCause, TroubleGroup, Troubles
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.domain.stages import Stage, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import request_id_of
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.replica import look_up
from firmtrack.store.reports import statement
from firmtrack.store.reports.last_counts import CountedFigures, last_count
from firmtrack.store.reports.request_lists import ended_between

_PATIENCE = "SET LOCAL statement_timeout = '2s'"
"""No more than so long is waited for what stands beside a form."""


@look_up
def last_counted_at(connection: Connection[TupleRow]) -> datetime | None:
    """Return until when what happened is known; None if nobody has counted yet."""
    return last_count(connection, CountedFigures.STANDINGS).at


@look_up
def happenings(
    connection: Connection[TupleRow],
    viewer: Viewer,
    since: datetime,
    until: datetime,
    *,
    limit: int,
) -> Happenings:
    """Return what happened after ``since`` and by ``until``, of each kind ``limit`` at most."""
    asked = {**asked_by(viewer), "since": since, "until": until, "limit": limit}
    with connection.transaction():
        connection.execute(_PATIENCE)
        ended = ended_between(connection, viewer, since, until, limit=limit + 1)
        troubles = _rows(connection, "happening_troubles", asked)
        causes = _rows(connection, "happening_causes", asked)
    return Happenings(
        since=since,
        until=until,
        ended=ended[:limit],
        has_more_ended=len(ended) > limit,
        failed=_troubles([row for row in troubles if row["failed"]]),
        stalled=_troubles([row for row in troubles if not row["failed"]]),
        causes=[
            OpenCause(key=CauseKey.of_id(row["cause_id"]), opened_at=row["opened_at"])
            for row in causes
        ],
    )


def _rows(connection: Connection[Any], name: str, asked: Mapping[str, object]) -> list[DictRow]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement(name), asked, prepare=False).fetchall()


def _troubles(rows: list[DictRow]) -> Troubles:
    if not rows:
        return Troubles()
    return Troubles(
        largest=[_group(row) for row in rows],
        groups=rows[0]["groups"],
        devices=rows[0]["all_devices"],
    )


def _group(row: DictRow) -> TroubleGroup:
    version = row["firmware_version"]
    return TroubleGroup(
        request_id=request_id_of(row["originator"], row["target"], row["counter"]),
        firmware_version=None if version is None else FirmwareVersion(version),
        status=status_at(Stage(row["stage"]), is_bad=row["failed"]),
        reason=row["reason"],
        devices=row["devices"],
    )
