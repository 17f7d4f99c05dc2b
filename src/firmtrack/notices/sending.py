"""Notices to an endpoint, one after the other, in a transaction that no one else can enter.

The lock of the endpoint's lane is held while it is called, so that its notices keep their order.
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
from firmtrack.notices.calling import Answer, Caller
from firmtrack.notices.channels import Channel, Lane, Letter
from firmtrack.notices.composing import enqueue, notice_about_endpoint
from firmtrack.notices.retrying import GIVE_UP_AFTER, Verdict, verdict_on, wait_after
from firmtrack.notices.secrets import SecretUnreadable, unsealed

_LETTERS_AT_ONCE = 100
_TURN_SECONDS = 1.0
"""After so long what was sent is committed, and others get their turn."""

_GONE = "The receiver answered 410 Gone."


@dataclass(slots=True)
class _Turn:
    """What has become of a lane's notices in this turn."""

    tries: list[tuple[str, datetime, int, int | None, str | None]] = field(default_factory=list)
    settled: list[tuple[str, str]] = field(default_factory=list)
    last: Verdict = Verdict.DELIVERED
    answer: Answer = field(default_factory=Answer)


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
        lane = _claim(connection, is_healthy=is_healthy)
        if lane is None:
            return False
        turn = _Turn()
        letters = _letters(connection, lane, turn)
        if letters:
            _SENDERS[lane.channel](caller, lane, letters, turn)
        _record(connection, lane, turn, chance)
        return True


def _claim(connection: Connection[TupleRow], *, is_healthy: bool) -> Lane | None:
    row = connection.execute(
        statement("claim_lane"),
        {"is_healthy": is_healthy, "digest": digest.DIGEST_DELAY},
        prepare=True,
    ).fetchone()
    if row is None:
        return None
    endpoint_id, party_id, channel, address, secret, earlier, failures = row
    return Lane(
        endpoint_id=endpoint_id,
        party_id=party_id,
        channel=Channel(channel),
        address=address,
        secrets=tuple(each for each in (secret, earlier) if each is not None),
        failures=failures,
    )


def _letters(connection: Connection[TupleRow], lane: Lane, turn: _Turn) -> list[Letter]:
    """Return what waits; what has waited for too long is given up instead."""
    rows = connection.execute(
        statement("waiting"),
        {"endpoint_id": lane.endpoint_id, "give_up": GIVE_UP_AFTER, "limit": _LETTERS_AT_ONCE},
        prepare=True,
    ).fetchall()
    turn.settled += [(str(notice_id), "dead") for notice_id, _, is_too_old in rows if is_too_old]
    return [
        Letter(notice_id=str(notice_id), body=body)
        for notice_id, body, is_too_old in rows
        if not is_too_old
    ]


def _send_webhooks(caller: Caller, lane: Lane, letters: Sequence[Letter], turn: _Turn) -> None:
    try:
        secrets = [unsealed(secret) for secret in lane.secrets]
    except SecretUnreadable as error:
        _note(turn, letters[:1], datetime.now(UTC), Answer(problem=str(error)), 0.0)
        return

    def call(letter: Letter, now: datetime) -> Answer:
        headers = webhook.headers_of(letter.notice_id, letter.body, secrets, now)
        return caller.post(lane.address, headers, letter.body)

    _one_by_one(letters, turn, call)


def _send_alerts(caller: Caller, lane: Lane, letters: Sequence[Letter], turn: _Turn) -> None:
    def call(letter: Letter, _: datetime) -> Answer:
        return caller.post(lane.address, duis_alerts.HEADERS, letter.body)

    _one_by_one(letters, turn, call)


def _send_mail(_: Caller, lane: Lane, letters: Sequence[Letter], turn: _Turn) -> None:
    started_at, started = datetime.now(UTC), time.perf_counter()
    answer = digest.send(lane.address, [letter.body for letter in letters])
    _note(turn, letters, started_at, answer, time.perf_counter() - started)


def _one_by_one(
    letters: Sequence[Letter], turn: _Turn, call: Callable[[Letter, datetime], Answer]
) -> None:
    """Send until one fails or the turn is over."""
    ends = time.monotonic() + _TURN_SECONDS
    for letter in letters:
        started_at, started = datetime.now(UTC), time.perf_counter()
        answer = call(letter, started_at)
        _note(turn, [letter], started_at, answer, time.perf_counter() - started)
        if turn.last is not Verdict.DELIVERED or time.monotonic() >= ends:
            return


def _note(
    turn: _Turn, letters: Sequence[Letter], started_at: datetime, answer: Answer, seconds: float
) -> None:
    turn.answer, turn.last = answer, verdict_on(answer)
    for letter in letters:
        turn.tries.append(
            (
                letter.notice_id,
                started_at,
                round(seconds * 1_000),
                answer.status_code,
                answer.problem,
            )
        )
        if turn.last is Verdict.DELIVERED:
            turn.settled.append((letter.notice_id, "delivered"))
        elif turn.last is Verdict.REFUSED:
            turn.settled.append((letter.notice_id, "dead"))


def _record(connection: Connection[TupleRow], lane: Lane, turn: _Turn, chance: Random) -> None:
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
    if turn.last is Verdict.GONE:
        _switch_off(connection, lane)
    failures, wait = 0, timedelta()
    if turn.last is not Verdict.DELIVERED:
        before = 0 if any(state == "delivered" for _, state in turn.settled) else lane.failures
        failures = before + 1
        wait = wait_after(before, turn.answer, datetime.now(UTC), chance)
    connection.execute(
        "UPDATE notice_lane SET failures = %s, due_at = clock_timestamp() + %s"
        " WHERE endpoint_id = %s",
        (failures, wait, lane.endpoint_id),
        prepare=True,
    )


def _switch_off(connection: Connection[TupleRow], lane: Lane) -> None:
    """Send the endpoint nothing more, and tell its party where else it is told."""
    connection.execute(
        "UPDATE notice_endpoint SET disabled_at = clock_timestamp(), disabled_reason = %s"
        " WHERE endpoint_id = %s",
        (_GONE, lane.endpoint_id),
    )
    connection.execute(
        "UPDATE notice SET state = 'dead', settled_at = clock_timestamp()"
        " WHERE endpoint_id = %s AND state = 'waiting'",
        (lane.endpoint_id,),
    )
    now = datetime.now(UTC)
    said = {"endpoint_id": lane.endpoint_id, "address": lane.address, "reason": _GONE}
    others = connection.execute(statement("open_endpoints"), (lane.party_id,)).fetchall()
    for endpoint_id, channel, _ in others:
        if channel != Channel.DUIS:
            draft = notice_about_endpoint(ENDPOINT_DISABLED, said, now)
            enqueue(connection, endpoint_id, [draft], now)


_Sender = Callable[[Caller, Lane, Sequence[Letter], _Turn], None]

_SENDERS: Mapping[Channel, _Sender] = {
    Channel.WEBHOOK: _send_webhooks,
    Channel.DUIS: _send_alerts,
    Channel.EMAIL: _send_mail,
}
