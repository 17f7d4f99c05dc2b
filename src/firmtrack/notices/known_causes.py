"""The causes of parties' failures, looked for in the background: what incidents belong to.

Composing does not search: it reads what the last search found. A search that finds what at least
half of the updates of an open incident have in common makes the incident that cause's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import NamedTuple, Protocol
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, scalar_row

from firmtrack.answers.causes import CausesAnswer, CausesQuestion, CauseState
from firmtrack.answers.side_parts import side_part
from firmtrack.domain.causes import Attribute, CauseKey
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import statement
from firmtrack.notices.incidents import Incident
from firmtrack.notices.party_incidents import merge_incidents, open_incidents, update_incidents
from firmtrack.notices.updates_with_causes import with_causes
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.numbers import eui_of, request_parts

SEARCHED_EVERY = timedelta(minutes=15)
"""How often a party's causes are looked for while it has an open incident, if none is growing."""

GROWING_FOR = timedelta(minutes=10)
"""An incident that updates joined within this is growing: then they are looked for each time. What
they are looked for in, counts, may lag behind by as much."""

FRESH_FOR = timedelta(hours=1)
"""What was found longer ago is no longer taken to hold."""

_SEARCH_SECONDS = 20.0
_NOT_AGAIN_FOR = timedelta(seconds=30)
_SAMPLE = 2_000
_COVER_INCIDENTS = with_causes("cover_incidents")


class FindCauses(Protocol):
    """What finds what failures have in common, such as firmtrack.store.reports.causes."""

    def __call__(
        self, viewer: Viewer, question: CausesQuestion, *, now: datetime | None = None
    ) -> CausesAnswer | None:
        """Return the causes among the updates of the viewer's own requests."""


class Coverage(NamedTuple):
    """How many of an incident's updates, or of a sample of them, a cause has."""

    covered: int
    of_count: int


class Adoption(NamedTuple):
    """Incidents, oldest first, that turn out to be of one cause; ``are_mixed``: not wholly."""

    cause_id: str
    incident_ids: Sequence[UUID]
    are_mixed: bool


def renew_causes(connection: Connection[TupleRow], now: datetime, find_causes: FindCauses) -> int:
    """Look for the causes of each party with open incidents; return of how many parties it was.

    For some seconds at most: the next time begins with those that have waited longest.
    """
    ends = monotonic() + _SEARCH_SECONDS
    searched = 0
    while monotonic() < ends:
        party_id = _claimed(connection, now)
        if party_id is None:
            break
        searched += 1
        side_part(
            f"causes of the failures of party {party_id}",
            partial(_renew, connection, party_id, now, find_causes),
        )
    return searched


def adoptions(
    incidents: Sequence[Incident],
    found: Sequence[CauseKey],
    covered: Mapping[tuple[UUID, str], Coverage],
) -> list[Adoption]:
    """Return which open incidents, in order of opening, become which of the causes found.

    Those that have no cause, or one that is no longer found, as when its definition changed while
    it grew: each becomes the cause that covers most of it, if that is at least half.
    """
    found_ids = [key.cause_id for key in found]
    adopted: dict[str, list[tuple[UUID, bool]]] = defaultdict(list)
    for incident in incidents:
        if not incident.is_own or incident.cause_id in found_ids:
            continue
        fitting = [
            (covered[place].covered, -rank, key.cause_id)
            for rank, key in enumerate(found)
            if (key.status, key.reason) == (incident.status, incident.reason)
            and (place := (incident.incident_id, key.cause_id)) in covered
            and 2 * covered[place].covered >= covered[place].of_count
        ]
        if fitting:
            count, _, cause_id = max(fitting)
            is_mixed = count < covered[incident.incident_id, cause_id].of_count
            adopted[cause_id].append((incident.incident_id, is_mixed))
    return [
        Adoption(
            cause_id,
            [incident_id for incident_id, _ in each],
            any(is_mixed for _, is_mixed in each),
        )
        for cause_id, each in adopted.items()
    ]


def _claimed(connection: Connection[TupleRow], now: datetime) -> int | None:
    """Return the next party whose causes are due; no other process looks for them meanwhile."""
    asked = {
        "now": now,
        "every": SEARCHED_EVERY,
        "growing": GROWING_FOR,
        "not_again": _NOT_AGAIN_FOR,
    }
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(statement("claim_cause_search"), asked).fetchone()


def _renew(
    connection: Connection[TupleRow], party_id: int, now: datetime, find_causes: FindCauses
) -> None:
    user_ids = _user_ids(connection, party_id)
    answer = find_causes(
        Viewer.of_user_ids("notices", map(eui_of, user_ids)), CausesQuestion(), now=now
    )
    if answer is None:
        return
    found = [each.key for each in answer.causes if each.state is not CauseState.OVER]
    with connection.transaction():
        take(connection, AdvisoryKey.COMPOSING, party_id)
        if _user_ids(connection, party_id) != user_ids:
            return  # a User ID was taken from the party meanwhile, whose updates were among these
        keep_causes(connection, party_id, found, now)
        _adopt(connection, party_id, found, now)
        connection.execute(
            statement("forget_causes"),
            {"party_id": party_id, "found": [key.cause_id for key in found], "now": now},
        )


def _user_ids(connection: Connection[TupleRow], party_id: int) -> list[int]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT user_id FROM notice_subscriber WHERE party_id = %s ORDER BY user_id",
            (party_id,),
        ).fetchall()


def keep_causes(
    connection: Connection[TupleRow], party_id: int, found: Iterable[CauseKey], now: datetime
) -> None:
    """Keep causes, the greatest first, as those that were found now."""
    with connection.cursor() as cursor:
        cursor.executemany(
            statement("keep_cause"),
            [
                {
                    "party_id": party_id,
                    "cause_id": key.cause_id,
                    "now": now,
                    "place": place,
                    "status": str(key.status),
                    "reason": key.reason,
                    **_traits(key),
                }
                for place, key in enumerate(found)
            ],
        )


def _traits(key: CauseKey) -> dict[str, object]:
    values: dict[str, object] = {str(attribute): None for attribute in Attribute}
    values.update({str(trait.attribute): trait.value for trait in key.traits})
    request_id = values.pop(Attribute.SERVICE_REQUEST_ID)
    parts: tuple[int | None, ...] = (None, None, None)
    if request_id is not None:
        parts = request_parts(RequestId.parse(str(request_id)))
    return {**values, **dict(zip(("originator", "target", "counter"), parts, strict=True))}


def _adopt(
    connection: Connection[TupleRow], party_id: int, found: Sequence[CauseKey], now: datetime
) -> None:
    """Make open incidents those of the causes found, as ``adoptions`` says."""
    current = {each.incident_id: each for each in open_incidents(connection, party_id)}
    covered = {
        (incident_id, cause_id): Coverage(number, of_count)
        for incident_id, cause_id, number, of_count in connection.execute(
            _COVER_INCIDENTS,
            {
                "party_id": party_id,
                "found": [key.cause_id for key in found],
                "sample": _SAMPLE,
                "fresh": now - FRESH_FOR,
            },
        )
    }
    holders = {each.cause_id: each.incident_id for each in current.values() if each.is_own}
    for adoption in adoptions(list(current.values()), found, covered):
        first, *others = adoption.incident_ids
        is_mixed = adoption.are_mixed
        if adoption.cause_id in holders:
            first, others = holders[adoption.cause_id], list(adoption.incident_ids)
            is_mixed = is_mixed or current[first].is_mixed
        whole = replace(current[first], cause_id=adoption.cause_id, is_mixed=is_mixed)
        for other in others:
            whole = merge_incidents(connection, whole, current.pop(other), now)
        current[first] = whole
        update_incidents(connection, [whole], current.values())
