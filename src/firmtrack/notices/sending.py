"""Notices to an endpoint, one after the other, in a transaction that no one else can enter.

The lock of the endpoint's queue is held while it is called, so that its notices keep their order.
A process that is killed loses the lock with its connection: what it had sent and not yet recorded
is sent again, with the same ID.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from psycopg import Connection
from psycopg.rows import TupleRow, class_row, dict_row

from firmtrack.domain.topics import ENDPOINT_DISABLED
from firmtrack.notices import statement
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.channels import CHANNELS
from firmtrack.notices.cloud_events import event_about_endpoint
from firmtrack.notices.endpoint_queue import EndpointQueue, PendingNotice, enqueue
from firmtrack.notices.event_data import EndpointSwitchedOff
from firmtrack.notices.open_endpoints import open_endpoints
from firmtrack.notices.retrying import GIVE_UP_AFTER, CallOutcome, outcome_of, wait_after
from firmtrack.presentation.links import link_to_endpoint

_PENDING_AT_ONCE = 100
_TURN_SECONDS = 1.0
"""After so long what was sent is committed, and others get their turn."""

_GONE = "The receiver answered 410 Gone."
_STATE_AFTER = {CallOutcome.DELIVERED: "delivered", CallOutcome.REFUSED: "dead"}
_CHANNELS_AND_DELAYS = {
    "channels": list(CHANNELS),
    "delays": [channel.delay for channel in CHANNELS.values()],
}


@dataclass(slots=True)
class _Turn:
    """What has become of a queue's notices in this turn."""

    tries: list[dict[str, object]] = field(default_factory=list)
    settled: list[dict[str, object]] = field(default_factory=list)
    is_any_delivered: bool = False
    last: CallOutcome = CallOutcome.DELIVERED
    response: CallResponse = field(default_factory=CallResponse)


def send_next(
    connection: Connection[TupleRow],
    caller: Caller,
    *,
    is_healthy: bool = False,
    chance: Random,
) -> bool:
    """Call the endpoint that has waited longest; return whether there was one.

    With ``is_healthy`` only among those whose last call succeeded.
    """
    with connection.transaction():
        queue = _claim(connection, is_healthy=is_healthy)
        if queue is None:
            return False
        turn = _Turn()
        _send(caller, queue, _pending(connection, queue, turn), turn)
        _record(connection, queue, turn, chance)
        return True


def _claim(connection: Connection[TupleRow], *, is_healthy: bool) -> EndpointQueue | None:
    with connection.cursor(row_factory=class_row(EndpointQueue)) as cursor:
        return cursor.execute(
            statement("claim_queue"),
            {"is_healthy": is_healthy, **_CHANNELS_AND_DELAYS},
            prepare=True,
        ).fetchone()


def _pending(
    connection: Connection[TupleRow], queue: EndpointQueue, turn: _Turn
) -> list[PendingNotice]:
    """Return what waits; what has waited for too long is given up instead."""
    pending = []
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            statement("list_pending"),
            {"endpoint_id": queue.endpoint_id, "give_up": GIVE_UP_AFTER, "limit": _PENDING_AT_ONCE},
            prepare=True,
        )
        for row in cursor:
            if row["is_too_old"]:
                turn.settled.append({"notice_id": row["notice_id"], "state": "dead"})
            else:
                pending.append(
                    PendingNotice(
                        notice_id=row["notice_id"],
                        body=row["body"],
                        incident_id=row["incident_id"],
                    )
                )
    return pending


def _send(
    caller: Caller, queue: EndpointQueue, pending: Sequence[PendingNotice], turn: _Turn
) -> None:
    """Send until a call fails or the turn is over."""
    channel = CHANNELS[queue.channel]
    size = max(len(pending), 1) if channel.is_digest else 1
    ends = time.monotonic() + _TURN_SECONDS
    for start in range(0, len(pending), size):
        notices = pending[start : start + size]
        started_at, started = datetime.now(UTC), time.perf_counter()
        response = channel.send(caller, queue, notices, started_at)
        _note(turn, notices, started_at, response, time.perf_counter() - started)
        if turn.last is not CallOutcome.DELIVERED or time.monotonic() >= ends:
            return


def _note(
    turn: _Turn,
    notices: Sequence[PendingNotice],
    started_at: datetime,
    response: CallResponse,
    seconds: float,
) -> None:
    turn.response, turn.last = response, outcome_of(response)
    turn.is_any_delivered |= turn.last is CallOutcome.DELIVERED
    state = _STATE_AFTER.get(turn.last)
    for notice in notices:
        turn.tries.append(
            {
                "notice_id": notice.notice_id,
                "started_at": started_at,
                "milliseconds": round(seconds * 1_000),
                "status_code": response.status_code,
                "problem": response.problem,
            }
        )
        if state is not None:
            turn.settled.append({"notice_id": notice.notice_id, "state": state})


def _record(
    connection: Connection[TupleRow], queue: EndpointQueue, turn: _Turn, chance: Random
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(statement("insert_try"), turn.tries)
        cursor.executemany(
            "UPDATE notice SET state = %(state)s, settled_at = clock_timestamp()"
            " WHERE notice_id = %(notice_id)s",
            turn.settled,
        )
    if turn.last is CallOutcome.GONE:
        _switch_off(connection, queue)
    failures, wait = 0, timedelta()
    if turn.last is not CallOutcome.DELIVERED:
        before = 0 if turn.is_any_delivered else queue.failures
        failures = before + 1
        wait = wait_after(before, turn.response, datetime.now(UTC), chance)
    connection.execute(
        "UPDATE endpoint_queue SET failures = %s, due_at = clock_timestamp() + %s"
        " WHERE endpoint_id = %s",
        (failures, wait, queue.endpoint_id),
        prepare=True,
    )


def _switch_off(connection: Connection[TupleRow], queue: EndpointQueue) -> None:
    """Send the endpoint nothing more, and notify its party by its other endpoints."""
    connection.execute(
        "UPDATE notice_endpoint SET disabled_at = clock_timestamp(), disabled_reason = %s"
        " WHERE endpoint_id = %s",
        (_GONE, queue.endpoint_id),
    )
    connection.execute(
        "UPDATE notice SET state = 'dead', settled_at = clock_timestamp()"
        " WHERE endpoint_id = %s AND state = 'waiting'",
        (queue.endpoint_id,),
    )
    if queue.party_id is None:
        return
    now = datetime.now(UTC)
    news = EndpointSwitchedOff(
        endpoint_id=queue.endpoint_id,
        address=queue.address,
        reason=_GONE,
        reason_text=_GONE,
        sentence=f"Endpoint {queue.endpoint_id}, {queue.address}, was switched off: {_GONE}",
        link=link_to_endpoint(queue.endpoint_id),
    )
    for other in open_endpoints(connection, queue.party_id):
        if other.channel.is_testable:
            draft = event_about_endpoint(ENDPOINT_DISABLED, news, now)
            enqueue(connection, other.endpoint_id, [draft], now)
