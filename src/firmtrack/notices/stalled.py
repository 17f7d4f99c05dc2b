"""Distributions that stalled since they were last looked for, queued for those to be notified."""

from datetime import datetime

from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, dict_row

from firmtrack.domain.stages import STAGES
from firmtrack.domain.topics import STALLED
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import statement
from firmtrack.store.locks import AdvisoryKey, take_if_free
from firmtrack.store.numbers import request_id_of
from firmtrack.store.reading.filtering import asked_by_pace, stalled
from firmtrack.store.reading.known import asked_of

# Nobody needs to be notified of what any later request, whosever, has outdone.
_ANYONE = Viewer.of_dcc("stalled")


def queue_stalled(connection: Connection[TupleRow], now: datetime) -> int:
    """Queue each distribution that has stalled, once for each stage; return how many there were.

    Looked at are the requests of which the figures of delivery performance count devices in
    progress. One process at a time looks; the others return at once.
    """
    found = 0
    with connection.transaction():
        if not take_if_free(connection, AdvisoryKey.STALLED):
            return 0
        with connection.cursor(row_factory=dict_row) as cursor:
            requests = cursor.execute(statement("requests_in_progress")).fetchall()
            for row in requests:
                request_id = request_id_of(row["originator"], row["target"], row["counter"])
                asked = asked_by_pace(_ANYONE, now) | asked_of(connection, request_id, None)
                rows = cursor.execute(stalled().encode(), asked, prepare=False).fetchall()
                if rows:
                    found += queue_found(connection, row["request_key"], rows, now)
    return found


def queue_found(
    connection: Connection[TupleRow], request_key: int, rows: list[DictRow], now: datetime
) -> int:
    """Queue those found in a request, each a ``device_id`` and ``stage``, that are new.

    Return how many these are.
    """
    row = connection.execute(
        statement("write_stalled"),
        {
            "request_key": request_key,
            "device_ids": [row["device_id"] for row in rows],
            "stages": [row["stage"] for row in rows],
            "topic": STALLED,
            "now": now,
            "statuses": [str(each.good) for each in STAGES],
        },
    ).fetchone()
    assert row is not None
    return int(row[0])
