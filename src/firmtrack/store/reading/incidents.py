"""What befell updates besides their stages, as it is read: each row to the incident that it is."""

from datetime import datetime

from msgspec.json import Decoder

from firmtrack.domain.facts import Incident
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.incidents import ReportedIncident
from firmtrack.store.numbers import INCIDENT_OF_NUMBER, KIND_OF_NUMBER, eui_of, request_id_of
from firmtrack.store.reading.told import Told


class IncidentRow(Told, kw_only=True):
    """A row of any of the tables of incidents; what a table has no column for is None."""

    kind: int
    occurred_at: datetime
    recorded_at: datetime
    reason: str | None
    throttled_sequence: int | None
    throttled_count: int | None
    message_kind: int
    code: str | None
    device_id: int | None = None
    originator: int | None = None
    target: int | None = None
    counter: int | None = None
    comms_hub_id: int | None = None
    new_comms_hub_id: int | None = None
    device_time: datetime | None = None


_ROWS = Decoder(list[IncidentRow])


def incidents_in(rows: str | None) -> tuple[ReportedIncident, ...]:
    """Return the incidents in a JSON array of rows; None is none."""
    return () if rows is None else tuple(map(incident_of, _ROWS.decode(rows)))


def incident_of(row: IncidentRow) -> ReportedIncident:
    """Return the incident that a row is."""
    request_id = None
    if row.originator is not None:
        assert row.target is not None
        assert row.counter is not None
        request_id = request_id_of(row.originator, row.target, row.counter)
    incident = Incident(
        kind=INCIDENT_OF_NUMBER[row.kind],
        occurred_at=row.occurred_at,
        request_id=request_id,
        device_id=_eui(row.device_id),
        comms_hub_id=_eui(row.comms_hub_id),
        new_comms_hub_id=_eui(row.new_comms_hub_id),
        device_time=row.device_time,
        reason=row.reason,
        throttled_sequence=row.throttled_sequence,
        throttled_count=row.throttled_count,
    )
    return ReportedIncident(
        incident=incident,
        message_id=row.message_id,
        recorded_at=row.recorded_at,
        source_kind=KIND_OF_NUMBER[row.message_kind],
        source_code=row.code,
        user_id=_eui(row.user_id),
    )


def _eui(stored: int | None) -> Eui64 | None:
    return None if stored is None else eui_of(stored)
