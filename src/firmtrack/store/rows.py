"""Rows of the queries to the values that they answer; the column orders stand in the SQL."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import TupleRow

from firmtrack.domain.facts import DeviceFacts, ImageFacts
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.stages import CompletionStatus, Stage, Variant, completion_of, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store.answers import (
    DeviceAnswer,
    DeviceDistribution,
    DistributionAnswer,
    HistoryEntry,
    RequestAnswer,
)
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


_FACT_COLUMNS = 12
_NAMED_COLUMNS = 4


def device_answer(
    viewer: Viewer, device_id: Eui64, rows: list[TupleRow], history: list[TupleRow]
) -> DeviceAnswer:
    """Return the device in the rows of ``find_device`` and ``device_history``, for the viewer."""
    entries: dict[int | None, list[HistoryEntry]] = {}
    for request_key, *said, user_id, message_id in history:
        if request_key is None and not _is_told(viewer, user_id):
            continue
        entries.setdefault(request_key, []).append(_history_entry(said, message_id))
    distributions = []
    for row in rows:
        request_key, *parts = row[_FACT_COLUMNS : _FACT_COLUMNS + _NAMED_COLUMNS]
        if request_key is not None:
            distribution = distribution_answer(
                request_id_of(*parts), device_id, row[_FACT_COLUMNS + _NAMED_COLUMNS :]
            )
            distributions.append(
                DeviceDistribution(
                    distribution=distribution, history=tuple(entries.get(request_key, ()))
                )
            )
    facts = _device_facts(device_id, rows[0])
    is_shown = viewer.sees_all or rows[0][0]
    return DeviceAnswer(
        device_id=device_id,
        inventory=facts if is_shown else None,
        not_tracked_reason=None
        if facts is None
        else not_tracked_reason(facts.device_type, facts.smets_version, facts.csp_region),
        distributions=tuple(distributions),
        unattributed=tuple(entries.get(None, ())),
    )


def _is_told(viewer: Viewer, user_id: int | None) -> bool:
    """Whether word that fits no request was sent to the viewer."""
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


def _device_facts(device_id: Eui64, row: TupleRow) -> DeviceFacts | None:
    _, known_id, learnt_at, *facts = row[:_FACT_COLUMNS]
    if known_id is None:
        return None
    (device_type, smets_version, csp_region, manufacturer, model, device_status,
     firmware_version, firmware_version_status, gbcs_version) = facts  # fmt: skip
    return DeviceFacts(
        device_id=device_id,
        learnt_at=learnt_at,
        device_type=device_type,
        smets_version=smets_version,
        csp_region=csp_region,
        manufacturer=manufacturer,
        model=model,
        device_status=device_status,
        firmware_version=firmware_version,
        firmware_version_status=firmware_version_status,
        gbcs_version=gbcs_version,
    )
