"""What people watch, looked at when something was recorded of it: told once, and on record.

A look is one transaction: what was recorded is taken off the queue, what stands is read as the
person may see it then, and the notice is written together with what they know after it. So whoever
is killed told nothing, or all of it; what is sent is retried as every notice is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import uuid4

from msgspec import to_builtins
from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, dict_row, scalar_row
from psycopg.types.json import Jsonb

from firmtrack.accounts.viewers import Reader, reader_of
from firmtrack.answers.watches import Watched
from firmtrack.domain.causes import CauseKey, MalformedCauseId
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.topics import WatchNews, topic_of_watch
from firmtrack.notices import statement
from firmtrack.notices.channels import channel_of
from firmtrack.notices.cloud_events import event
from firmtrack.notices.endpoint_queue import Draft, enqueue
from firmtrack.notices.event_data import WatchTold
from firmtrack.notices.watch_news import Told, correction_at
from firmtrack.notices.watch_states import FindCause, look
from firmtrack.notices.watches import kind_of, own_endpoint, watched_of
from firmtrack.presentation.links import link_to_cause, link_to_device, link_to_request
from firmtrack.store.reports import causes

CORRECTED_FOR = timedelta(days=30)
"""For so long after its end a watch tells if what was told is not so."""

REQUEST_PAUSE = timedelta(minutes=1)
"""A request is looked at at most so often: to count 50,000 devices takes a while."""

CAUSES_EVERY = timedelta(minutes=15)
"""A cause is looked at so often: it is found in counts, and not in what is recorded."""

_AT_LATEST = timedelta(hours=1)
"""Whatever was recorded, each is looked at so often: an older Firmtrack beside this one, or one
that was recording while the watch was set, did not know of it."""

_AT_ONCE = 200
_SECONDS = 2.0
_CAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A watch that is held by this transaction; ``told`` is what the person knows."""

    watch_id: int
    person_id: int
    watched: Watched
    endpoint_id: int
    told: object
    told_at: datetime | None
    corrections: int
    is_over: bool


def tell_watches(connection: Connection[TupleRow], now: datetime, grouping_delay: timedelta) -> int:
    """Look at the devices and requests that are watched and due; return how many notices that made.

    For some seconds at most: the next time begins with those that have waited longest.
    """
    asked = {
        "now": now,
        "grouping": grouping_delay,
        "pause": REQUEST_PAUSE,
        "most": _AT_ONCE,
    }
    return _tell(connection, "find_due_watches", asked, now, _SECONDS, causes.find_cause)


def tell_cause_watches(
    connection: Connection[TupleRow], now: datetime, find_cause: FindCause = causes.find_cause
) -> int:
    """Look at the causes that are watched and due; return how many notices that made."""
    asked = {"now": now, "most": _AT_ONCE}
    name = "find_due_cause_watches"
    return _tell(connection, name, asked, now, _CAUSE_SECONDS, find_cause)


def drop_watches(connection: Connection[TupleRow], now: datetime) -> None:
    """Forget the watches of people who left, and those that have been over for long."""
    connection.execute(statement("drop_watches"), {"now": now, "kept": CORRECTED_FOR})


def _tell(
    connection: Connection[TupleRow],
    name: str,
    asked: dict[str, object],
    now: datetime,
    seconds: float,
    find_cause: FindCause,
) -> int:
    ends, made = monotonic() + seconds, 0
    with connection.cursor(row_factory=scalar_row) as cursor:
        due = cursor.execute(statement(name), asked).fetchall()
    for watch_id in due:
        if monotonic() >= ends:
            break
        with connection.transaction():
            made += _look_at(connection, watch_id, now, find_cause)
    return made


def _look_at(
    connection: Connection[TupleRow], watch_id: int, now: datetime, find_cause: FindCause
) -> int:
    row = _hold(connection, watch_id)
    if row is None:
        return 0
    reader = reader_of(connection, row["person_id"])
    if reader is None or reader.party_id != row["party_id"]:
        _drop(connection, watch_id)
        return 0
    held = _held(connection, row, reader)
    if held is None:  # it waits: the endpoint is off, or a newer Firmtrack knows what to do
        _wait(connection, watch_id, now)
        return 0
    told = look(
        connection,
        reader.viewer,
        held.watched,
        held.told,
        stalls=_taken(connection, watch_id),
        is_over=held.is_over,
        now=now,
        find_cause=find_cause,
    )
    if told is None:
        _drop(connection, watch_id)
        return 0
    if told.news is WatchNews.CORRECTED:
        at = correction_at(held.told_at, held.corrections)
        if at is not None and now < at:
            _wait(connection, watch_id, now, at)
            return 0
    draft = None if told.news is None else _draft(held, told, told.news, now)
    if draft is not None:
        enqueue(connection, held.endpoint_id, [draft], now)
    _keep(connection, held, told, draft, now)
    return 0 if draft is None else 1


def _hold(connection: Connection[TupleRow], watch_id: int) -> DictRow | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("hold_watch"), {"watch_id": watch_id}).fetchone()


def _held(connection: Connection[TupleRow], row: DictRow, reader: Reader) -> _Held | None:
    """Return the watch, with an endpoint that can be told by; None if there is none for now."""
    endpoint_id = row["endpoint_id"]
    channel = channel_of(row["channel"])
    if row["is_removed"]:
        endpoint_id = own_endpoint(connection, row["person_id"], row["party_id"], reader.email)
        connection.execute(
            "UPDATE watch SET endpoint_id = coalesce(%s, endpoint_id) WHERE watch_id = %s",
            (endpoint_id, row["watch_id"]),
        )
    elif channel is None or not channel.is_open or not row["is_on"]:
        endpoint_id = None
    try:
        watched = watched_of(row)
    except MalformedCauseId:
        return None
    if endpoint_id is None:
        return None
    return _Held(
        watch_id=row["watch_id"],
        person_id=row["person_id"],
        watched=watched,
        endpoint_id=endpoint_id,
        told=row["told"],
        told_at=row["told_at"],
        corrections=row["corrections"],
        is_over=row["ended_at"] is not None,
    )


def _taken(connection: Connection[TupleRow], watch_id: int) -> int:
    with connection.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(statement("take_watch_changes"), {"watch_id": watch_id}).fetchone()
    return int(found or 0)


def _drop(connection: Connection[TupleRow], watch_id: int) -> None:
    connection.execute("DELETE FROM watch WHERE watch_id = %s", (watch_id,))
    connection.execute("DELETE FROM watch_change WHERE watch_id = %s", (watch_id,))


def _wait(
    connection: Connection[TupleRow], watch_id: int, now: datetime, until: datetime | None = None
) -> None:
    connection.execute(
        "UPDATE watch SET looked_at = %s, due_at = %s WHERE watch_id = %s",
        (now, until or now + _AT_LATEST, watch_id),
    )


def _keep(
    connection: Connection[TupleRow],
    held: _Held,
    told: Told[object],
    draft: Draft | None,
    now: datetime,
) -> None:
    every = CAUSES_EVERY if isinstance(held.watched, CauseKey) else _AT_LATEST
    due_at = now + every if told.next_at is None else min(told.next_at, now + every)
    connection.execute(
        statement("update_watch"),
        {
            "watch_id": held.watch_id,
            "told": Jsonb(to_builtins(told.known)),
            "is_told": draft is not None,
            "is_correction": told.news is WatchNews.CORRECTED,
            "news": told.news,
            "notice_id": None if draft is None else draft.notice_id,
            "is_over": told.is_over,
            "now": now,
            "due_at": due_at,
        },
    )


def _draft(held: _Held, told: Told[object], news: WatchNews, now: datetime) -> Draft:
    notice_id, topic = uuid4(), topic_of_watch(news)
    watched = held.watched
    device_id = None if isinstance(watched, CauseKey | RequestId) else watched
    request_id = (
        None if told.service_request_id is None else RequestId.parse(told.service_request_id)
    )
    data = WatchTold(
        watch_id=held.watch_id,
        watching=kind_of(watched),
        news=news,
        is_over=told.is_over,
        device_id=None if device_id is None else str(device_id),
        service_request_id=told.service_request_id,
        cause_id=watched.cause_id if isinstance(watched, CauseKey) else None,
        reason=told.reason,
        reason_text=told.reason_text,
        sentence=" ".join(told.sentences),
        link=_link(watched),
    )
    return Draft(
        notice_id=notice_id,
        topic=topic,
        body=event(notice_id, topic, now, data),
        user_id=None if request_id is None else request_id.originator,
        reason=told.reason,
        service_request_id=request_id,
        device_ids=None if device_id is None else (device_id,),
        device_count=0 if device_id is None else 1,
    )


def _link(watched: Watched) -> str | None:
    if isinstance(watched, CauseKey):
        return link_to_cause(watched.cause_id)
    return link_to_request(watched) if isinstance(watched, RequestId) else link_to_device(watched)
