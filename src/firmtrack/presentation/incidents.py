"""What befell an update, in words, beside its name in the catalogue of incidents."""

from firmtrack.domain.facts import IncidentKind
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.presentation.wording import MESSAGE_KIND_NAMES

ANOTHERS = "Another party’s message"


def incident_details(entry: IncidentEntry) -> list[tuple[str, str]]:
    """Return the name and the value of what is known of an incident besides its kind and times."""
    incident, count = entry.incident, entry.throttled_count
    details = [
        (_reason_name(incident.kind), incident.reason),
        ("Communications Hub", incident.comms_hub_id),
        ("Communications Hub in its place", incident.new_comms_hub_id),
        ("Repeats that DCC throttled", None if count is None else f"{count:,}"),
    ]
    return [(name, str(value)) for name, value in details if value is not None]


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
