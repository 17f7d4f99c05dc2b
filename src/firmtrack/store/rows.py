"""Rows of the queries to the values that they answer; the column orders stand in the SQL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import TupleRow

from firmtrack.domain.facts import DeviceFacts, ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import (
    FACT_NAMES,
    IMPORT_ID,
    Knowledge,
    Known,
    Origin,
    statement_of,
    with_comms_hub,
)
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.stages import (
    CompletionStatus,
    Stage,
    Status,
    Variant,
    completion_of,
    status_at,
)
from firmtrack.domain.viewer import Viewer
from firmtrack.store.answers import (
    DeviceAnswer,
    DeviceDistribution,
    DistributionAnswer,
    FactSource,
    HistoryEntry,
    InventoryAnswer,
    RequestAnswer,
    SisterDevice,
)
from firmtrack.store.inventory import EUI_FACTS
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_id_of


def request_answer(request_id: RequestId, row: TupleRow, counts: list[TupleRow]) -> RequestAnswer:
    """Return the request in a row of ``find_request``, with the rows of its counts."""
    _, variant_text, firmware_version, image_hash, image, submitted_at, code, answered_at = row
    variant = None if variant_text is None else Variant(variant_text)
    status_counts = {
        status_at(Stage(stage), is_bad=failed): count for stage, failed, count in counts
    }
    completion_counts = Counter[CompletionStatus]()
    for status, count in status_counts.items():
        completion_counts[completion_of(status, variant)] += count
    return RequestAnswer(
        request_id=request_id,
        variant=variant,
        firmware_version=firmware_version,
        image=None if image is None else ImageFacts(manufacturer_image_hash=image_hash, **image),
        submitted_at=submitted_at,
        response_code=code,
        answered_at=answered_at,
        device_count=sum(status_counts.values()),
        completion_counts=dict(completion_counts),
        status_counts=status_counts,
    )


def distribution_answer(
    request_id: RequestId, device_id: Eui64, row: TupleRow
) -> DistributionAnswer:
    """Return the distribution whose variant, version, … are ``row``, as the queries order them."""
    variant, version, image_hash, submitted_at, stage, failed, reason, updated_at = row
    return DistributionAnswer(
        request_id=request_id,
        variant=None if variant is None else Variant(variant),
        device_id=device_id,
        firmware_version=version,
        image_hash=image_hash,
        submitted_at=submitted_at,
        status=status_at(Stage(stage), is_bad=failed),
        reason=reason,
        updated_at=updated_at,
    )


# How the columns of find_device fall apart.
_INVENTORY = slice(1, 16)
_REQUEST = slice(16, 20)
_DISTRIBUTION = slice(20, 28)
_HISTORY_KEY = 28
_HISTORY = slice(29, 41)
_OCCURRED_AT = 31
_COMMS_HUB_ID = 36
_USER_ID = 41
_MESSAGE_ID = 42


def device_answer(viewer: Viewer, device_id: Eui64, rows: list[TupleRow]) -> DeviceAnswer | None:
    """Return the device in the rows of ``find_device``, None if nothing of it may be seen."""
    distributions: dict[int, DistributionAnswer] = {}
    history: dict[int | None, list[HistoryEntry]] = {}
    for row in rows:
        request_key, *parts = row[_REQUEST]
        if request_key is not None and request_key not in distributions:
            request_id = request_id_of(*parts)
            distributions[request_key] = distribution_answer(
                request_id, device_id, row[_DISTRIBUTION]
            )
        if row[_MESSAGE_ID] is not None and _is_told(viewer, row):
            entry = _history_entry(row[_HISTORY], row[_MESSAGE_ID])
            history.setdefault(row[_HISTORY_KEY], []).append(entry)
    is_acquainted, *_ = rows[0]
    facts = _device_facts(viewer, device_id, rows)
    unattributed = tuple(history.get(None, ()))
    is_shown = (
        viewer.sees_all
        or is_acquainted
        or any(map(_was_accepted, distributions.values()))
        or (facts is not None and facts.responsible_supplier in viewer.user_ids)
    )
    if not (distributions or unattributed or is_acquainted or (is_shown and facts)):
        return None
    return DeviceAnswer(
        device_id=device_id,
        inventory=facts if is_shown else None,
        not_tracked_reason=None
        if facts is None
        else not_tracked_reason(facts.device_type, facts.smets_version, facts.csp_region),
        distributions=tuple(
            DeviceDistribution(distribution=distribution, history=tuple(history.get(key, ())))
            for key, distribution in distributions.items()
        ),
        unattributed=unattributed,
    )


def _was_accepted(distribution: DistributionAnswer) -> bool:
    """Whether DCC took the device's update on: to name a device in a request is not enough."""
    status = distribution.status
    return status.stage > Stage.VALIDATED or status is Status.ACCEPTED


def _is_told(viewer: Viewer, row: TupleRow) -> bool:
    """Whether the row's history is the viewer's to see.

    Word of a visible distribution is; word that fits no request is if it was sent to the viewer.
    """
    if row[_HISTORY_KEY] is not None:
        return bool(row[_HISTORY_KEY] == row[_REQUEST.start])
    user_id = row[_USER_ID]
    return viewer.sees_all or (user_id is not None and eui_of(user_id) in viewer.user_ids)


def _history_entry(said: Sequence[Any], message_id: UUID) -> HistoryEntry:
    (stage, failed, occurred_at, recorded_at, names_device, reason, device_time, comms_hub_id,
     firmware_version, image_hash, kind, code) = said  # fmt: skip
    return HistoryEntry(
        status=status_at(Stage(stage), is_bad=failed),
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        names_device=names_device,
        reason=reason,
        device_time=device_time,
        comms_hub_id=None if comms_hub_id is None else eui_of(comms_hub_id),
        firmware_version=firmware_version,
        image_hash=image_hash,
        source_kind=KIND_OF_NUMBER[kind],
        source_code=code,
        message_id=message_id,
    )


def shown_to(viewer: Viewer, known: Knowledge) -> Knowledge:
    """Return what is known; who is the Responsible Supplier only that supplier and DCC may see."""
    supplier = known.facts.get("responsible_supplier")
    if supplier is None or viewer.sees_all or supplier.value in viewer.user_ids:
        return known
    others = {name: fact for name, fact in known.facts.items() if fact is not supplier}
    return replace(known, facts=others)


def _device_facts(viewer: Viewer, device_id: Eui64, rows: list[TupleRow]) -> DeviceFacts | None:
    """Return what the inventory knows, the hub being the one that the latest word names."""
    known = device_knowledge(device_id, rows[0][_INVENTORY])
    if known is None:
        return None
    named_hubs = [
        (row[_OCCURRED_AT], row[_MESSAGE_ID], row[_COMMS_HUB_ID])
        for row in rows
        if row[_COMMS_HUB_ID] is not None
    ]
    if named_hubs:
        occurred_at, message_id, comms_hub_id = max(named_hubs)
        known = with_comms_hub(known, eui_of(comms_hub_id), Origin(occurred_at, message_id))
    return statement_of(shown_to(viewer, known))


# How the columns of find_inventory fall apart.
_LATEST_HUB = slice(1, 4)
_DEVICE = slice(4, 19)


def inventory_knowledge(device_id: Eui64, row: TupleRow) -> Knowledge | None:
    """Return what is known of the device in a row of ``find_inventory``, if only that it is named.

    None if the viewer may not see it.
    """
    is_shown = row[0]
    if not is_shown:
        return None
    known = device_knowledge(device_id, row[_DEVICE]) or Knowledge(
        device_id=device_id, latest=Origin(None, IMPORT_ID), facts={}
    )
    comms_hub_id, occurred_at, message_id = row[_LATEST_HUB]
    if comms_hub_id is None:
        return known
    return with_comms_hub(known, eui_of(comms_hub_id), Origin(occurred_at, message_id))


def inventory_answer(
    known: Knowledge,
    updates: Sequence[TupleRow],
    sources: Sequence[TupleRow],
    sisters: Sequence[TupleRow],
) -> InventoryAnswer:
    """Return what is known, with the rows of the lists of updates, sources and sisters."""
    facts = statement_of(known)
    messages = {message_id: (KIND_OF_NUMBER[kind], code) for message_id, kind, code in sources}
    return InventoryAnswer(
        facts=facts,
        sources={name: _fact_source(word.origin, messages) for name, word in known.facts.items()},
        not_tracked_reason=not_tracked_reason(
            facts.device_type, facts.smets_version, facts.csp_region
        ),
        updates=tuple(
            distribution_answer(request_id_of(*row[:3]), known.device_id, row[3:])
            for row in updates
        ),
        sisters=tuple(
            SisterDevice(device_id=eui_of(device_id), device_type=device_type)
            for device_id, device_type in sisters
        ),
    )


def _fact_source(
    origin: Origin, messages: Mapping[UUID, tuple[MessageKind, str | None]]
) -> FactSource:
    if origin.message_id == IMPORT_ID:
        return FactSource(learnt_at=origin.learnt_at, kind=None, code=None, message_id=None)
    kind, code = messages.get(origin.message_id, (None, None))
    return FactSource(
        learnt_at=origin.learnt_at, kind=kind, code=code, message_id=origin.message_id
    )


def device_knowledge(device_id: Eui64, row: TupleRow) -> Knowledge | None:
    """Return what a row of ``device`` holds, None if it is one of nulls.

    Its columns: device_id, learnt_at, message_id, the facts in the order of FACT_NAMES, older.
    """
    known_id, learnt_at, message_id, *values, older = row
    if known_id is None:
        return None
    latest = Origin(learnt_at, message_id)
    origins = {name: _origin(*place) for name, place in (older or {}).items()}
    return Knowledge(
        device_id=device_id,
        latest=latest,
        facts={
            name: Known(eui_of(value) if name in EUI_FACTS else value, origins.get(name, latest))
            for name, value in zip(FACT_NAMES, values, strict=True)
            if value is not None
        },
    )


def _origin(learnt_at: str | None, message_id: str) -> Origin:
    at = None if learnt_at is None else datetime.fromisoformat(learnt_at).astimezone(UTC)
    return Origin(at, UUID(message_id))
