"""How what somebody watches stands for them now, as what they know of it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from msgspec import convert, to_builtins
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.causes import LONGEST_DAYS, CausesAnswer, CausesQuestion
from firmtrack.answers.watches import Watched
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.dossier import fold
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.seeing import view_of
from firmtrack.domain.stages import Stage
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import watched_cause, watched_device, watched_request
from firmtrack.notices.watch_news import Told
from firmtrack.notices.watched_cause import KnownOfCause
from firmtrack.notices.watched_device import KnownOfDevice
from firmtrack.notices.watched_request import KnownOfRequest
from firmtrack.store.numbers import request_id_of, to_bigint
from firmtrack.store.reading.dossiers import read_dossier
from firmtrack.store.reading.requests import find_request
from firmtrack.store.reports import causes

_QUESTIONS = (CausesQuestion(), CausesQuestion(days=LONGEST_DAYS))
"""Of which updates a cause is looked for: as on its page, of older ones if of no others."""

_STALLS = """
SELECT r.originator, r.target, r.counter, s.stage
FROM stalled_distribution AS s
JOIN request AS r USING (request_key)
WHERE s.device_id = %s
"""


class FindCause(Protocol):
    """What returns how a cause stands, such as firmtrack.store.reports.causes.find_cause."""

    def __call__(
        self, viewer: Viewer, key: CauseKey, question: CausesQuestion
    ) -> CausesAnswer | None:
        """Return the cause, None if none of the viewer's updates is of it."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What somebody knows who sets a watch now, None if there is nothing left to tell."""

    known: object | None


def beginning_of(
    connection: Connection[TupleRow],
    viewer: Viewer,
    watched: Watched,
    find_cause: FindCause = causes.find_cause,
) -> Beginning | None:
    """Return what the viewer knows of what they begin to watch; None if they may not see it."""
    known: KnownOfDevice | KnownOfRequest | KnownOfCause | None
    if isinstance(watched, CauseKey):
        found = _cause(viewer, watched, find_cause)
        if found is None:
            return None
        known = watched_cause.known_at_first(found.causes[0])
    elif isinstance(watched, RequestId):
        request = find_request(viewer, watched)
        if request is None:
            return None
        known = watched_request.known_at_first(request)
    else:
        updates = _updates(connection, viewer, watched)
        if not updates:
            return None
        known = watched_device.known_at_first(updates)
    return Beginning(None if known is None else to_builtins(known))


def look(
    connection: Connection[TupleRow],
    viewer: Viewer,
    watched: Watched,
    told: object,
    *,
    stalls: int,
    is_over: bool,
    now: datetime,
    find_cause: FindCause = causes.find_cause,
) -> Told[object] | None:
    """Return what is news to who knows ``told``; None if they may see nothing of it any more.

    ``stalls`` is how many of the request's devices were newly found to stand still.
    """
    if isinstance(watched, CauseKey):
        if not viewer.sees_all and not viewer.user_ids:
            return None
        answer = _cause(viewer, watched, find_cause)
        return watched_cause.look_at_cause(
            watched,
            convert(told, KnownOfCause),
            None if answer is None else answer.causes[0],
            _QUESTIONS[0] if answer is None else answer.question,
            now,
        )
    if isinstance(watched, RequestId):
        request = find_request(viewer, watched)
        if request is None:
            return None
        known_of_request = convert(told, KnownOfRequest)
        return watched_request.look_at_request(known_of_request, request, stalls, now)
    known = convert(told, KnownOfDevice)
    requests: Sequence[RequestId] = watched_device.requests_known(known)
    may_see = [str(each) for each in requests if viewer.may_see(each)]
    if not may_see:
        return None
    updates = _updates(connection, viewer, watched)
    return watched_device.look_at_device(watched, known, updates, may_see, is_over=is_over)


def _updates(
    connection: Connection[TupleRow], viewer: Viewer, device_id: Eui64
) -> dict[str, watched_device.Update]:
    number = to_bigint(device_id)
    view = view_of(viewer, fold(read_dossier(connection, device_id)))
    stalls = [
        (request_id_of(originator, target, counter), Stage(stage))
        for originator, target, counter, stage in connection.execute(_STALLS, (number,))
    ]
    return watched_device.updates_of(view, stalls)


def _cause(viewer: Viewer, key: CauseKey, find_cause: FindCause) -> CausesAnswer | None:
    answers = (find_cause(viewer, key, question) for question in _QUESTIONS)
    return next((each for each in answers if each is not None), None)
