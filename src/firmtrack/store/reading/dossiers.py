"""A device's dossier as it is read: each row of the one statement to the fact that it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, defstruct
from msgspec.json import Decoder
from psycopg import Connection, RawCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from firmtrack.domain.activation import ReportedActivationEvent
from firmtrack.domain.dossier import (
    Dossier,
    InventoryStatement,
    ReportedEvent,
    Reporter,
    RequestFile,
    RequestNaming,
    RequestStatement,
    SupplierChangeReport,
    boundaries_of,
)
from firmtrack.domain.facts import ActivationEvent, DeviceFacts, ImageFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.incidents import ReportedIncident
from firmtrack.domain.inventory import EUI_FACTS, FACT_NAMES
from firmtrack.domain.stages import ActivationStep, Stage, Variant, status_at
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_id_of, to_bigint
from firmtrack.store.reading import statement
from firmtrack.store.reading.incidents import IncidentRow, incident_of
from firmtrack.store.reading.told import Told

NOW = datetime.max.replace(tzinfo=UTC)
"""The moment by which all has been recorded that has been."""

_ALL_EVENTS = 2**62

MOST_EVENTS = 1_000
"""A device with more events is in a storm: those that repeat each other are read as one."""


class _Event(Told, kw_only=True):
    request_key: int | None
    occurred_at: datetime
    recorded_at: datetime
    device_time: datetime | None
    comms_hub_id: int | None
    stage: Stage
    failed: bool
    reason: str | None
    firmware_version: str | None
    image_hash: str | None
    message_kind: int
    code: str | None
    times: int = 1
    first_at: datetime | None = None
    first_recorded_at: datetime | None = None
    first_message_id: UUID | None = None


class _Request(Struct):
    request_key: int
    originator: int
    target: int
    counter: int
    recorded_at: datetime


class _Statement(Struct):
    request_key: int
    message_id: UUID
    sent_at: datetime | None
    variant: Variant
    firmware_version: str
    image_hash: str | None
    image: dict[str, Any]


class _Step(Told, kw_only=True):
    request_key: int
    occurred_at: datetime
    recorded_at: datetime
    stage: Stage
    failed: bool
    reason: str | None
    variant: Variant | None
    message_kind: int
    code: str | None


class _Naming(Struct):
    request_key: int
    named_at: datetime
    firmware_version: str | None


class _Activation(Told, kw_only=True):
    originator: int
    counter: int
    occurred_at: datetime | None
    recorded_at: datetime
    device_time: datetime | None
    step: ActivationStep
    failed: bool
    reason: str | None
    firmware_version: str | None
    image_hash: str | None
    scheduled_for: datetime | None
    message_kind: int
    code: str | None


class _Inventory(Told, kw_only=True):
    recorded_at: datetime
    learnt_at: datetime | None
    message_kind: int | None
    code: str | None


_INVENTORY = defstruct(
    "_INVENTORY",
    [(name, int | None if name in EUI_FACTS else str | None) for name in FACT_NAMES],
    bases=(_Inventory,),
    kw_only=True,
)


class _SupplierChange(Told, kw_only=True):
    told_at: datetime
    message_kind: int
    code: str | None


_DECODERS: Mapping[str, Decoder[Any]] = {
    "event": Decoder(_Event),
    "request": Decoder(_Request),
    "statement": Decoder(_Statement),
    "step": Decoder(_Step),
    "naming": Decoder(_Naming),
    "activation": Decoder(_Activation),
    "incident": Decoder(IncidentRow),
    "inventory": Decoder(_INVENTORY),
    "supplier_change": Decoder(_SupplierChange),
}


def read_dossier(
    connection: Connection[TupleRow],
    device_id: Eui64,
    as_of: datetime | None = None,
    *,
    most_events: int = MOST_EVENTS,
) -> Dossier:
    """Return all facts of a device that were recorded by ``as_of``; None is now.

    Of a device with more than ``most_events``, events that repeat each other come as one. Nothing
    that a fold of them says is lost.
    """
    rows = _rows(connection, device_id, as_of or NOW, most_events + 1)
    if sum(kind == "event" for kind, _ in rows) <= most_events:
        return _dossier(device_id, rows)
    is_in_transaction = connection.info.transaction_status is not TransactionStatus.IDLE
    with connection.transaction():
        if not is_in_transaction:
            # All that is read sees the same facts.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _stormy_dossier(connection, device_id, as_of or NOW)


def read_single_events(
    connection: Connection[TupleRow], device_id: Eui64, as_of: datetime | None = None
) -> Dossier:
    """Return the same as ``read_dossier``, each event for itself, however many there are."""
    return _dossier(device_id, _rows(connection, device_id, as_of or NOW, _ALL_EVENTS))


def _stormy_dossier(
    connection: Connection[TupleRow], device_id: Eui64, moment: datetime
) -> Dossier:
    """Return the dossier of a device with its events by runs.

    To which request an event belongs changes where one was submitted. Where that is, all events
    tell; so the runs are read first without these boundaries, and with them if one lies in a run
    that names no request.
    """
    runs = _runs(connection, device_id, moment, [])
    # After the events, so that each request that they name is there.
    others = [row for row in _rows(connection, device_id, moment, 0) if row[0] != "event"]
    dossier = _dossier(device_id, [*others, *runs])
    boundaries = boundaries_of(dossier)
    if any(
        event.first_at < boundary <= event.occurred_at
        for event in dossier.events
        if event.request_id is None
        for boundary in boundaries
    ):
        runs = _runs(connection, device_id, moment, boundaries)
        dossier = _dossier(device_id, [*others, *runs])
    return dossier


def _rows(
    connection: Connection[TupleRow], device_id: Eui64, moment: datetime, most_events: int
) -> Sequence[TupleRow]:
    asked = (to_bigint(device_id), moment, most_events)
    with RawCursor(connection) as cursor:
        return cursor.execute(statement("dossier"), asked, prepare=True).fetchall()


def _runs(
    connection: Connection[TupleRow],
    device_id: Eui64,
    moment: datetime,
    boundaries: Sequence[datetime],
) -> Sequence[TupleRow]:
    asked = (to_bigint(device_id), moment, list(boundaries))
    with RawCursor(connection) as cursor:
        rows = cursor.execute(statement("event_runs"), asked).fetchall()
    return [("event", fact) for (fact,) in rows]


def _dossier(device_id: Eui64, rows: Iterable[TupleRow]) -> Dossier:
    facts: dict[str, list[Any]] = {kind: [] for kind in _DECODERS}
    for kind, fact in rows:
        facts[kind].append(_DECODERS[kind].decode(fact))
    request_ids = {
        each.request_key: request_id_of(each.originator, each.target, each.counter)
        for each in facts["request"]
    }
    incidents = [incident_of(each) for each in facts["incident"]]
    return Dossier(
        device_id=device_id,
        # Within a writer's transaction each statement sees more than the one before: an event of a
        # request that was not there yet is from later than the rest.
        events=[
            _event(each, request_ids)
            for each in facts["event"]
            if each.request_key is None or each.request_key in request_ids
        ],
        requests=_files(facts, request_ids, incidents),
        activation_events=[_activation(device_id, each) for each in facts["activation"]],
        incidents=incidents,
        statements=[_inventory(device_id, each) for each in facts["inventory"]],
        supplier_changes=[
            SupplierChangeReport(reported_at=each.told_at, reporter=_reporter(each))
            for each in facts["supplier_change"]
        ],
        response_ids=_response_ids(facts),
    )


def _files(
    facts: Mapping[str, Sequence[Any]],
    request_ids: Mapping[int, RequestId],
    incidents: Iterable[ReportedIncident],
) -> list[RequestFile]:
    statements: dict[int, list[RequestStatement]] = defaultdict(list)
    steps: dict[int, list[ReportedEvent]] = defaultdict(list)
    variants: dict[int, list[Variant]] = defaultdict(list)
    namings: dict[int, list[RequestNaming]] = defaultdict(list)
    befell: dict[RequestId, list[datetime]] = defaultdict(list)
    for each in facts["statement"]:
        statements[each.request_key].append(_statement(each))
    for each in facts["step"]:
        steps[each.request_key].append(_step(each, request_ids[each.request_key]))
        if each.variant is not None:
            variants[each.request_key].append(each.variant)
    for each in facts["naming"]:
        namings[each.request_key].append(
            RequestNaming(named_at=each.named_at, firmware_version=_version(each.firmware_version))
        )
    for reported in incidents:
        if reported.incident.request_id is not None and reported.incident.device_id is None:
            befell[reported.incident.request_id].append(reported.incident.occurred_at)
    return [
        RequestFile(
            request_id=request_ids[each.request_key],
            recorded_at=each.recorded_at,
            statements=statements[each.request_key],
            steps=steps[each.request_key],
            answered_variants=variants[each.request_key],
            namings=namings[each.request_key],
            incident_times=befell[request_ids[each.request_key]],
        )
        for each in facts["request"]
    ]


def _response_ids(facts: Mapping[str, Sequence[Any]]) -> dict[UUID, ResponseId]:
    return {
        row.message_id: response_id
        for rows in facts.values()
        for row in rows
        if isinstance(row, Told) and (response_id := row.response_id) is not None
    }


def _event(row: _Event, request_ids: Mapping[int, RequestId]) -> ReportedEvent:
    return ReportedEvent(
        status=status_at(row.stage, is_bad=row.failed),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        reporter=_reporter(row),
        request_id=None if row.request_key is None else request_ids[row.request_key],
        reason=row.reason,
        device_time=row.device_time,
        comms_hub_id=_eui(row.comms_hub_id),
        firmware_version=_version(row.firmware_version),
        image_hash=_octets(row.image_hash),
        times=row.times,
        first_at=row.first_at or row.occurred_at,
        first_recorded_at=row.first_recorded_at or row.recorded_at,
        first_message_id=row.first_message_id or row.message_id,
    )


def _step(row: _Step, request_id: RequestId) -> ReportedEvent:
    return ReportedEvent(
        status=status_at(row.stage, is_bad=row.failed),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        reporter=_reporter(row),
        names_device=False,
        request_id=request_id,
        reason=row.reason,
        first_at=row.occurred_at,
        first_recorded_at=row.recorded_at,
        first_message_id=row.message_id,
    )


def _statement(row: _Statement) -> RequestStatement:
    return RequestStatement(
        message_id=row.message_id,
        sent_at=row.sent_at,
        variant=row.variant,
        firmware_version=FirmwareVersion(row.firmware_version),
        image=ImageFacts(manufacturer_image_hash=_octets(row.image_hash), **row.image),
    )


def _activation(device_id: Eui64, row: _Activation) -> ReportedActivationEvent:
    return ReportedActivationEvent(
        event=ActivationEvent(
            request_id=request_id_of(row.originator, to_bigint(device_id), row.counter),
            step=row.step,
            is_failed=row.failed,
            occurred_at=row.occurred_at,
            reason=row.reason,
            device_time=row.device_time,
            firmware_version=_version(row.firmware_version),
            image_hash=_octets(row.image_hash),
            scheduled_for=row.scheduled_for,
        ),
        message_id=row.message_id,
        recorded_at=row.recorded_at,
        source_kind=KIND_OF_NUMBER[row.message_kind],
        source_code=row.code,
    )


def _inventory(device_id: Eui64, row: _Inventory) -> InventoryStatement:
    facts: dict[str, Any] = {name: getattr(row, name) for name in FACT_NAMES}
    for name in EUI_FACTS:
        facts[name] = _eui(facts[name])
    return InventoryStatement(
        facts=DeviceFacts(device_id=device_id, learnt_at=row.learnt_at, **facts),
        recorded_at=row.recorded_at,
        reporter=_reporter(row),
    )


def _reporter(row: _Event | _Step | _Inventory | _SupplierChange) -> Reporter:
    return Reporter(
        message_id=row.message_id,
        kind=None if row.message_kind is None else KIND_OF_NUMBER[row.message_kind],
        code=row.code,
        user_id=_eui(row.user_id),
    )


def _eui(stored: int | None) -> Eui64 | None:
    return None if stored is None else eui_of(stored)


def _octets(hexadecimal: str | None) -> bytes | None:
    return None if hexadecimal is None else bytes.fromhex(hexadecimal)


def _version(text: str | None) -> FirmwareVersion | None:
    return None if text is None else FirmwareVersion(text)
