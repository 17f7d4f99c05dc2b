"""Watches: setting one, ending it, listing a person's own. Nobody else's is seen or ended.

What a watch tells, and when, is watch_telling; see docs/decisions/041.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, dict_row, scalar_row
from psycopg.types.json import Jsonb

from firmtrack.answers.watches import Receiver, WatchAnswer, Watched
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.errors import FirmtrackError
from firmtrack.notices import statement
from firmtrack.notices.channels import CHANNELS, channel_of
from firmtrack.notices.watch_mail import WATCH_MAIL
from firmtrack.notices.watch_states import FindCause, beginning_of
from firmtrack.store.acts import Act, ActKind, record_act
from firmtrack.store.database import pool
from firmtrack.store.numbers import eui_of, request_id_of, request_parts, to_bigint
from firmtrack.store.reports import causes

MOST_WATCHES = 100
"""So many watches, but those that have ended, a person may have at once."""

_LOOK_AGAIN = timedelta(minutes=1)
"""What is being recorded while a watch is set does not know of it: so it is looked at soon."""

_HOLD_PERSON = "SELECT FROM accounts_user WHERE id = %s AND party_id = %s FOR NO KEY UPDATE"
_REQUEST_KEY = """
SELECT request_key FROM request WHERE originator = %s AND target = %s AND counter = %s
"""
_COUNT = "SELECT count(*) FROM watch WHERE person_id = %s AND ended_at IS NULL"
_DROP_ENDED = """
DELETE FROM watch
WHERE person_id = %(person_id)s AND ended_at IS NOT NULL
  AND (device_id, request_key, cause_id)
    IS NOT DISTINCT FROM (%(device_id)s, %(request_key)s, %(cause_id)s)
"""
_ADD = """
INSERT INTO watch (person_id, party_id, device_id, request_key, cause_id, endpoint_id, told, due_at)
VALUES (%(person_id)s, %(party_id)s, %(device_id)s, %(request_key)s, %(cause_id)s, %(endpoint_id)s,
    %(told)s, %(due_at)s)
ON CONFLICT DO NOTHING
"""
_GIVE_UP = """
UPDATE notice AS n SET state = 'dead', settled_at = now()
FROM watch AS w
WHERE w.watch_id = %s AND w.notice_id = n.notice_id AND n.state = 'waiting'
"""
_RECEIVERS = """
SELECT endpoint_id, channel, address
FROM notice_endpoint
WHERE party_id = %s AND channel = ANY (%s::text[]) AND disabled_at IS NULL AND removed_at IS NULL
ORDER BY endpoint_id
"""


class NotSeen(FirmtrackError):
    """There is nothing of this that the person may see."""


class AlreadyEnded(FirmtrackError):
    """It has ended: there is nothing left to tell."""


class TooManyWatches(FirmtrackError):
    """The person watches as much as one may at once."""


class UnknownWay(FirmtrackError):
    """The person cannot be told in this way."""


class UnknownWatch(FirmtrackError):
    """The person has no such watch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Somebody who watches: who they are, of which party, and what they may see."""

    person_id: int
    party_id: int
    email: str
    viewer: Viewer


def set_watch(
    watcher: Watcher,
    watched: Watched,
    endpoint_id: int | None,
    *,
    find_cause: FindCause = causes.find_cause,
) -> None:
    """Have the person told of what they watch: by one of the party's endpoints, or by email.

    ``endpoint_id`` None is their own address. What they watch already goes on as it is. Raises
    NotSeen, AlreadyEnded, TooManyWatches, UnknownWay.
    """
    with pool().connection() as connection, connection.transaction():
        beginning = beginning_of(connection, watcher.viewer, watched, find_cause)
        if beginning is None:
            raise NotSeen
        if beginning.known is None:
            raise AlreadyEnded
        held = connection.execute(_HOLD_PERSON, (watcher.person_id, watcher.party_id))
        if held.rowcount != 1:
            raise NotSeen
        way = _way(connection, watcher, endpoint_id)
        asked = {
            **_places(connection, watched),
            "person_id": watcher.person_id,
            "party_id": watcher.party_id,
            "endpoint_id": way,
            "told": Jsonb(beginning.known),
            "due_at": datetime.now(UTC) + _LOOK_AGAIN,
        }
        connection.execute(_DROP_ENDED, asked)
        if connection.execute(_ADD, asked).rowcount:
            if _count(connection, watcher) > MOST_WATCHES:
                raise TooManyWatches
            by = "by email" if endpoint_id is None else f"by endpoint {endpoint_id}"
            _record(connection, watcher, ActKind.WATCH_SET, watched, by)


def end_watch(watcher: Watcher, watch_id: int) -> Watched:
    """End a watch of the person's, and return what they watched. Raises UnknownWatch."""
    with pool().connection() as connection, connection.transaction():
        found = _list(connection, watcher)
        watch = next((each for each in found if each.watch_id == watch_id), None)
        if watch is None:
            raise UnknownWatch
        connection.execute(_GIVE_UP, (watch_id,))
        connection.execute("DELETE FROM watch WHERE watch_id = %s", (watch_id,))
        _record(connection, watcher, ActKind.WATCH_ENDED, watch.watched)
    return watch.watched


def list_watches(watcher: Watcher) -> list[WatchAnswer]:
    """Return what the person watches, the newest first, and after it what has ended by itself."""
    with pool().connection() as connection:
        return _list(connection, watcher)


def find_watch(watcher: Watcher, watched: Watched) -> WatchAnswer | None:
    """Return the person's watch of this, which may have ended, None if there is none."""
    return next((each for each in list_watches(watcher) if each.watched == watched), None)


def receivers_of(party_id: int) -> Sequence[Receiver]:
    """Return the party's endpoints that tell what its people watch, in order of making."""
    names = [
        name
        for name, channel in CHANNELS.items()
        if channel.takes_watches and not channel.is_of_people and channel.is_open
    ]
    with pool().connection() as connection:
        rows = connection.execute(_RECEIVERS, (party_id, names)).fetchall()
    return [
        Receiver(endpoint_id=number, channel=name, address=where) for number, name, where in rows
    ]


def own_endpoint(
    connection: Connection[TupleRow], person_id: int, party_id: int, email: str
) -> int | None:
    """Return the person's own endpoint, made at first need; None if no mail is sent from here."""
    if not WATCH_MAIL.is_open:
        return None
    asked = {
        "person_id": person_id,
        "party_id": party_id,
        "channel": WATCH_MAIL.name,
        "address": email,
    }
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(statement("add_own_endpoint"), asked).fetchone()


def watched_of(row: Mapping[str, object]) -> Watched:
    """Return what a row of a watch is of. Raises MalformedCauseId of a newer Firmtrack's cause."""
    device_id, cause_id = row["device_id"], row["cause_id"]
    if isinstance(device_id, int):
        return eui_of(device_id)
    if isinstance(cause_id, str):
        return CauseKey.of_id(cause_id)
    parts = row["originator"], row["target"], row["counter"]
    originator, target, counter = (each for each in parts if isinstance(each, int))
    return request_id_of(originator, target, counter)


def kind_of(watched: Watched) -> str:
    """Return what kind of thing is watched: device, service_request or cause."""
    if isinstance(watched, CauseKey):
        return "cause"
    return "service_request" if isinstance(watched, RequestId) else "device"


def _way(connection: Connection[TupleRow], watcher: Watcher, endpoint_id: int | None) -> int:
    if endpoint_id is None:
        own = own_endpoint(connection, watcher.person_id, watcher.party_id, watcher.email)
        if own is None:
            raise UnknownWay
        return own
    for number, name, _ in connection.execute(_RECEIVERS, (watcher.party_id, list(CHANNELS))):
        channel = channel_of(name)
        if number == endpoint_id and channel is not None and channel.takes_watches:
            return endpoint_id
    raise UnknownWay


def _places(connection: Connection[TupleRow], watched: Watched) -> dict[str, object]:
    places: dict[str, object] = {"device_id": None, "request_key": None, "cause_id": None}
    if isinstance(watched, CauseKey):
        places["cause_id"] = watched.cause_id
    elif isinstance(watched, RequestId):
        row = connection.execute(_REQUEST_KEY, request_parts(watched)).fetchone()
        assert row is not None, "who sees a request sees one that is known"
        places["request_key"] = row[0]
    else:
        places["device_id"] = to_bigint(watched)
    return places


def _count(connection: Connection[TupleRow], watcher: Watcher) -> int:
    row = connection.execute(_COUNT, (watcher.person_id,)).fetchone()
    assert row is not None
    return int(row[0])


def _list(connection: Connection[TupleRow], watcher: Watcher) -> list[WatchAnswer]:
    asked = {"person_id": watcher.person_id, "party_id": watcher.party_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement("list_watches"), asked).fetchall()
    return [_answer(row) for row in rows]


def _answer(row: DictRow) -> WatchAnswer:
    return WatchAnswer(
        watched=watched_of(row),
        **{
            name: row[name]
            for name in (
                "watch_id", "channel", "address", "is_personal", "endpoint_id", "is_off",
                "created_at", "told_times", "told_at", "news", "state", "ended_at",
            )
        },
    )  # fmt: skip


def _record(
    connection: Connection[TupleRow],
    watcher: Watcher,
    kind: ActKind,
    watched: Watched,
    detail: str = "",
) -> None:
    subject = f"{kind_of(watched).replace('_', ' ')} {watched}"
    viewer = watcher.viewer
    act = Act(actor=viewer.name, party=viewer.party, kind=kind, subject=subject, detail=detail)
    record_act(connection, act)
