"""Every read of the store; its first argument is the viewer, who sees only what is theirs."""

from collections import Counter
from collections.abc import Iterator, Mapping

from psycopg.rows import TupleRow

from firmtrack.domain.facts import DeviceFacts, ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.stages import Stage, Status, Variant, completion_of, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store import csv_copy
from firmtrack.store.answers import (
    DeviceAnswer,
    DeviceDistribution,
    DistributionAnswer,
    DistributionFilter,
    DistributionPage,
    HistoryEntry,
    RequestAnswer,
)
from firmtrack.store.database import pool
from firmtrack.store.numbers import (
    KIND_NUMBERS,
    KIND_OF_NUMBER,
    eui_of,
    request_id_of,
    request_parts,
    to_bigint,
)
from firmtrack.store.sql import statement


def find_request(viewer: Viewer, request_id: RequestId) -> RequestAnswer | None:
    """Return the request, None if it is unknown or someone else's."""
    if not viewer.may_see(request_id):
        return None
    originator, target, counter = request_parts(request_id)
    with pool().connection() as connection:
        row = connection.execute(
            statement("find_request"),
            {
                "originator": originator,
                "target": target,
                "counter": counter,
                "response_kind": KIND_NUMBERS[MessageKind.UPDATE_FIRMWARE_RESPONSE],
            },
        ).fetchone()
        if row is None:
            return None
        counts = connection.execute(statement("count_distributions"), row[:1]).fetchall()
    return _request_answer(request_id, row, counts)


def list_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    limit: int,
    after: Eui64 | None = None,
) -> DistributionPage:
    """Return up to ``limit`` of the request's distributions whose Device ID is above ``after``.

    Empty if the request is unknown or someone else's.
    """
    if not viewer.may_see(request_id):
        return DistributionPage(items=(), last_device_id=None)
    originator, target, counter = request_parts(request_id)
    with pool().connection() as connection:
        rows = connection.execute(
            statement("list_distributions"),
            {
                "originator": originator,
                "target": target,
                "counter": counter,
                "after": None if after is None else to_bigint(after),
                "completion": None if wanted.completion is None else str(wanted.completion),
                "stage": None if wanted.status is None else int(wanted.status.stage),
                "failed": None if wanted.status is None else wanted.status.is_bad,
                "limit": limit + 1,
            },
        ).fetchall()
    items = tuple(_distribution(request_id, eui_of(row[0]), row[1:]) for row in rows[:limit])
    return DistributionPage(
        items=items, last_device_id=items[-1].device_id if len(rows) > limit else None
    )


def copy_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    status_names: Mapping[Status, str],
    reason_texts: Mapping[str, str],
) -> Iterator[bytes]:
    """Yield the CSV rows of the request's distributions, in blocks, by Device ID ascending.

    Nothing if the request is unknown or someone else's. The columns are those of
    firmtrack.presentation.csv, without the header.
    """
    if viewer.may_see(request_id):
        query = csv_copy.query(request_id, wanted, status_names, reason_texts)
        with pool().connection() as connection:
            yield from csv_copy.blocks(connection, query)


def find_device(viewer: Viewer, device_id: Eui64) -> DeviceAnswer | None:
    """Return the device, None if nothing that the viewer may see names it.

    A supplier may see a device that one of its own requests names, or that one of its own messages
    with DCC has described.
    """
    user_ids = [to_bigint(user_id) for user_id in viewer.user_ids]
    asked = {
        "device_id": to_bigint(device_id),
        "sees_all": viewer.sees_all,
        "user_ids": user_ids,
    }
    with pool().connection() as connection, connection.pipeline():
        facts = connection.execute(statement("find_device"), asked, prepare=True)
        said = connection.execute(statement("device_history"), asked, prepare=True)
        rows, history = facts.fetchall(), said.fetchall()
    answer = _device_answer(viewer, device_id, rows, history)
    is_named = bool(answer.distributions) or rows[0][0]
    is_known = rows[0][1] is not None or bool(history)
    return answer if is_named or (viewer.sees_all and is_known) else None


def _request_answer(request_id: RequestId, row: TupleRow, counts: list[TupleRow]) -> RequestAnswer:
    _, variant_text, firmware_version, image_hash, image, submitted_at, code, answered_at = row
    variant = None if variant_text is None else Variant(variant_text)
    status_counts = {
        status_at(Stage(stage), is_bad=failed): count for stage, failed, count in counts
    }
    completion_counts = Counter[object]()
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


def _distribution(request_id: RequestId, device_id: Eui64, row: TupleRow) -> DistributionAnswer:
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


def _device_answer(
    viewer: Viewer, device_id: Eui64, rows: list[TupleRow], history: list[TupleRow]
) -> DeviceAnswer:
    entries: dict[int | None, list[HistoryEntry]] = {}
    for request_key, *said, user_id, message_id in history:
        if request_key is None and not _is_told(viewer, user_id):
            continue
        entries.setdefault(request_key, []).append(_history_entry(said, message_id))
    distributions = []
    for row in rows:
        request_key, *parts = row[_FACT_COLUMNS : _FACT_COLUMNS + _NAMED_COLUMNS]
        if request_key is not None:
            distribution = _distribution(
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


def _history_entry(said: list[object], message_id: object) -> HistoryEntry:
    (stage, failed, occurred_at, recorded_at, names_device, reason, device_time, comms_hub_id,
     firmware_version, image_hash, kind, code) = said  # fmt: skip
    return HistoryEntry(
        status=status_at(Stage(stage), is_bad=bool(failed)),
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
