"""What befell an update besides its stages, as the API answers it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from firmtrack.domain.facts import IncidentKind, MessageKind
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.presentation.catalogue_incidents import INCIDENTS
from firmtrack.presentation.documents.fields import EuiText, RequestIdText, eui_text


class IncidentSource(Struct, frozen=True):
    """The message that tells of an incident, and the code that it carries."""

    kind: MessageKind
    code: str | None
    message_id: UUID


class Incident(Struct, frozen=True):
    """What befell a request, a device or a hub besides the stages of an update; it moves no status.

    What is the same but for its time is one incident: occurred_at is DCC's time of the latest of
    times, first_at of the first. throttled_count is what DCC counts of repeats that it did not
    send. reason is a code as it came. new_comms_hub_id took the place of comms_hub_id. text says
    what the kind means. source is null if another party was told: then the times are the beginnings
    of days.
    """

    kind: IncidentKind
    text: str
    occurred_at: datetime
    first_at: datetime
    times: int
    throttled_count: int | None
    device_time: datetime | None
    reason: str | None
    service_request_id: RequestIdText | None
    comms_hub_id: EuiText | None
    new_comms_hub_id: EuiText | None
    source: IncidentSource | None


def incidents(found: Iterable[IncidentEntry]) -> list[Incident]:
    """Return the incidents in their order."""
    return [_incident(each) for each in found]


def _incident(entry: IncidentEntry) -> Incident:
    incident, source = entry.incident, entry.source
    return Incident(
        kind=incident.kind,
        text=INCIDENTS[incident.kind].meaning,
        occurred_at=incident.occurred_at,
        first_at=entry.first_at,
        times=entry.times,
        throttled_count=entry.throttled_count,
        device_time=incident.device_time,
        reason=incident.reason,
        service_request_id=None if incident.request_id is None else str(incident.request_id),
        comms_hub_id=eui_text(incident.comms_hub_id),
        new_comms_hub_id=eui_text(incident.new_comms_hub_id),
        source=None
        if source is None
        else IncidentSource(
            kind=source.source_kind, code=source.source_code, message_id=source.message_id
        ),
    )
