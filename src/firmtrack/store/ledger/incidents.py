"""What befell updates besides their stages: written as it comes, beside the updates."""

from collections.abc import Sequence

from psycopg import Cursor
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Incident, Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.store.ledger import statement
from firmtrack.store.numbers import INCIDENT_NUMBERS, numbers_of, request_parts, to_bigint


def record(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Record the incidents that new messages report, each where it is looked for first."""
    rows: dict[str, list[dict[str, object]]] = {}
    for message in messages:
        for incident in message.incidents:
            rows.setdefault(_table(incident), []).append(_row(incident, message))
    for table, values in sorted(rows.items()):
        cursor.executemany(statement(f"insert_{table}"), values)


def _table(incident: Incident) -> str:
    if incident.device_id is not None:
        return "device_incident"
    return "comms_hub_incident" if incident.request_id is None else "request_incident"


def _row(incident: Incident, message: Message) -> dict[str, object]:
    named = incident.request_id
    originator, target, counter = (None, None, None) if named is None else request_parts(named)
    return {
        "device_id": _number(incident.device_id),
        "message_id": message.message_id,
        "kind": INCIDENT_NUMBERS[incident.kind],
        "occurred_at": incident.occurred_at,
        "device_time": incident.device_time,
        "originator": originator,
        "target": target,
        "counter": counter,
        "comms_hub_id": _number(incident.comms_hub_id),
        "new_comms_hub_id": _number(incident.new_comms_hub_id),
        "reason": incident.reason,
        "throttled_sequence": incident.throttled_sequence,
        "throttled_count": incident.throttled_count,
        **numbers_of(message),
    }


def _number(eui: Eui64 | None) -> int | None:
    return None if eui is None else to_bigint(eui)
