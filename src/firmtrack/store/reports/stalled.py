"""Distributions that stalled since they were last looked for, queued for those who are told."""

from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.stages import STAGES
from firmtrack.domain.topics import STALLED
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import request_id_of
from firmtrack.store.reading.filtering import asked_by_pace, stalled
from firmtrack.store.reports import statement

# Nobody needs to be told of what any later request, whosever, has outdone.
_ANYONE = Viewer.of_dcc("stalled")
_FINDING_LOCK = 0x4649534C


def queue_stalled(connection: Connection[TupleRow], now: datetime) -> int:
    """Queue each distribution that has stalled, once for each stage; return how many there were.

    Looked at are the requests of which the figures of delivery performance count devices in
    progress. One process at a time looks; the others return at once.
    """
    found = 0
    with connection.transaction():
        locked = connection.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", (_FINDING_LOCK,)
        ).fetchone()
        if locked != (True,):
            return 0
        requests = connection.execute(statement("requests_in_progress")).fetchall()
        for request_key, *parts in requests:
            asked = asked_by_pace(_ANYONE, request_id_of(*parts), now)
            rows = connection.execute(stalled().encode(), asked, prepare=False).fetchall()
            if rows:
                found += _queue(connection, request_key, rows, now)
    return found


def _queue(
    connection: Connection[TupleRow], request_key: int, rows: list[TupleRow], now: datetime
) -> int:
    row = connection.execute(
        statement("write_stalled"),
        {
            "request_key": request_key,
            "device_ids": [device_id for device_id, _ in rows],
            "stages": [stage for _, stage in rows],
            "topic": STALLED,
            "now": now,
            "statuses": [str(each.good) for each in STAGES],
        },
    ).fetchone()
    assert row is not None
    return int(row[0])
