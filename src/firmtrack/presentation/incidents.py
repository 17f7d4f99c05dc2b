"""What befell an update, in words, beside its name in the catalogue of incidents."""

from firmtrack.domain.facts import IncidentKind
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.presentation.wording import MESSAGE_KIND_NAMES

ANOTHERS = "Another party’s message"


def incident_details(entry: IncidentEntry) -> list[str]:
    """Return what is known of an incident besides its kind and times, as short texts."""
    incident = entry.incident
    details = []
    if incident.reason is not None:
        details.append(f"{_reason_name(incident.kind)}: {incident.reason}")
    if incident.comms_hub_id is not None:
        details.append(f"Communications Hub {incident.comms_hub_id}")
    if incident.new_comms_hub_id is not None:
        details.append(f"In its place: Communications Hub {incident.new_comms_hub_id}")
    if entry.throttled_count is not None:
        details.append(f"Repeats that DCC throttled: {entry.throttled_count:,}")
    return details


def incident_source(entry: IncidentEntry) -> str:
    """Return which message tells of an incident, in words."""
    if entry.source is None:
        return ANOTHERS
    name = MESSAGE_KIND_NAMES[entry.source.source_kind]
    code = entry.source.source_code
    return name if code is None else f"{name}, code {code}"


def _reason_name(kind: IncidentKind) -> str:
    if kind is IncidentKind.REQUEST_QUARANTINED:
        return "Breach"
    return "Not carried" if kind is IncidentKind.MESSAGE_NOT_CARRIED else "Code"
