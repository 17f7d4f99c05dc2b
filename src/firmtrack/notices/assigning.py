"""To which incident each change belongs that tells of a failure, or of what stands still.

In the transaction that composes a party's notices, under its lock, and by a few statements however
many devices the changes name. An update that an open incident of the same topic and reason has
stays with it; one of the party's own that has a known cause belongs to that cause's incident; any
other to the incident of which nothing in common is known, one for each status and reason.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import json
from psycopg import Connection
from psycopg.rows import TupleRow, dict_row

from firmtrack.domain.stages import Status
from firmtrack.domain.topics import STALLED, topic_of_status
from firmtrack.notices import statement
from firmtrack.notices.grouping import Change
from firmtrack.notices.incidents import Incident
from firmtrack.notices.known_causes import FRESH_FOR
from firmtrack.notices.party_incidents import open_incident, update_incidents
from firmtrack.notices.updates_with_causes import with_causes
from firmtrack.store.numbers import eui_of, to_bigint

_BAD_STATUS_OF_TOPIC = {topic_of_status(status): status for status in Status if status.is_bad}
_PLACE_UPDATES = with_causes("place_updates")
_STATUS_OF_NAME = {str(status): status for status in Status}


class _Kind(NamedTuple):
    """What changes of one incident have in common but for their cause."""

    is_own: bool
    topic: str
    status: Status
    reason: str | None


class _Slot(NamedTuple):
    """What tells a party's open incidents apart."""

    kind: _Kind
    cause_id: str | None


@dataclass(frozen=True, slots=True)
class _Part:
    """A change, or some devices of one, that belongs to one incident."""

    change: Change
    kind: _Kind
    incident_id: UUID | None = None
    cause_id: str | None = None


def is_of_incident(change: Change) -> bool:
    """Return whether a change belongs to an incident."""
    return _kind_of(change) is not None


def assigned(
    connection: Connection[TupleRow],
    party_id: int,
    changes: Sequence[Change],
    incidents: Sequence[Incident],
    now: datetime,
) -> list[Change]:
    """Return the party's changes in their order, each with the incident that it belongs to.

    A change whose devices belong to several is as many changes. ``incidents`` are the party's that
    are open; those that others join are brought up to date, and opened where there is none.
    """
    kinds = [_kind_of(change) for change in changes]
    if not any(kinds):
        return list(changes)
    parts = _placed(connection, party_id, changes, kinds, incidents, now)
    slots = {_slot_of(incident): incident for incident in incidents}
    by_id = {incident.incident_id: incident for incident in incidents}
    joined: dict[UUID, list[Change]] = defaultdict(list)
    result = []
    for part in parts:
        if isinstance(part, Change):
            result.append(part)
            continue
        incident = by_id.get(part.incident_id) if part.incident_id is not None else None
        if incident is None:
            slot = _Slot(part.kind, part.cause_id)
            incident = slots.get(slot)
            if incident is None:
                incident = open_incident(
                    connection, party_id, **part.kind._asdict(), cause_id=part.cause_id, now=now
                )
                slots[slot] = by_id[incident.incident_id] = incident
        matter = part.change.matter._replace(incident_id=incident.incident_id)
        change = replace(part.change, matter=matter)
        joined[incident.incident_id].append(change)
        result.append(change)
    _join(connection, by_id, joined, now)
    return result


def _kind_of(change: Change) -> _Kind | None:
    matter = change.matter
    if matter.topic == STALLED:
        status = _STATUS_OF_NAME.get(json.decode(matter.details).get("current_status"))
    else:
        status = _BAD_STATUS_OF_TOPIC.get(matter.topic)
    if status is None or change.request_key is None:
        return None
    return _Kind(change.is_own, matter.topic, status, matter.reason)


def _slot_of(incident: Incident) -> _Slot:
    kind = _Kind(incident.is_own, incident.topic, incident.status, incident.reason)
    return _Slot(kind, incident.cause_id)


def _placed(
    connection: Connection[TupleRow],
    party_id: int,
    changes: Sequence[Change],
    kinds: Sequence[_Kind | None],
    incidents: Iterable[Incident],
    now: datetime,
) -> list[Change | _Part]:
    """Return the changes, in parts where it depends on the device which incident they belong to.

    That is asked of those alone of which it is not known beforehand.
    """
    has_choice = _kinds_with_choice(connection, party_id, incidents, now)
    asked = {
        place: (change, kind)
        for place, (change, kind) in enumerate(zip(changes, kinds, strict=True))
        if kind is not None and change.device_ids is not None and has_choice(kind)
    }
    found = _ask(connection, party_id, asked, now) if asked else {}
    placed: list[Change | _Part] = []
    for place, (change, kind) in enumerate(zip(changes, kinds, strict=True)):
        if kind is None:
            placed.append(change)
        else:
            placed.extend(found.get(place) or [_Part(change, kind)])
    return placed


def _kinds_with_choice(
    connection: Connection[TupleRow],
    party_id: int,
    incidents: Iterable[Incident],
    now: datetime,
) -> Callable[[_Kind], bool]:
    """Return what tells whether it depends on the device which incident a change belongs to."""
    slots = [_slot_of(incident) for incident in incidents]
    caused = set(
        connection.execute(
            "SELECT DISTINCT status, reason FROM party_cause WHERE party_id = %s AND found_at > %s",
            (party_id, now - FRESH_FOR),
        ).fetchall()
    )

    def has_choice(kind: _Kind) -> bool:
        is_held_elsewhere = any(
            slot.kind._replace(status=kind.status) == kind and slot != (kind, None)
            for slot in slots
        )
        return is_held_elsewhere or (kind.is_own and (str(kind.status), kind.reason) in caused)

    return has_choice


def _ask(
    connection: Connection[TupleRow],
    party_id: int,
    asked: Mapping[int, tuple[Change, _Kind]],
    now: datetime,
) -> dict[int, list[Change | _Part]]:
    """Return the parts of each change, by its place, as the store has it."""
    devices = [
        (place, to_bigint(device_id))
        for place, (change, _) in asked.items()
        for device_id in change.device_ids or ()
    ]
    kinds = [kind for _, kind in asked.values()]
    parts: dict[int, list[Change | _Part]] = defaultdict(list)
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            _PLACE_UPDATES,
            {
                "party_id": party_id,
                "fresh": now - FRESH_FOR,
                "device_places": [place for place, _ in devices],
                "device_ids": [device_id for _, device_id in devices],
                "places": list(asked),
                "request_keys": [change.request_key for change, _ in asked.values()],
                "are_own": [kind.is_own for kind in kinds],
                "topics": [kind.topic for kind in kinds],
                "statuses": [str(kind.status) for kind in kinds],
                "reasons": [kind.reason for kind in kinds],
            },
        )
        for row in cursor:
            change, kind = asked[row["place"]]
            device_ids = tuple(map(eui_of, row["device_ids"]))
            part = replace(change, device_ids=device_ids, device_count=len(device_ids))
            parts[row["place"]].append(_Part(part, kind, row["incident_id"], row["cause_id"]))
    return parts


def _join(
    connection: Connection[TupleRow],
    by_id: Mapping[UUID, Incident],
    joined: Mapping[UUID, Sequence[Change]],
    now: datetime,
) -> None:
    """Have the changes' updates belong to the incidents, and bring these up to date."""
    named = [
        (incident_id, change.request_key, device_id)
        for incident_id, changes in joined.items()
        for change in changes
        for device_id in change.device_ids or ()
    ]
    whole = [
        (incident_id, change)
        for incident_id, changes in joined.items()
        for change in changes
        if change.device_ids is None
    ]
    counts: dict[UUID, int] = dict(
        connection.execute(
            statement("join_incidents"),
            {
                "incident_ids": [incident_id for incident_id, _, _ in named],
                "device_ids": [to_bigint(device_id) for _, _, device_id in named],
                "request_keys": [request_key for _, request_key, _ in named],
                "whole_incident_ids": [incident_id for incident_id, _ in whole],
                "whole_request_keys": [change.request_key for _, change in whole],
            },
        ).fetchall()
    )
    current = {
        incident_id: _brought_up_to_date(
            incident, joined.get(incident_id, ()), counts.get(incident_id, 0), now
        )
        for incident_id, incident in by_id.items()
    }
    update_incidents(connection, [current[incident_id] for incident_id in joined], current.values())


def _brought_up_to_date(
    incident: Incident, changes: Sequence[Change], count: int, now: datetime
) -> Incident:
    times = [change.occurred_at for change in changes if change.occurred_at is not None]
    if incident.first_at is not None:
        times.append(incident.first_at)
    return replace(
        incident,
        first_at=min(times, default=None),
        last_at=now if count else incident.last_at,
        device_count=incident.device_count + count,
    )
