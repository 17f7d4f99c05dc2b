"""Incidents told to people: a notice for what is news of one, not for each of its changes.

In the transaction that composes a party's notices, under its lock: what was told, and that it was,
are written together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from psycopg import Connection
from psycopg.rows import TupleRow, dict_row

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.notices import statement
from firmtrack.notices.cloud_events import event
from firmtrack.notices.endpoint_queue import Draft, enqueue
from firmtrack.notices.event_data import IncidentTold
from firmtrack.notices.incident_wording import PhraseOf, incident_sentences
from firmtrack.notices.incidents import Incident, IncidentNews, news_of
from firmtrack.notices.open_endpoints import OpenEndpoint
from firmtrack.notices.party_incidents import (
    end_incident,
    is_beside_another,
    leave_alone,
    update_incidents,
)
from firmtrack.presentation.links import link_to_cause, link_to_device, link_to_request
from firmtrack.presentation.wording import reason_text
from firmtrack.store.numbers import eui_of, request_id_of

_DEVICES_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What an incident's updates come to at the moment.

    ``request_id`` is the request of all of them, None if they are of several or not the party's;
    ``user_id`` likewise the notified User. ``device_ids`` are those of a few.
    """

    still_count: int
    request_id: RequestId | None
    user_id: Eui64 | None
    device_ids: tuple[Eui64, ...] | None


def tell_incidents(
    connection: Connection[TupleRow],
    incidents: Sequence[Incident],
    endpoints: Sequence[OpenEndpoint],
    now: datetime,
    phrase_of: PhraseOf,
) -> int:
    """Tell people what is news of a party's open incidents, end those that are over.

    Return how many notices that made. What no endpoint wants is not told.
    """
    current = {incident.incident_id: incident for incident in incidents}
    made = 0
    for incident in incidents:
        is_beside = is_beside_another(incident, current.values())
        news = news_of(incident, now, is_beside_another=is_beside)
        listeners = [
            endpoint
            for endpoint in endpoints
            if endpoint.channel.is_digest and incident.topic in endpoint.topics
        ]
        told = incident
        if news is not None and listeners:
            facts = _facts(connection, incident)
            for endpoint in listeners:
                draft = _draft(incident, news, facts, now, phrase_of)
                enqueue(connection, endpoint.endpoint_id, [draft], now)
            made += len(listeners)
            told = _told(incident, now)
        if now >= incident.over_at:
            end_incident(connection, told, now)
            del current[incident.incident_id]
        elif told is not incident:
            current[incident.incident_id] = told
            update_incidents(connection, [told], current.values())
        elif news is not None:
            leave_alone(connection, incident)
        elif incident.due_at is not None and now >= incident.due_at:
            update_incidents(connection, [incident], current.values())
    return made


def _told(incident: Incident, now: datetime) -> Incident:
    return replace(
        incident,
        told_times=incident.told_times + 1,
        told_at=now,
        told_count=incident.device_count,
        told_cause_id=incident.cause_id,
    )


def _facts(connection: Connection[TupleRow], incident: Incident) -> _Facts:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            statement("incident_facts"),
            {
                "incident_id": incident.incident_id,
                "is_own": incident.is_own,
                "is_bad": incident.status.is_bad,
                "stage": incident.status.stage.value,
                "reason": incident.reason,
                "most_devices": _DEVICES_NAMED,
            },
        ).fetchone()
    assert row is not None
    is_of_one_request = incident.is_own and row["request_count"] == 1
    user_ids, device_ids = row["user_ids"], row["device_ids"]
    return _Facts(
        still_count=row["still_count"],
        request_id=request_id_of(row["originator"], row["target"], row["counter"])
        if is_of_one_request
        else None,
        user_id=eui_of(user_ids[0]) if len(user_ids) == 1 and user_ids[0] is not None else None,
        # Of several requests, which device is of which is not said: then none is named.
        device_ids=tuple(map(eui_of, device_ids))
        if device_ids and (is_of_one_request or not incident.is_own)
        else None,
    )


def _link(incident: Incident, facts: _Facts) -> str | None:
    """Return the page of what is told: its only device, what all have in common, or the request."""
    if facts.device_ids is not None and len(facts.device_ids) == 1:
        return link_to_device(facts.device_ids[0])
    if incident.is_own and incident.cause is not None:
        return link_to_cause(incident.cause.cause_id)
    return None if facts.request_id is None else link_to_request(facts.request_id)


def _draft(
    incident: Incident, news: IncidentNews, facts: _Facts, now: datetime, phrase_of: PhraseOf
) -> Draft:
    notice_id = uuid4()
    sentence = incident_sentences(
        incident,
        news,
        still_count=facts.still_count,
        request_id=facts.request_id,
        device_ids=facts.device_ids,
        now=now,
        phrase_of=phrase_of,
    )
    data = IncidentTold(
        incident_id=incident.incident_id,
        news=news,
        service_request_id=None if facts.request_id is None else str(facts.request_id),
        status=incident.status,
        reason=incident.reason,
        device_count=incident.device_count,
        reason_text=None
        if incident.reason is None
        else reason_text(incident.reason, incident.status),
        sentence=sentence,
        link=_link(incident, facts),
    )
    return Draft(
        notice_id=notice_id,
        topic=incident.topic,
        body=event(notice_id, incident.topic, now, data),
        user_id=facts.user_id,
        reason=incident.reason,
        service_request_id=None if facts.device_ids is None else facts.request_id,
        device_ids=facts.device_ids,
        device_count=incident.device_count,
        incident_id=incident.incident_id,
    )
