"""Counting how updates stand by all that they may have in common, each request whole.

Whoever counts delivery performance marks the requests; these are counted once what is usual has
been learnt, which decides what stands still (docs/decisions/038).
"""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from psycopg import Connection, DatabaseError
from psycopg.rows import TupleRow, class_row, scalar_row

from firmtrack.causes.cells import Standing
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import SERVER_FAILURES
from firmtrack.store.locks import Turn, TurnTaken
from firmtrack.store.numbers import request_id_of
from firmtrack.store.reading import statement as reading_statement
from firmtrack.store.reading.filtering import asked_by_pace, stalled
from firmtrack.store.reading.known import as_known, asked_of
from firmtrack.store.reports import rows_of, statement
from firmtrack.store.reports.last_counts import CountedFigures, last_count, note_count
from firmtrack.store.reports.snapshots import counting_snapshot

_QUICK_SECONDS = 0.25
_REST = timedelta(minutes=5)
"""So long after a count what waits is looked at again, of an old request later."""

# What any later request, whosever, has outdone does not stand still.
_ANYONE = Viewer.of_dcc("causes")

_log = logging.getLogger(__name__)

_STANDING = """
    SELECT c.device_id, c.request_key, c.originator, c.target, c.counter, c.submitted_at,
        c.firmware_version, c.stage, c.completion, c.reason, c.occurred_at, c.addressee
    FROM {{current_distribution}} AS c
    WHERE {of_which}
"""


class Profile(NamedTuple):
    """What tells the updates of one request apart, as texts; "" is what is not known."""

    device_type: str
    manufacturer: str
    model: str
    csp_region: str
    from_version: str
    comms_hub_manufacturer: str
    comms_hub_model: str
    comms_hub_firmware_version: str


@dataclass(frozen=True, slots=True)
class CountedRow:
    """How many of a request's updates stand so; the fields are those of cause_counts.sql."""

    request_key: int
    device_type: str
    manufacturer: str
    model: str
    csp_region: str
    from_version: str
    comms_hub_manufacturer: str
    comms_hub_model: str
    comms_hub_firmware_version: str
    standing: int
    stage: int
    reason: str | None
    day: int
    count: int
    first_at: int
    last_at: int

    @property
    def profile(self) -> Profile:
        """What these updates have in common besides their request."""
        return Profile(*(getattr(self, name) for name in Profile._fields))


class _Waiting(NamedTuple):
    request_key: int
    originator: int
    target: int
    counter: int


class _Stalled(NamedTuple):
    """Updates that stand still, as arrays side by side."""

    request_keys: list[int]
    device_ids: list[int]
    stages: list[int]

    def add(self, request_key: int, found: Sequence[tuple[int, int]]) -> None:
        """Add devices of a request, each with the stage at which its update stands still."""
        self.request_keys.extend([request_key] * len(found))
        self.device_ids.extend(device_id for device_id, _ in found)
        self.stages.extend(stage for _, stage in found)


def count_due(
    connection: Connection[TupleRow], seconds: float | None = None, *, now: datetime | None = None
) -> bool:
    """Count the requests that are due, the newest first; return whether none is left.

    ``seconds`` is when to stop; None counts all and waits for its turn, else False comes at once if
    another process is counting. What waits is judged as of ``now``. A request that cannot be
    counted is passed over.
    """
    until = None if seconds is None else time.monotonic() + seconds
    at_once = 1
    # All that is in these figures is marked by now.
    marked_at = last_count(connection, CountedFigures.PERFORMANCE).at
    while until is None or time.monotonic() < until:
        started = time.monotonic()
        try:
            is_any_counted = _count_some(
                connection, at_once, now or datetime.now(UTC), waits=seconds is None
            )
        except TurnTaken:
            return False
        if not is_any_counted:
            if marked_at is not None:
                note_count(connection, CountedFigures.CAUSES, marked_at)
            return True
        is_quick = time.monotonic() - started < _QUICK_SECONDS
        at_once = at_once * 2 if is_quick else max(1, at_once // 2)
    return False


def counted_as_of(
    connection: Connection[TupleRow],
    request_key: int,
    request_id: RequestId,
    as_of: datetime,
) -> list[CountedRow]:
    """Return how the updates of a request stood at a past moment, folded from the facts."""
    found = _Stalled([], [], [])
    found.add(request_key, _stalled_at(connection, request_id, as_of, as_of=as_of))
    asked = _asked(found) | asked_of(connection, request_id, as_of)
    with connection.cursor(row_factory=class_row(CountedRow)) as cursor:
        return cursor.execute(_counts(is_past=True), asked, prepare=False).fetchall()


def stalled_devices(
    connection: Connection[TupleRow],
    request_id: RequestId,
    now: datetime,
    *,
    as_of: datetime | None = None,
) -> list[int]:
    """Return the devices, as stored, whose updates in a request stand still at ``now``."""
    return [device for device, _ in _stalled_at(connection, request_id, now, as_of=as_of)]


def _stalled_at(
    connection: Connection[TupleRow],
    request_id: RequestId,
    now: datetime,
    *,
    as_of: datetime | None = None,
) -> list[tuple[int, int]]:
    """Return the same with the stage at which each stands still."""
    asked = asked_by_pace(_ANYONE, now) | asked_of(connection, request_id, as_of)
    return connection.execute(stalled(as_of).encode(), asked, prepare=False).fetchall()


def _count_some(
    connection: Connection[TupleRow], limit: int, now: datetime, *, waits: bool
) -> bool:
    """Count some of the requests that are due, in one snapshot; return whether there were any."""
    with counting_snapshot(connection, Turn.COUNTING, waits=waits):
        asked = {"limit": limit, "now": now, "rest": _REST}
        request_keys = _keys(connection, "cause_take", asked)
        if not request_keys:
            request_keys = _keys(connection, "cause_take_waiting", asked)
        if request_keys:
            _count_all_that_can_be(connection, request_keys, now)
    return bool(request_keys)


def _keys(connection: Connection[TupleRow], name: str, asked: Mapping[str, object]) -> list[int]:
    """Return each request once."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return list(dict.fromkeys(cursor.execute(statement(name), asked)))


def _count_all_that_can_be(
    connection: Connection[TupleRow], request_keys: Sequence[int], now: datetime
) -> None:
    try:
        _count(connection, request_keys, now)
    except SERVER_FAILURES:  # the database's trouble, not the request's
        raise
    except DatabaseError:
        for request_key in request_keys:
            _count_or_pass_over(connection, request_key, now)


def _count_or_pass_over(connection: Connection[TupleRow], request_key: int, now: datetime) -> None:
    try:
        _count(connection, [request_key], now)
    except SERVER_FAILURES:
        raise
    except DatabaseError:
        _log.warning(
            "Causes: request %d could not be counted, and is passed over.",
            request_key,
            exc_info=True,
        )
        _keep(connection, [request_key], [], ())


def _count(connection: Connection[TupleRow], request_keys: Sequence[int], now: datetime) -> None:
    """Count requests anew, each whole; nothing is changed if that cannot be done."""
    with connection.transaction():
        asked = {"request_keys": list(request_keys)}
        waiting = rows_of(connection, _Waiting, "cause_waiting", asked)
        found = _Stalled([], [], [])
        for each in waiting:
            request_id = request_id_of(each.originator, each.target, each.counter)
            found.add(each.request_key, _stalled_at(connection, request_id, now))
        with connection.cursor(row_factory=class_row(CountedRow)) as cursor:
            rows = cursor.execute(
                _counts(is_past=False), asked | _asked(found), prepare=False
            ).fetchall()
        _keep(connection, request_keys, rows, {each.request_key for each in waiting})
        connection.execute(statement("stalled_keep"), asked | _asked(found))


def _keep(
    connection: Connection[TupleRow],
    request_keys: Sequence[int],
    rows: Sequence[CountedRow],
    waiting: Collection[int],
) -> None:
    """Keep the counts of these requests, some of which may have no updates."""
    profiles = _profile_keys(connection, {row.profile for row in rows})
    reasons = _reason_keys(connection, {row.reason for row in rows if row.reason is not None})
    of_request: dict[int, list[CountedRow]] = {key: [] for key in request_keys}
    for row in rows:
        of_request[row.request_key].append(row)
    with connection.cursor() as cursor:
        cursor.executemany(
            statement("cause_keep"),
            [
                {
                    "request_key": key,
                    "has_waiting": key in waiting,
                    "profile_keys": [profiles[row.profile] for row in counted],
                    "standings": [row.standing for row in counted],
                    "stages": [row.stage for row in counted],
                    "reason_keys": [
                        0 if row.reason is None else reasons[row.reason] for row in counted
                    ],
                    "days": [row.day for row in counted],
                    "counts": [row.count for row in counted],
                    "first_at": [row.first_at for row in counted],
                    "last_at": [row.last_at for row in counted],
                }
                for key, counted in of_request.items()
            ],
        )


def _profile_keys(connection: Connection[TupleRow], profiles: set[Profile]) -> dict[Profile, int]:
    """Return the key of each profile, given to those that have none."""
    asked = {name: [getattr(profile, name) for profile in profiles] for name in Profile._fields}
    connection.execute(statement("cause_add_profiles"), asked)
    rows = connection.execute(statement("cause_find_profiles"), asked)
    return {Profile._make(texts): key for key, *texts in rows}


def _reason_keys(connection: Connection[TupleRow], reasons: set[str]) -> dict[str, int]:
    """Return the key of each reason, given to those that have none."""
    asked = (list(reasons),)
    connection.execute(
        "INSERT INTO failure_reason (reason)"
        " SELECT unnest(%s::text[]) EXCEPT SELECT reason FROM failure_reason",
        asked,
    )
    rows = connection.execute(
        "SELECT reason, reason_key FROM failure_reason WHERE reason = ANY (%s)", asked
    )
    return dict(rows.fetchall())


def _asked(found: _Stalled) -> dict[str, object]:
    return {
        "stalled_requests": found.request_keys,
        "stalled_devices": found.device_ids,
        "stalled_stages": found.stages,
        **{each.name.lower(): int(each) for each in Standing},
    }


@cache
def _counts(*, is_past: bool) -> bytes:
    """Return the statement that counts: some requests now, or one as of a moment."""
    # Any moment stands for the past: the text holds none.
    as_of = datetime.max.replace(tzinfo=UTC) if is_past else None
    text = statement("cause_counts").decode()
    if is_past:
        return profiled_of_one(text, as_of).encode()
    of_some = _STANDING.format(of_which="c.request_key = ANY (%(request_keys)s)")
    return as_known(text, None, begun="WITH ", profiles=profiles_of(of_some, None)).encode()


def profiled_of_one(
    text: str, as_of: datetime | None, *, more: str = "true", traits: str = "true"
) -> str:
    """Return a statement about the profiles of one request's updates, now or at a moment.

    See firmtrack.store.reading.known. ``more`` is what else must hold of an update ``c``, and
    ``traits``, where the statement asks for that, of its profile ``p``.
    """
    of_one = _STANDING.format(of_which=f"{{is_asked}} AND {more}")
    profiles = profiles_of(of_one, as_of)
    begun = as_known("{known}, ", as_of)
    return as_known(text, as_of, begun=begun, profiles=profiles, traits=traits)


def profiles_of(standing: str, as_of: datetime | None) -> str:
    """Return the parts of a WITH that end in ``update_profile``, of the updates in ``standing``."""
    text = reading_statement("update_profiles").decode()
    return as_known(text, as_of, standing=as_known(standing, as_of))
