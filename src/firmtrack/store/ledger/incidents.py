"""What befell updates besides their stages: written as it comes, read beside the updates."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from json import loads
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Incident, Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.incidents import ReportedIncident
from firmtrack.store.ledger import statement
from firmtrack.store.numbers import (
    INCIDENT_NUMBERS,
    INCIDENT_OF_NUMBER,
    KIND_OF_NUMBER,
    eui_of,
    request_id_of,
    request_parts,
    to_bigint,
)


def record(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Record the incidents that new messages report, each where it is looked for first."""
    rows: dict[str, list[dict[str, object]]] = {}
    for message in messages:
        for incident in message.incidents:
            rows.setdefault(_table(incident), []).append(_row(incident, message.message_id))
    for table, values in sorted(rows.items()):
        cursor.executemany(statement(f"insert_{table}"), values)


def incidents_in(rows: str | None) -> tuple[ReportedIncident, ...]:
    """Return the incidents in a JSON array of rows; None is none."""
    return () if rows is None else tuple(_reported(loads(rows)))


def _table(incident: Incident) -> str:
    if incident.device_id is not None:
        return "device_incident"
    return "comms_hub_incident" if incident.request_id is None else "request_incident"


def _row(incident: Incident, message_id: UUID) -> dict[str, object]:
    named = incident.request_id
    originator, target, counter = (None, None, None) if named is None else request_parts(named)
    return {
        "device_id": _number(incident.device_id),
        "message_id": message_id,
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
    }


def _reported(rows: Sequence[Sequence[Any]]) -> Iterator[ReportedIncident]:
    for row in rows:
        (kind, occurred_at, recorded_at, device_time, originator, target, counter, device_id,
         comms_hub_id, new_comms_hub_id, reason, sequence, count, message_id, source_kind, code,
         user_id) = row  # fmt: skip
        incident = Incident(
            kind=INCIDENT_OF_NUMBER[kind],
            occurred_at=_time(occurred_at),
            request_id=None if originator is None else request_id_of(originator, target, counter),
            device_id=_eui(device_id),
            comms_hub_id=_eui(comms_hub_id),
            new_comms_hub_id=_eui(new_comms_hub_id),
            device_time=None if device_time is None else _time(device_time),
            reason=reason,
            throttled_sequence=sequence,
            throttled_count=count,
        )
        yield ReportedIncident(
            incident=incident,
            message_id=UUID(message_id),
            recorded_at=_time(recorded_at),
            source_kind=KIND_OF_NUMBER[source_kind],
            source_code=code,
            user_id=_eui(user_id),
        )


def _number(eui: Eui64 | None) -> int | None:
    return None if eui is None else to_bigint(eui)


def _eui(stored: int | None) -> Eui64 | None:
    return None if stored is None else eui_of(stored)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
