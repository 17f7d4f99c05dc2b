"""Notices to an endpoint, one after the other, in a transaction that no one else can enter.

The lock of the endpoint's queue is held while it is called, so that its notices keep their order.
A process that is killed loses the lock with its connection: what it had sent and not yet recorded
is sent again, with the same ID.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.topics import ENDPOINT_DISABLED
from firmtrack.notices import digest, duis_alerts, statement, webhook
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.channels import Channel, EndpointQueue, PendingNotice
from firmtrack.notices.composing import enqueue, notice_about_endpoint
from firmtrack.notices.retrying import GIVE_UP_AFTER, CallOutcome, outcome_of, wait_after
from firmtrack.notices.secrets import SecretUnreadable, unsealed

_PENDING_AT_ONCE = 100
_TURN_SECONDS = 1.0
"""After so long what was sent is committed, and others get their turn."""

_GONE = "The receiver answered 410 Gone."


@dataclass(slots=True)
class _Turn:
    """What has become of a queue's notices in this turn."""

    tries: list[tuple[str, datetime, int, int | None, str | None]] = field(default_factory=list)
    settled: list[tuple[str, str]] = field(default_factory=list)
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
        pending = _pending(connection, queue, turn)
        if pending:
            _SENDERS[queue.channel](caller, queue, pending, turn)
        _record(connection, queue, turn, chance)
        return True


def _claim(connection: Connection[TupleRow], *, is_healthy: bool) -> EndpointQueue | None:
    row = connection.execute(
        statement("claim_queue"),
        {"is_healthy": is_healthy, "digest": digest.DIGEST_DELAY},
        prepare=True,
    ).fetchone()
    if row is None:
        return None
    endpoint_id, party_id, channel, address, secret, earlier, failures = row
    return EndpointQueue(
        endpoint_id=endpoint_id,
        party_id=party_id,
        channel=Channel(channel),
        address=address,
        secrets=tuple(each for each in (secret, earlier) if each is not None),
        failures=failures,
    )


def _pending(
    connection: Connection[TupleRow], queue: EndpointQueue, turn: _Turn
) -> list[PendingNotice]:
    """Return what waits; what has waited for too long is given up instead."""
    rows = connection.execute(
        statement("list_pending"),
        {"endpoint_id": queue.endpoint_id, "give_up": GIVE_UP_AFTER, "limit": _PENDING_AT_ONCE},
        prepare=True,
    ).fetchall()
    turn.settled += [(str(notice_id), "dead") for notice_id, _, is_too_old in rows if is_too_old]
    return [
        PendingNotice(notice_id=str(notice_id), body=body)
        for notice_id, body, is_too_old in rows
        if not is_too_old
    ]


def _send_webhooks(
    caller: Caller, queue: EndpointQueue, pending: Sequence[PendingNotice], turn: _Turn
) -> None:
    try:
        secrets = [unsealed(secret) for secret in queue.secrets]
    except SecretUnreadable as error:
        _note(turn, pending[:1], datetime.now(UTC), CallResponse(problem=str(error)), 0.0)
        return

    def call(notice: PendingNotice, now: datetime) -> CallResponse:
        headers = webhook.headers_of(notice.notice_id, notice.body, secrets, now)
        return caller.post(queue.address, headers, notice.body)

    _one_by_one(pending, turn, call)


def _send_alerts(
    caller: Caller, queue: EndpointQueue, pending: Sequence[PendingNotice], turn: _Turn
) -> None:
    def call(notice: PendingNotice, _: datetime) -> CallResponse:
        return caller.post(queue.address, duis_alerts.HEADERS, notice.body)

    _one_by_one(pending, turn, call)


def _send_mail(
    _: Caller, queue: EndpointQueue, pending: Sequence[PendingNotice], turn: _Turn
) -> None:
    started_at, started = datetime.now(UTC), time.perf_counter()
    response = digest.send(queue.address, [notice.body for notice in pending])
    _note(turn, pending, started_at, response, time.perf_counter() - started)


def _one_by_one(
    pending: Sequence[PendingNotice],
    turn: _Turn,
    call: Callable[[PendingNotice, datetime], CallResponse],
) -> None:
    """Send until one fails or the turn is over."""
    ends = time.monotonic() + _TURN_SECONDS
    for notice in pending:
        started_at, started = datetime.now(UTC), time.perf_counter()
        response = call(notice, started_at)
        _note(turn, [notice], started_at, response, time.perf_counter() - started)
        if turn.last is not CallOutcome.DELIVERED or time.monotonic() >= ends:
            return


def _note(
    turn: _Turn,
    pending: Sequence[PendingNotice],
    started_at: datetime,
    response: CallResponse,
    seconds: float,
) -> None:
    turn.response, turn.last = response, outcome_of(response)
    for notice in pending:
        turn.tries.append(
            (
                notice.notice_id,
                started_at,
                round(seconds * 1_000),
                response.status_code,
                response.problem,
            )
        )
        if turn.last is CallOutcome.DELIVERED:
            turn.settled.append((notice.notice_id, "delivered"))
        elif turn.last is CallOutcome.REFUSED:
            turn.settled.append((notice.notice_id, "dead"))


def _record(
    connection: Connection[TupleRow], queue: EndpointQueue, turn: _Turn, chance: Random
) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO notice_try (notice_id, started_at, milliseconds, status_code, problem)"
            " VALUES (%s, %s, %s, %s, %s)",
            turn.tries,
        )
        cursor.executemany(
            "UPDATE notice SET state = %s, settled_at = clock_timestamp() WHERE notice_id = %s",
            [(state, notice_id) for notice_id, state in turn.settled],
        )
    if turn.last is CallOutcome.GONE:
        _switch_off(connection, queue)
    failures, wait = 0, timedelta()
    if turn.last is not CallOutcome.DELIVERED:
        before = 0 if any(state == "delivered" for _, state in turn.settled) else queue.failures
        failures = before + 1
        wait = wait_after(before, turn.response, datetime.now(UTC), chance)
    connection.execute(
        "UPDATE endpoint_queue SET failures = %s, due_at = clock_timestamp() + %s"
        " WHERE endpoint_id = %s",
        (failures, wait, queue.endpoint_id),
        prepare=True,
    )


def _switch_off(connection: Connection[TupleRow], queue: EndpointQueue) -> None:
    """Send the endpoint nothing more, and tell its party where else it is told."""
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
    now = datetime.now(UTC)
    said = {"endpoint_id": queue.endpoint_id, "address": queue.address, "reason": _GONE}
    others = connection.execute(statement("open_endpoints"), (queue.party_id,)).fetchall()
    for endpoint_id, channel, _ in others:
        if channel != Channel.DUIS:
            draft = notice_about_endpoint(ENDPOINT_DISABLED, said, now)
            enqueue(connection, endpoint_id, [draft], now)


_Sender = Callable[[Caller, EndpointQueue, Sequence[PendingNotice], _Turn], None]

_SENDERS: Mapping[Channel, _Sender] = {
    Channel.WEBHOOK: _send_webhooks,
    Channel.DUIS: _send_alerts,
    Channel.EMAIL: _send_mail,
}
